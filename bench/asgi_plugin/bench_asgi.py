"""A plain ASGI application for bench/asgi.py: a plugin of the site, at -/bench-asgi/, and `app` for
uvicorn.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from datasette import hookimpl

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/-/bench-asgi/"
PAGE = '<!doctype html><link rel="icon" href="data:,">{}<p>Ready.'
MEGABYTE = bytes(1_000_000)
CHUNK = b"x" * 100
CHUNKS = 10_000


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what the last part of the path names."""
    if scope["type"] == "websocket":
        await _echo(receive, send)
    elif scope["type"] == "http":
        name = scope["path"].rpartition("/")[2]
        kind = "text/html" if name == "page" else "application/octet-stream"
        headers = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if name == "chunks":
            for _ in range(CHUNKS):
                await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        bodies = {"page": PAGE.format(_script()).encode(), "megabyte": MEGABYTE}
        await send({"type": "http.response.body", "body": bodies.get(name, b"")})


async def _echo(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


def _script() -> str:
    """Return what gives pages of the site their WebSocket; "" natively."""
    try:
        from engine.datasette import site
    except ImportError:
        return ""
    return f'<script src="{site.shell_url}page/websocket.js"></script>' if site.shell_url else ""


@hookimpl
def asgi_wrapper() -> Callable[[App], App]:
    def wrap(inner: App) -> App:
        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            here = PREFIX in scope.get("path", "")
            await (app if here else inner)(scope, receive, send)

        return dispatch

    return wrap
