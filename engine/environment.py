"""The border to JavaScript, and the only module that crosses it.

Wraps what shell/worker/bridge/bridge.js passes in the interfaces that the rest of the engine knows.
Values cross as strings (JSON), numbers and bytes; nothing is decided here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pyodide.ffi import JsException, can_run_sync, run_sync, to_js

from engine.errors import LiteError


async def download(url: str, options: dict[str, Any]) -> bytes:
    """Return the content of `url`.

    :param options: as of JavaScript's fetch().

    Raises:
        OSError: it did not come, or the server answered with a status of 400 or more.
    """
    from pyodide.http import pyfetch  # not before a page needs it

    response = await pyfetch(url, **options)
    response.raise_for_status()
    return await _body(response)


async def request(url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Return the status of a response, its headers by names in lower case, and its body.

    Raises:
        OSError: there is no response, or it breaks off.
    """
    from pyodide.http import pyfetch

    response = await pyfetch(url, headers=headers)
    return response.status, dict(response.headers), await _body(response)


async def _body(response: Any) -> bytes:
    try:
        content: bytes = await response.bytes()
    except (JsException, AttributeError) as error:
        # Pyodide 314 reads the message of an abort's reason here, although nothing was aborted.
        raise OSError("the response broke off") from error
    return content


def wait(work: Awaitable[Any]) -> Any:
    """Return the result of `work` once the event loop has done it; other tasks go on meanwhile.

    Raises:
        RuntimeError: the browser cannot suspend Python (it has no JavaScript Promise Integration),
            or what called this cannot be suspended.
    """
    if not can_run_sync():
        if asyncio.iscoroutine(work):
            work.close()
        raise RuntimeError(
            "Synchronous code cannot wait for asynchronous code here: this browser has no "
            "JavaScript Promise Integration. Make the function that waits a coroutine."
        )
    return run_sync(work)


def pause() -> Callable[[float], None] | None:
    """Return a function that suspends Python for some seconds, in the middle of whatever calls it,
    while other tasks run. None where the browser cannot do that (it needs JavaScript Promise
    Integration), or outside a task.
    """
    return _pause if can_run_sync() else None


def _pause(seconds: float) -> None:
    run_sync(asyncio.sleep(seconds))


class JsRequestBody:
    """A request's body; see engine.asgi.server.RequestBody."""

    def __init__(self, js: Any) -> None:
        self._js = js

    async def read(self) -> bytes | None:
        try:
            chunk: Any = await self._js.read()
        except JsException as error:
            raise ConnectionError(str(error)) from error
        return None if chunk is None else chunk.to_bytes()


class JsSocket:
    """A page's WebSocket; see engine.asgi.websocket.Socket."""

    def __init__(self, js: Any) -> None:
        self._js = js

    async def receive(self) -> str | bytes | None:
        if not self._js.isReady:
            await self._js.ready()
        message: Any = self._js.receive()
        if message is None or isinstance(message, str):
            return message
        content: bytes = message.to_bytes()
        return content

    def closing(self) -> tuple[int, str]:
        return int(self._js.closeCode), str(self._js.closeReason)

    def accept(self, subprotocol: str) -> None:
        self._js.accept(subprotocol)

    def refuse(self, status: int) -> None:
        self._js.refuse(status)

    def send(self, message: str | bytes) -> None:
        self._js.send(message if isinstance(message, str) else to_js(message))

    def close(self, code: int, reason: str) -> None:
        self._js.close(code, reason)


class JsRows:
    """The rows of a file that JavaScript reads; see engine.importing.row_import.RowReader."""

    def __init__(self, js: Any) -> None:
        self._js = js
        self.columns: list[dict[str, str]] = json.loads(js.columns)

    @property
    def done(self) -> int:
        return int(self._js.done)

    @property
    def total(self) -> int:
        return int(self._js.total)

    async def next(self) -> list[list[Any]] | None:
        try:
            rows: Any = await self._js.next()
        except JsException as error:
            raise ValueError(str(error)) from error
        # undefined is None here.
        return json.loads(rows) if isinstance(rows, str) else None


class JsResponse:
    """An answer; see engine.asgi.server.Response."""

    def __init__(self, js: Any) -> None:
        self._js = js

    def whole(
        self, status: int, headers: list[tuple[str, str]], body: bytes, *, lasts: bool
    ) -> None:
        self._js.whole(status, json.dumps(headers), to_js(body), lasts)

    def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        self._js.start(status, json.dumps(headers))

    def write(self, chunk: bytes) -> None:
        self._js.write(to_js(chunk))

    async def room(self) -> bool:
        room: Any = self._js.room()
        # A promise only when the reader is behind: most chunks need not wait.
        return room if isinstance(room, bool) else bool(await room)

    def end(self) -> None:
        self._js.end()

    def fail(self, message: str, details: str) -> None:
        self._js.fail(message, details)

    async def closed(self) -> None:
        await self._js.closed


@contextmanager
def _errors_of_blocks() -> Iterator[None]:
    try:
        yield
    except JsException as error:
        raise LiteError(str(error.message), hint=getattr(error, "hint", "") or "") from error


class JsSavedCopy:
    """A saved file; see engine.sqlite.blocks.SavedCopy."""

    def __init__(self, js: Any) -> None:
        self._js = js
        self.size = int(js.size)

    async def read(self, start: int, end: int) -> bytes:
        with _errors_of_blocks():
            piece: bytes = (await self._js.read(start, end)).to_bytes()
        return piece


class JsBlocks:
    """The blocks of large databases; see engine.sqlite.blocks.Blocks."""

    def __init__(self, js: Any) -> None:
        self._js = js

    @property
    def is_used(self) -> bool:
        return bool(self._js.isUsed)

    @property
    def is_missing(self) -> bool:
        return bool(self._js.isMissing)

    def has(self, path: str) -> bool:
        return bool(self._js.has(path))

    def stays_partial(self, path: str) -> bool:
        return bool(self._js.staysPartial(path))

    async def make_whole(self, path: str) -> None:
        with _errors_of_blocks():
            await self._js.makeWhole(path)

    def is_on_host(self, path: str) -> bool:
        return bool(self._js.isOnHost(path))

    def is_on_device(self, path: str) -> bool:
        return bool(self._js.isOnDevice(path))

    async def saved_copy(self, path: str) -> JsSavedCopy | None:
        with _errors_of_blocks():
            copy = await self._js.savedCopy(path)
        return None if copy is None else JsSavedCopy(copy)

    async def slide(self, path: str, start: int, end: int) -> None:
        with _errors_of_blocks():
            await self._js.slide(path, start, end)

    async def gather(self, path: str) -> None:
        with _errors_of_blocks():
            await self._js.gather(path)

    @property
    def is_near(self) -> bool:
        return bool(self._js.isNear)

    @property
    def most_near(self) -> int:
        return int(self._js.mostNear)

    def begin(self) -> None:
        self._js.begin()

    def end(self) -> None:
        self._js.end()

    def undo(self) -> bool:
        return bool(self._js.undo())

    def step(self) -> Any:
        return self._js.step()

    async def load(self, step: Any, most: int) -> int:
        with _errors_of_blocks():
            return int(await self._js.load(step, most))

    def finish(self, step: Any) -> None:
        self._js.finish(step)
