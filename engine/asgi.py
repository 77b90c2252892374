"""Serves any ASGI application: turns one request of the service worker into one ASGI connection.

Responsible for the protocol: the scope, receive and send of HTTP connections, the lifespan, and an
answer in every case, whatever the application does. It knows nothing of Datasette and nothing of
JavaScript: `Request` and `Response` below are all it sees of the world, so it is tested in CPython.

What a server must allow for is taken from the ASGI specification, version 3.0, spec version 2.5:
https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from engine.cookies import Cookies
from engine.errors import LiteError

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ASGI = {"version": "3.0", "spec_version": "2.5"}

# Responses that have no body whatever the application sends (RFC 9110, sections 6.4.1 and 15).
BODILESS = frozenset({204, 205, 304})


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


class RequestBody(Protocol):
    """Where the body of a request comes from."""

    async def read(self) -> bytes | None:
        """Return the next chunk, or None at the end."""


class Response(Protocol):
    """Where the answer goes. Exactly one of `whole`, `start` and `fail` is called first."""

    def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer with a body that is complete."""

    def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Answer with a body that `write` delivers and `end` closes."""

    async def write(self, chunk: bytes) -> bool:
        """Deliver a chunk; return once there is room for another, False if nobody reads on."""

    def end(self) -> None:
        """Close the body that `start` opened."""

    def fail(self, message: str, details: str) -> None:
        """Answer with an error page or, after `start`, break the body off."""

    async def closed(self) -> None:
        """Return when the answer was delivered in full or nobody waits for it any more."""


class ProtocolError(RuntimeError):
    """The application broke the ASGI protocol; raised in it, at the call that did."""


class ClientDisconnected(OSError):
    """Nobody reads the answer any more; raised by `send`, as the specification asks."""


class Exchange:
    """One request and its answer: the receive and send of one ASGI connection."""

    def __init__(
        self, head: RequestHead, body: RequestBody, response: Response, cookies: Cookies
    ) -> None:
        self._head = head
        self._request_body = body
        self._response = response
        self._cookies = cookies
        self._request_read = not head.has_body
        self._request_seen = False
        self._status: int | None = None
        self._headers: list[tuple[str, str]] = []
        self._streaming = False
        self._complete = False
        self._expected_size: int | None = None
        self._size = 0

    @property
    def complete(self) -> bool:
        """Whether an answer was given in full."""
        return self._complete

    @property
    def started(self) -> bool:
        """Whether the application sent the start of an answer."""
        return self._status is not None

    def scope(self) -> Scope:
        """Return the connection scope."""
        head = self._head
        raw_path = head.raw_path.encode("ascii")
        hostname, _, port = head.host.rpartition(":") if ":" in head.host else (head.host, "", "")
        headers = list(head.headers)
        cookie = self._cookies.header(self._url())
        if cookie is not None:
            headers.append(("cookie", cookie))
        return {
            "type": "http",
            "asgi": dict(ASGI),
            "http_version": "1.1",
            "method": head.method,
            "scheme": head.scheme,
            "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
            "raw_path": raw_path,
            "query_string": head.query_string.encode("ascii"),
            "root_path": "",
            "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers],
            "client": ("127.0.0.1", 0),
            "server": (hostname, int(port) if port else 443 if head.scheme == "https" else 80),
        }

    async def receive(self) -> Message:
        """Return the next event of the connection, as the application's `receive`."""
        if not self._request_read:
            chunk = await self._request_body.read()
            self._request_read = chunk is None
            self._request_seen = chunk is None
            return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}
        if not self._request_seen:
            self._request_seen = True
            return {"type": "http.request", "body": b"", "more_body": False}
        if not self._complete:
            await self._response.closed()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take the next event of the answer, as the application's `send`.

        Raises:
            ProtocolError: the event may not come now, or not in this form.
            ClientDisconnected: nobody reads the answer any more.
        """
        kind = message["type"]
        if self._complete:
            raise ProtocolError(f"{kind!r} was sent after the response had ended.")
        if kind == "http.response.start":
            self._start(message)
        elif kind == "http.response.body":
            await self._body(message)
        else:
            raise ProtocolError(f"{kind!r} is not an event of an HTTP response.")

    def _start(self, message: Message) -> None:
        if self._status is not None:
            raise ProtocolError("'http.response.start' was sent twice.")
        status = message["status"]
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise ProtocolError(f"{status!r} is not a status that a response can have.")
        # Kept until the first body event: should the application raise before it, an error page
        # can still be the answer (the specification suggests this).
        self._headers = self._without_cookies(message.get("headers", ()))
        self._status = status

    def _without_cookies(self, raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
        """Decode headers and keep their cookies in the jar, since a browser drops them here."""
        headers = [(bytes(n).decode("latin-1"), bytes(v).decode("latin-1")) for n, v in raw]
        set_cookies = [value for name, value in headers if name.lower() == "set-cookie"]
        if set_cookies:
            self._cookies.store(self._url(), set_cookies)
        for name, value in headers:
            if name.lower() == "content-length" and not self._has_no_body():
                self._expected_size = int(value)
        return [(name, value) for name, value in headers if name.lower() != "set-cookie"]

    async def _body(self, message: Message) -> None:
        if self._status is None:
            raise ProtocolError("'http.response.body' was sent before 'http.response.start'.")
        body = message.get("body", b"")
        more = message.get("more_body", False)
        if not isinstance(body, bytes | bytearray | memoryview):
            raise ProtocolError(f"The body is {type(body).__name__!r}, not bytes.")
        body = bytes(body)
        self._size += len(body)
        if self._has_no_body() or self._status in BODILESS:
            body = b""
        else:
            self._check_size(more)
        if not self._streaming and not more:
            self._complete = True
            self._response.whole(self._status, self._headers, body)
            return
        if not self._streaming:
            self._streaming = True
            self._response.start(self._status, self._headers)
        if body and not await self._response.write(body):
            self._complete = True
            raise ClientDisconnected("The client closed the connection.")
        if not more:
            self._complete = True
            self._response.end()

    def _check_size(self, more: bool) -> None:
        if self._expected_size is None:
            return
        if self._size > self._expected_size or (not more and self._size < self._expected_size):
            raise ProtocolError(
                f"The response has {self._size} bytes where its Content-Length says"
                f" {self._expected_size}."
            )

    def _has_no_body(self) -> bool:
        return self._head.method == "HEAD"

    def _url(self) -> str:
        return f"{self._head.scheme}://{self._head.host}{self._head.raw_path}"

    def fail(self, message: str, details: str = "") -> None:
        """Answer with an error, or break off the answer that has begun."""
        if not self._complete:
            self._complete = True
            self._response.fail(message, details)


class Server:
    """Runs one ASGI application."""

    def __init__(self, app: App, cookies: Cookies) -> None:
        self._app = app
        self._cookies = cookies
        self._state: dict[str, Any] = {}
        self._lifespan: asyncio.Task[None] | None = None
        self._to_lifespan: asyncio.Queue[Message] = asyncio.Queue()

    async def handle(self, head: RequestHead, body: RequestBody, response: Response) -> None:
        """Answer one request. Never raises: what goes wrong becomes the answer."""
        exchange = Exchange(head, body, response, self._cookies)
        try:
            scope = exchange.scope()
            scope["state"] = self._state.copy()
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnected:
            return
        except (Exception, asyncio.CancelledError) as error:
            details = "".join(traceback.format_exception(error))
            what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            if exchange.complete:
                print(f"An error after the answer to {head.raw_path}:\n{details}")
            exchange.fail(f"The application raised an error, {what}.", details)
            return
        if not exchange.started:
            exchange.fail("The application returned without sending a response.")
        elif not exchange.complete:
            exchange.fail("The application returned before its response was complete.")

    async def startup(self) -> None:
        """Run the startup half of the lifespan protocol.

        Raises:
            LiteError: the application reports that it cannot start.
        """
        outcome: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._lifespan = asyncio.ensure_future(self._run_lifespan(outcome))
        await self._to_lifespan.put({"type": "lifespan.startup"})
        failure = await outcome
        if failure is not None:
            raise LiteError(
                f"The application could not start: {failure or 'it gave no reason'}.",
                hint="A plugin or the configuration is the likely cause.",
            )

    async def shutdown(self) -> None:
        """Run the shutdown half of the lifespan protocol; errors in it no longer matter."""
        if self._lifespan is not None and not self._lifespan.done():
            await self._to_lifespan.put({"type": "lifespan.shutdown"})
            await asyncio.gather(self._lifespan, return_exceptions=True)

    async def _run_lifespan(self, outcome: asyncio.Future[str | None]) -> None:
        async def send(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete" and not outcome.done():
                outcome.set_result(None)
            elif message["type"] == "lifespan.startup.failed" and not outcome.done():
                outcome.set_result(message.get("message", ""))

        scope: Scope = {"type": "lifespan", "asgi": dict(ASGI), "state": self._state}
        try:
            await self._app(scope, self._to_lifespan.get, send)
        except Exception:
            # The specification: an application that raises here does not support lifespan.
            pass
        finally:
            if not outcome.done():
                outcome.set_result(None)
