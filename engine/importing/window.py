"""Loads the next part of a large text file while it is read from its beginning to its end.

A person's own file stays on disk (shell/worker/storage/local-base.js). Python reads synchronously
and the browser loads asynchronously, so each part is loaded before it is read. Other files are in
memory as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.sqlite import faults

# How much is loaded, and how much of that is always there when the next part is read: several times
# what a reader takes at once.
_AHEAD = 8 * 1024 * 1024
_LEAST = 4 * 1024 * 1024


class Window:
    """The part of a file that is in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_needed = faults.is_read_by_block(path)
        self._end = 0

    async def at(self, position: int) -> None:
        """Have at least 4 MB from there on in memory.

        Raises:
            LiteError: they cannot be read.
        """
        if self._is_needed and position + _LEAST > self._end:
            self._end = position + _AHEAD
            await faults.slide(self._path, position, self._end)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read some of it, without an `await`.

        Raises:
            faults.PartAbsent: more was read than there is.
        """
        if not self._is_needed:
            yield
            return
        with faults.reading():
            yield
