"""Lets the worker answer requests for static files by itself from the second one on.

Without it Python reads the same stylesheet and scripts again for every page. A file that one of
Datasette's static handlers gives is Datasette's own, a plugin's or the site's, and stays the same
as long as an instance runs: installing or removing a plugin restarts it. Datasette itself
counts on that, it computes a file's ETag once. So these answers are given in one piece, and the
server is told that they last (engine.asgi.server.LASTING). They are read in one piece as well:
Datasette's 4 KB at a time, three times over, made the first page wait for its scripts. For the same
reason the addresses of these files are made once; Datasette looks for the file each time that a
template names it. It can stay as long as Datasette runs where a file costs as much as a small page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import Any

from datasette import app
from datasette.app import Datasette
from datasette.utils.asgi import asgi_static

from engine.asgi.server import LASTING, Message, Send

View = Callable[[Any, Send], Awaitable[Any]]

_PIECE = 1024 * 1024  # bytes

_MOST_ADDRESSES = 1000


def last(datasette: Datasette) -> None:
    """Change the routes of a Datasette whose `app()` was not called yet."""
    plain_routes = datasette._routes
    app.asgi_static = partial(asgi_static, chunk_size=_PIECE)

    def routes() -> list[tuple[Any, View]]:
        return [
            (pattern, _lasting(view) if _is_static(view) else view)
            for pattern, view in plain_routes()
        ]

    datasette._routes = routes
    address = lru_cache(_MOST_ADDRESSES)(datasette.static)
    datasette.static = address
    datasette.get_jinja_environment().globals["static"] = address


def _is_static(view: View) -> bool:
    # As Datasette's router tells them from what may depend on who asks.
    return view is app.favicon or getattr(view, "_datasette_static", False)


def _lasting(view: View) -> View:
    async def lasting(request: Any, send: Send) -> Any:
        start: Message = {}
        pieces: list[bytes] = []

        async def join(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            pieces.append(message.get("body", b""))
            if not message.get("more_body"):
                # Requests that plugins make to Datasette, not the server, have no extensions.
                extensions = request.scope.get("extensions") or {}
                extensions.get(LASTING, {})["lasts"] = start["status"] == 200
                await send(start)
                await send({"type": "http.response.body", "body": b"".join(pieces)})

        return await view(request, join)

    setattr(lasting, "_datasette_static", True)  # noqa: B010
    return lasting
