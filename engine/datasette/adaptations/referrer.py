"""Lets pages that keep their address to themselves still send forms.

Datasette gives its table and row pages the Referrer-Policy `no-referrer`, so that links to other
sites do not tell what somebody looks at. A browser then sends the forms of these pages with
`Origin: null`, and where a server has Sec-Fetch-Site to tell them from forged ones, a service
worker has nothing: it would have to refuse every write query that is run from its own page. The
policy `same-origin` tells other sites as little, and the worker enough.
"""

from __future__ import annotations

from engine.asgi.server import App, Message, Receive, Scope, Send

_NAME = b"referrer-policy"


def same_origin_referrer(app: App) -> App:
    """Return the ASGI application with `same-origin` wherever its policy is `no-referrer`."""

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [_changed_header(*header) for header in message.get("headers", ())]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, send_changed if scope["type"] == "http" else send)

    return changed


def _changed_header(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name.lower() == _NAME:
        # Several may be listed, from old to new, and a browser takes the last that it knows.
        policies = [policy.strip() for policy in value.split(b",")]
        value = b", ".join(b"same-origin" if p == b"no-referrer" else p for p in policies)
    return name, value
