"""Serves any ASGI application: turns one request of the service worker into one ASGI connection.

Implements the protocol (scope, receive and send of HTTP connections, and the lifespan; websocket.py
has those of WebSockets) and answers in every case, whatever the application does. It knows no
particular application and nothing of JavaScript: `RequestBody` and `Response` below are all it sees
of the world, so it is tested in CPython.

What a server must allow for is taken from the ASGI specification, version 3.0, spec version 2.5:
https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from typing import Any, Protocol

from engine.asgi.batches import Batches
from engine.asgi.connection import (
    ASGI,
    BYTES,
    App,
    ClientDisconnected,
    Message,
    ProtocolError,
    Receive,
    RequestHead,
    Scope,
    Send,
    connection_scope,
    response_headers,
    take_cookies,
)
from engine.asgi.cookies import Cookies
from engine.asgi.websocket import Socket, WebSocketExchange
from engine.errors import LiteError

__all__ = [
    "LASTING",
    "App",
    "ClientDisconnected",
    "Exchange",
    "Message",
    "ProtocolError",
    "Receive",
    "RequestBody",
    "RequestHead",
    "Response",
    "Scope",
    "Send",
    "Server",
    "Socket",
]

# An extension: an application may set "lasts" in it to say that its answer stays the same for as
# long as it runs, for every client.
LASTING = "datasette_lite.lasting"

# Responses that have no body whatever the application sends (RFC 9110, sections 6.4.1 and 15).
BODILESS = frozenset({204, 205, 304})


class RequestBody(Protocol):
    """Where the body of a request comes from."""

    async def read(self) -> bytes | None:
        """Return the next chunk, or None at the end.

        Raises:
            OSError: the client has gone before the end.
        """


class Response(Protocol):
    """Where the answer goes. Exactly one of `whole`, `start` and `fail` is called first."""

    def whole(
        self, status: int, headers: list[tuple[str, str]], body: bytes, *, lasts: bool
    ) -> None:
        """Answer with a body that is complete; `lasts` says that the next answer is the same."""

    def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Answer with a body that `write` delivers and `end` closes."""

    def write(self, chunk: bytes) -> None:
        """Deliver a chunk."""

    async def room(self) -> bool:
        """Return once there is room for another chunk, False if nobody reads on."""

    def end(self) -> None:
        """Close the body that `start` opened."""

    def fail(self, message: str, details: str) -> None:
        """Answer with an error page or, after `start`, break the body off."""

    async def closed(self) -> None:
        """Return when the answer was delivered in full or nobody waits for it any more."""


