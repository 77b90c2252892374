"""Puts a script at the beginning of every HTML page of an application.

It runs before the page's own scripts, as shell/page/app/websocket.js has to. Pages stay as they are
that are compressed, parts of a page, or no HTML at all, and so does what a script fetches: its page
has the script already.
"""

from __future__ import annotations

import re
from html import escape

from engine.asgi.connection import App, Message, Receive, Scope, Send

#: The rest of a tag. A “>” in the value of an attribute does not end it.
_TO_END = rb"""(?:[^>"']|"[^"]*"|'[^']*')*>"""

#: What may stand before the script: nothing that makes the browser run something, and the doctype,
#: which has to come first.
_BEFORE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->)*(?:<!doctype" + _TO_END + rb")?(?:\s|<!--.*?-->)*"
    rb"(?:<html(?:\s" + _TO_END + rb"|>))?(?:\s|<!--.*?-->)*(?:<head(?:\s" + _TO_END + rb"|>))?",
    re.I | re.S,
)


def with_script(app: App, address: str) -> App:
    """Return the application with the classic script at `address`, a path or URL, in its pages."""
    tag = f'<script src="{escape(address)}"></script>'.encode()

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        is_due = False

        async def send_changed(message: Message) -> None:
            nonlocal is_due
            if message["type"] == "http.response.start" and _is_page(message):
                is_due = True
                message = {**message, "headers": _longer(message, len(tag))}
            elif is_due and message["type"] == "http.response.body" and message.get("body"):
                is_due = False
                message = {**message, "body": _inserted(bytes(message["body"]), tag)}
            await send(message)

        await app(scope, receive, send if _is_for_script(scope) else send_changed)

    return changed


def _is_for_script(scope: Scope) -> bool:
    return scope["type"] != "http" or (b"sec-fetch-dest", b"empty") in scope["headers"]


def _is_page(start: Message) -> bool:
    headers = {bytes(name).lower(): bytes(value) for name, value in start.get("headers") or ()}
    is_html = headers.get(b"content-type", b"").lower().startswith(b"text/html")
    return is_html and b"content-encoding" not in headers and b"content-range" not in headers


def _longer(start: Message, more: int) -> list[tuple[bytes, bytes]]:
    """Return the headers, with a Content-Length that counts the script."""
    return [
        (name, str(int(value) + more).encode())
        if bytes(name).lower() == b"content-length" and int(value) > 0
        else (name, value)
        for name, value in start.get("headers") or ()
    ]


def _inserted(page: bytes, tag: bytes) -> bytes:
    before = _BEFORE.match(page)
    at = before.end() if before else 0
    return page[:at] + tag + page[at:]
