"""The border to JavaScript, and the only module that crosses it.

Wraps what shell/worker/bridge.js hands over in the interfaces that the rest of the engine knows.
Values cross as strings (JSON), numbers and bytes; nothing here decides anything.
"""

from __future__ import annotations

import json
from typing import Any

from pyodide.ffi import JsPromise, to_js


class JsRequestBody:
    """A request's body; see engine.asgi.RequestBody."""

    def __init__(self, js: Any) -> None:
        self._js = js

    async def read(self) -> bytes | None:
        chunk: Any = await self._js.read()
        return None if chunk is None else chunk.to_bytes()


class JsResponse:
    """An answer; see engine.asgi.Response."""

    def __init__(self, js: Any) -> None:
        self._js = js

    def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self._js.whole(status, json.dumps(headers), to_js(body))

    def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        self._js.start(status, json.dumps(headers))

    async def write(self, chunk: bytes) -> bool:
        room = self._js.write(to_js(chunk))
        # A promise only when the reader is behind: most chunks need no turn of the event loop.
        return bool(await room if isinstance(room, JsPromise) else room)

    def end(self) -> None:
        self._js.end()

    def fail(self, message: str, details: str) -> None:
        self._js.fail(message, details)

    async def closed(self) -> None:
        await self._js.closed