class Exchange:
    """One request and its answer: the receive and send of one ASGI connection."""

    def __init__(
        self, head: RequestHead, body: RequestBody, response: Response, cookies: Cookies
    ) -> None:
        self._head = head
        self._request_body = body
        self._response = response
        self._batches = Batches(response)
        self._cookies = cookies
        self._request_read = False
        self._status: int | None = None
        self._headers: list[tuple[str, str]] = []
        self._lasting: dict[str, bool] = {}
        self._expected_size: int | None = None
        self._size = 0
        self._begun = False
        self._complete = False
        self._client_gone = False

    @property
    def started(self) -> bool:
        """Whether the application sent the start of an answer."""
        return self._status is not None

    @property
    def delivered(self) -> bool:
        """Whether an answer was given in full, or nobody waits for the rest."""
        return self._complete or self._client_gone or (self._begun and self._bodiless)

    @property
    def _bodiless(self) -> bool:
        return self._head.method == "HEAD" or self._status in BODILESS

    def scope(self) -> Scope:
        """Return the connection scope."""
        scope = connection_scope("http", self._head, self._cookies)
        return {**scope, "method": self._head.method, "extensions": {LASTING: self._lasting}}

    async def receive(self) -> Message:
        """Return the next event of the connection, as the application's `receive`."""
        if not (self._request_read or self.delivered):
            try:
                chunk = await self._request_body.read() if self._head.has_body else None
            except OSError:
                self._client_gone = True
                return {"type": "http.disconnect"}
            self._request_read = chunk is None
            return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}
        if not self.delivered:
            await self._response.closed()
            # An answer that another task completed meanwhile closes it as well.
            self._client_gone = not self.delivered
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take the next event of the answer, as the application's `send`.

        Raises:
            ProtocolError: the event may not come now, or not in this form.
            ClientDisconnected: nobody reads the answer any more.
        """
        kind = message.get("type")
        if self._client_gone:
            raise ClientDisconnected("The client closed the connection.")
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
        status = message.get("status")
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise ProtocolError(f"{status!r} is not a valid status.")
        headers = response_headers(message)
        for name, value in headers:
            if name.lower() == "content-length":
                if not value.isdecimal():
                    raise ProtocolError(f"{value!r} is not a Content-Length.")
                self._expected_size = int(value)
        # Kept until the first body event: should the application raise before it, an error page
        # can still be the answer (the specification suggests this).
        self._headers = headers
        self._status = int(status)

    async def _body(self, message: Message) -> None:
        if self._status is None:
            raise ProtocolError("'http.response.body' was sent before 'http.response.start'.")
        body = message.get("body", b"")
        last = not message.get("more_body", False)
        if not isinstance(body, BYTES):
            raise ProtocolError(f"The body is {body!r:.50}, not bytes.")
        if self._bodiless:
            await self._no_body(self._status, last)
            return
        body = bytes(body)
        self._check_size(self._size + len(body), last)
        self._size += len(body)
        if last and not self._begun:
            self._complete = True
            headers = self._take_headers()
            # One that sets a cookie does more than answer.
            lasts = self._lasting.get("lasts", False) and len(headers) == len(self._headers)
            self._response.whole(self._status, headers, body, lasts=lasts)
            return
        if not self._begun:
            self._response.start(self._status, self._take_headers())
        if body and not await self._batches.write(body):
            self._complete = self._client_gone = True
            raise ClientDisconnected("The client closed the connection.")
        if last:
            self._complete = True
            self._batches.flush()
            self._response.end()

    async def _no_body(self, status: int, last: bool) -> None:
        """Answer with the head alone, and drop the rest of what the application sends."""
        if not self._begun:
            self._response.whole(status, self._take_headers(), b"", lasts=False)
        self._complete = last
        # Nothing is written, so nothing makes the application wait: let others have their turn.
        await asyncio.sleep(0)

    def _take_headers(self) -> list[tuple[str, str]]:
        """Return the headers now that they are final, and keep their cookies in the jar."""
        self._begun = True
        return take_cookies(self._headers, self._head, self._cookies)

    def _check_size(self, size: int, last: bool) -> None:
        expected = self._expected_size
        if expected is not None and (size > expected or (last and size < expected)):
            raise ProtocolError(
                f"The response has {size} bytes where its Content-Length says {expected}."
            )

    def fail(self, message: str, details: str = "") -> None:
        """Answer with an error, or break off the answer that has begun."""
        if not self.delivered:
            self._batches.flush()
            self._response.fail(message, details)
        self._complete = True


class Server:
    """Runs one ASGI application."""

    def __init__(self, app: App, cookies: Cookies) -> None:
        self._app = app
        self._cookies = cookies
        self._state: dict[str, Any] = {}
        self._lifespan: asyncio.Task[None] | None = None
        self._to_lifespan: asyncio.Queue[Message] = asyncio.Queue()
        self._stopped = asyncio.Event()

    async def handle(self, head: RequestHead, body: RequestBody, response: Response) -> None:
        """Answer one request. Never raises: what goes wrong becomes the answer."""
        exchange = Exchange(head, body, response, self._cookies)
        try:
            await self._run(exchange)
        except ClientDisconnected:
            return
        except BaseException as error:
            # An application may not end the server either, hence SystemExit and CancelledError.
            details = "".join(traceback.format_exception(error))
            what = "".join(traceback.format_exception_only(error)).strip()
            if exchange.delivered:
                _log(f"An error after the answer to {head.raw_path}:\n{details}")
            exchange.fail(f"The application raised an error, {what}", details)
            return
        if exchange.started:
            exchange.fail("The application returned before its response was complete.")
        else:
            exchange.fail("The application returned without sending a response.")

    async def _run(self, exchange: Exchange | WebSocketExchange) -> None:
        """Call the application for one connection."""
        scope = exchange.scope()
        scope["state"] = self._state.copy()
        await self._app(scope, exchange.receive, exchange.send)

    async def connect(self, head: RequestHead, socket: Socket) -> None:
        """Serve one WebSocket until it is closed. Never raises: what goes wrong closes it."""
        exchange = WebSocketExchange(head, socket, self._cookies)
        try:
            await self._run(exchange)
        except ClientDisconnected:
            return
        except BaseException as error:
            details = "".join(traceback.format_exception(error))
            _log(f"An error in the WebSocket {head.raw_path}:\n{details}")
            exchange.end(failed=True)
            return
        exchange.end()

    async def startup(self) -> None:
        """Run the startup half of the lifespan protocol.

        Raises:
            LiteError: the application reports that it cannot start.
        """
        started: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._lifespan = asyncio.ensure_future(self._run_lifespan(started))
        await self._to_lifespan.put({"type": "lifespan.startup"})
        failure = await started
        if failure is not None:
            raise LiteError(
                f"The application could not start: {failure or 'it gave no reason'}.",
                hint="A plugin or the configuration is the likely cause.",
            )

    async def shutdown(self) -> None:
        """Run the shutdown half of the lifespan protocol; errors in it no longer matter."""
        if self._lifespan is not None:
            await self._to_lifespan.put({"type": "lifespan.shutdown"})
            await self._stopped.wait()
            self._lifespan.cancel()

    async def _run_lifespan(self, started: asyncio.Future[str | None]) -> None:
        def settle(failure: str | None) -> None:
            if not started.done():
                started.set_result(failure)

        async def send(message: Message) -> None:
            kind = message.get("type")
            if kind == "lifespan.startup.complete":
                settle(None)
            elif kind == "lifespan.startup.failed":
                settle(message.get("message", ""))
            elif kind in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                self._stopped.set()
            else:
                raise ProtocolError(f"{kind!r} is not an event of the lifespan.")

        scope: Scope = {"type": "lifespan", "asgi": dict(ASGI), "state": self._state}
        try:
            await self._app(scope, self._to_lifespan.get, send)
        except BaseException:
            # Before startup it means that the application does not support lifespan; it is then to
            # be served all the same.
            if started.done() and not self._stopped.is_set():
                _log(f"The lifespan of the application broke off:\n{traceback.format_exc()}")
        finally:
            settle(None)
            self._stopped.set()


def _log(text: str) -> None:
    print(text, file=sys.stderr)
