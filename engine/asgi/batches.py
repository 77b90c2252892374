"""Joins small chunks of a streamed body, since each chunk costs as much as 64 KB.

No reader gets anything later because of it: chunks wait at most until the event loop's next turn,
before which nobody could read them, and an application that gives the loop no turn is made to.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

ENOUGH = 64 * 1024  # bytes
LATEST = 0.05  # s


class Sink(Protocol):
    """Where the joined chunks go."""

    def write(self, chunk: bytes) -> None:
        """Deliver a chunk."""

    async def room(self) -> bool:
        """Return once there is room for another chunk, False if nobody reads on."""


class Batches:
    """Chunks on their way to a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._chunks: list[bytes] = []
        self._size = 0
        self._written_at = float("-inf")
        self._has_room = True

    async def write(self, chunk: bytes) -> bool:
        """Take a chunk; return once there is room for another, False if nobody reads on."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size >= ENOUGH or time.monotonic() - self._written_at >= LATEST:
            self.flush()
            await asyncio.sleep(0)
        elif len(self._chunks) == 1:
            asyncio.get_running_loop().call_soon(self.flush)
        if not self._has_room:
            self._has_room = await self._sink.room()
        return self._has_room

    def flush(self) -> None:
        """Deliver what waits."""
        if self._chunks:
            self._sink.write(b"".join(self._chunks))
            self._chunks.clear()
            self._size = 0
            self._written_at = time.monotonic()
            self._has_room = False  # until the sink is asked
