"""A client for engine/asgi/server.py: sends it requests and keeps the responses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from engine.asgi.cookies import Cookies
from engine.asgi.server import App, RequestHead, Server

Headers = list[tuple[str, str]]


def head(method: str = "GET", path: str = "/", **fields: Any) -> RequestHead:
    """Return the head of a request; the fields are those of RequestHead."""
    defaults: dict[str, Any] = {
        "scheme": "http",
        "host": "localhost:8001",
        "query_string": "",
        "headers": [],
        "has_body": method not in ("GET", "HEAD"),
    }
    return RequestHead(method=method, raw_path=path, **{**defaults, **fields})


class Wire:
    """Both ends of one connection: engine.asgi.server's RequestBody and Response."""

    def __init__(self, chunks: Iterable[bytes | OSError] = ()) -> None:
        self._chunks = iter(chunks)
        #: How the answer came: names of Response's methods, in order.
        self.calls: list[str] = []
        self.status = 0
        self.lasts = False
        self.headers: Headers = []
        self.chunks: list[bytes] = []
        self.error = ""
        self.details = ""
        #: Cleared while the reader is behind.
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.disconnected = asyncio.Event()

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    def hang_up(self) -> None:
        """Close the connection, as a client does."""
        self.disconnected.set()
        self.has_room.set()

    async def read(self) -> bytes | None:
        chunk = next(self._chunks, None)
        if isinstance(chunk, OSError):
            raise chunk
        return chunk

    def whole(self, status: int, headers: Headers, body: bytes, *, lasts: bool) -> None:
        self._begin("whole", status, headers)
        self.lasts = lasts
        assert isinstance(body, bytes)
        self.chunks.append(body)
        self.disconnected.set()

    def start(self, status: int, headers: Headers) -> None:
        self._begin("start", status, headers)

    def write(self, chunk: bytes) -> None:
        assert self.calls == ["start"] and isinstance(chunk, bytes) and chunk
        if not self.disconnected.is_set():
            self.chunks.append(chunk)

    async def room(self) -> bool:
        await self.has_room.wait()
        return not self.disconnected.is_set()

    def end(self) -> None:
        assert self.calls == ["start"]
        self.calls.append("end")
        self.disconnected.set()

    def fail(self, message: str, details: str) -> None:
        assert self.calls in ([], ["start"])
        self.calls.append("fail")
        self.error, self.details = message, details
        self.disconnected.set()

    async def closed(self) -> None:
        await self.disconnected.wait()

    def _begin(self, call: str, status: int, headers: Headers) -> None:
        assert self.calls == []
        self.calls.append(call)
        self.status, self.headers = status, headers


async def ask(
    app: App,
    request: RequestHead | None = None,
    chunks: Iterable[bytes | OSError] = (),
    cookies: Cookies | None = None,
) -> Wire:
    """Return the server's response for an application and one request."""
    wire = Wire(chunks)
    await Server(app, cookies or Cookies()).handle(request or head(), wire, wire)
    return wire
