"""What HTTP and WebSocket connections of ASGI have in common: their types, scope and errors.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from engine.asgi.cookies import Cookies

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ASGI = {"version": "3.0", "spec_version": "2.5"}

# Methods that change nothing (RFC 9110, section 9.2.1).
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

BYTES = (bytes, bytearray, memoryview)


@dataclass(frozen=True)
class RequestHead:
    """What is known of a request before its body is read.

    `raw_path` and `query_string` are as on the wire, percent-escapes included; `headers` are pairs
    in order, names in lower case.
    """

    method: str
    scheme: str
    host: str
    raw_path: str
    query_string: str
    headers: list[tuple[str, str]]
    has_body: bool


class ProtocolError(RuntimeError):
    """The application broke the ASGI protocol; raised in it, at the call that did."""


class ClientDisconnected(OSError):
    """Nobody reads the answer any more; raised by `send`, as the specification asks."""


def connection_scope(kind: str, head: RequestHead, cookies: Cookies) -> Scope:
    """Return what the scopes of all connections have, with the client's cookies for this one."""
    url = urlsplit(f"{head.scheme}://{head.host}")
    raw_path = head.raw_path.encode("ascii")
    headers = list(head.headers)
    cookie = cookies.header(
        head.raw_path,
        cross_site=dict(headers).get("sec-fetch-site") == "cross-site",
        safe=head.method in SAFE_METHODS,
    )
    if cookie is not None:
        headers.append(("cookie", cookie))
    return {
        "type": kind,
        "asgi": dict(ASGI),
        "http_version": "1.1",
        "scheme": head.scheme,
        "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
        "raw_path": raw_path,
        "query_string": head.query_string.encode("ascii"),
        "root_path": "",
        "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers],
        "client": ("127.0.0.1", 0),
        "server": (url.hostname, url.port or DEFAULT_PORTS[head.scheme]),
    }


def response_headers(message: Message) -> list[tuple[str, str]]:
    """Return the headers in a message as text.

    Raises:
        ProtocolError: some are not what headers can be.
    """
    return [(_text(name), _text(value)) for name, value in message.get("headers") or ()]


def take_cookies(
    headers: list[tuple[str, str]], head: RequestHead, cookies: Cookies
) -> list[tuple[str, str]]:
    """Keep the cookies that headers set in the jar, and return the other headers."""
    values = [value for name, value in headers if name.lower() == "set-cookie"]
    host = urlsplit(f"{head.scheme}://{head.host}").hostname or ""
    cookies.store(host, head.raw_path, values)
    return [(name, value) for name, value in headers if name.lower() != "set-cookie"]


def _text(value: object) -> str:
    """Return the name or value of a header."""
    if not isinstance(value, BYTES):
        raise ProtocolError(f"{value!r:.50} in the headers is not bytes.")
    text = bytes(value).decode("latin-1")
    if any(character in text for character in "\r\n\0"):
        raise ProtocolError(
            f"{text!r:.50} in the headers contains characters that headers cannot have."
        )
    return text
