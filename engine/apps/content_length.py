"""Gives requests the Content-Length that browsers hide from service workers.

ASGI applications do without it, but WSGI has no other way to say that there is a body: Werkzeug and
WebOb take a request without one to be empty. A proxy in front of a server buffers requests for the
same reason.
"""

from __future__ import annotations

from collections import deque

from engine.asgi.connection import App, Message, Receive, Scope, Send

#: The most bytes that are read ahead; a longer body is passed on as it comes, without its length.
MOST_BYTES = 16 * 1024 * 1024

_BODILESS = ("GET", "HEAD", "OPTIONS")


def with_content_length(app: App) -> App:
    """Return the application, called with the length of the body in the headers."""

    async def measured(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _BODILESS or _has_length(scope):
            await app(scope, receive, send)
            return
        ahead: deque[Message] = deque()
        size, more = 0, True
        while more and size <= MOST_BYTES:
            message = await receive()
            ahead.append(message)
            size += len(message.get("body", b""))
            # After the client has gone, nothing more comes either.
            more = message.get("more_body", False)
        if not more and ahead[-1]["type"] == "http.request":
            length = (b"content-length", str(size).encode())
            # A request has one of the two (RFC 9112, section 6.2).
            others = [one for one in scope["headers"] if one[0] != b"transfer-encoding"]
            scope = {**scope, "headers": [*others, length]}

        async def receive_again() -> Message:
            return ahead.popleft() if ahead else await receive()

        await app(scope, receive_again, send)

    return measured


def _has_length(scope: Scope) -> bool:
    return any(name == b"content-length" for name, _ in scope["headers"])
