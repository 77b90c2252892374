"""Lets plugins work that write addresses as if Datasette were at the root of its host.

Many have `<form action="/-/upload-csvs">` in a template or redirect to `/data/table`, where they
should have asked datasette.urls. An instance is never at the root. So addresses that begin with a
slash and lead out of it are led back, in redirects and in the attributes of a page's links and
forms; not those that lead to the site's own files. What scripts ask for,
shell/worker/routing/root-path-redirects.js redirects; links that scripts write,
shell/page/datasette/stray-links.js leads back; where scripts take the page's own path apart,
path_segments.py helps. Redirects alone would not do: below a path, a link to `/data/table` leaves
the site, and no worker sees that request.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.asgi.server import App, Message, Receive, Scope, Send
from engine.datasette.adaptations.html_attributes import change_attributes
from engine.datasette.adaptations.path_segments import SegmentsFromHome

#: Files and folders of the site that its own pages link to, relative to the site's root.
_OF_THE_SITE = ("app/", "data/index.json", "index.html", "saved.html", "unresponsive.html", "v/")

_SCRIPTS = (b"text/javascript", b"application/javascript")

#: Attributes that hold an address.
_NAMES = frozenset((b"href", b"src", b"action", b"formaction"))


def inside_instance(app: App, base_url: str) -> App:
    """Return the ASGI application with its addresses led to `base_url`."""
    base = base_url.encode()
    root = base_url[: base_url.rindex("/app/") + 1] if "/app/" in base_url else None
    if root is None:
        return app
    own = tuple((root + path).encode() for path in _OF_THE_SITE)
    # On most pages all addresses are right. Finding that out takes a hundredth of the time that it
    # takes to read the tags. The letters are those with which _NAMES end: Datasette's pages have
    # another attribute with a slash, aria-keyshortcuts.
    suspicious = re.compile(
        rb"""=(?<=[fcnFCN\s]=)\s*["']?(?!%s)/(?!/)""" % b"|".join(map(re.escape, own))
    )

    def led(path: bytes) -> bytes:
        if path == root.encode() and root != "/" or path.startswith(own):
            return path
        return base + path.removeprefix(b"/")

    def led_value(value: bytes) -> bytes:
        return led(value) if _is_path(value) else value

    segments = SegmentsFromHome(base_url)

    def led_page(page: bytes) -> bytes:
        page = segments.in_page(page)
        return change_attributes(page, _NAMES, led_value) if suspicious.search(page) else page

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        start: Message | None = None
        change: Callable[[bytes], bytes] = led_page

        async def send_changed(message: Message) -> None:
            nonlocal start, change
            if message["type"] == "http.response.start":
                headers = [
                    (name, led_value(value) if name.lower() == b"location" else value)
                    for name, value in message.get("headers", ())
                ]
                start = {**message, "headers": headers}
                kind = _content_type(headers)
                if kind.startswith((b"text/html", *_SCRIPTS)):
                    change = led_page if kind.startswith(b"text/html") else segments.in_script
                    return  # its length is not known yet
                await send(start)
                start = None
                return
            if start is not None:
                # What comes in parts is not Datasette's, and not worth waiting for.
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    body = change(message.get("body", b""))
                    message = {**message, "body": body}
                    start["headers"] = [
                        (
                            name,
                            str(len(body)).encode() if name.lower() == b"content-length" else value,
                        )
                        for name, value in start["headers"]
                    ]
                await send(start)
                start = None
            await send(message)

        await app(scope, receive, send_changed)

    return changed


def _is_path(address: bytes) -> bool:
    return address.startswith(b"/") and not address.startswith(b"//")


def _content_type(headers: list[tuple[bytes, bytes]]) -> bytes:
    found = (value for name, value in headers if name.lower() == b"content-type")
    return next(found, b"").lower()
