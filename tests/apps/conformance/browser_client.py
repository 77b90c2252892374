"""A TestClient whose requests are sent by a page in a real browser.

A request is passed on by the page, the browser, the service worker, its bridge and the ASGI server
to the application, and the response comes back the same way. What scripts in pages may not set or
see is carried beside it, in this process: forbidden headers and the names of host and client, which
a test chooses; Set-Cookie and the headers that the browser removes when it decodes a body; the
status of a redirect. All else is as it arrives.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import Awaitable, Iterator
from typing import Any
from urllib.parse import unquote

import httpx2 as httpx
from httpx2._decoders import IdentityDecoder
from pyodide.ffi import run_sync
from starlette import testclient

#: Seconds after which a test that still waits has failed.
PATIENCE = 20

#: Headers of requests that scripts may not set, or that the browser sets in its own way
#: (https://fetch.spec.whatwg.org/#forbidden-request-header).
_CARRIED = {
    *("accept-charset", "accept-encoding", "access-control-request-headers", "connection"),
    *("access-control-request-method", "content-length", "cookie", "date", "expect", "host"),
    *("keep-alive", "origin", "referer", "te", "trailer", "transfer-encoding", "upgrade", "via"),
    *("user-agent", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol"),
}

#: Headers of responses that scripts cannot see, or that decoding the body removes.
_HIDDEN = {"set-cookie", "content-encoding", "content-length", "transfer-encoding"}

#: Stands for the status of a redirect, of which fetch() shows nothing.
_STATUS = "x-status-of-redirect"

_numbers = itertools.count(1)


def wait(work: Awaitable[Any]) -> Any:
    """Return the result of `work`, while the event loop goes on."""
    return run_sync(asyncio.wait_for(work, PATIENCE))


class Page:
    """The page that sends the requests."""

    def __init__(self) -> None:
        self._out: asyncio.Queue[str] = asyncio.Queue()
        self._replies: dict[str, asyncio.Queue[dict[str, Any]]] = {}

    async def listen(self, receive: Any, send: Any) -> None:
        """Serve the page's WebSocket."""
        await receive()
        await send({"type": "websocket.accept"})
        sending = asyncio.create_task(self._send_all(send))
        while (message := await receive())["type"] == "websocket.receive":
            reply = json.loads(message["text"])
            if replies := self._replies.get(reply["id"]):
                replies.put_nowait(reply)
        sending.cancel()

    async def _send_all(self, send: Any) -> None:
        while True:
            await send({"type": "websocket.send", "text": await self._out.get()})

    def command(self, id: str, command: str, **about: Any) -> None:
        """Make the page do something."""
        self._out.put_nowait(json.dumps({"id": id, "command": command, **about}))

    @contextlib.contextmanager
    def replies(self, id: str) -> Iterator[asyncio.Queue[dict[str, Any]]]:
        """What the page answers to the commands with this id."""
        self._replies[id] = asyncio.Queue()
        try:
            yield self._replies[id]
        finally:
            del self._replies[id]


PAGE = Page()


class Carried:
    """A request or WebSocket on its way, and what does not travel with it."""

    def __init__(self, transport: BrowserTransport, request: httpx.Request) -> None:
        self.id = str(next(_numbers))
        self.transport = transport
        self.request = request
        self.headers = [
            (name.lower().encode(), value.encode()) for name, value in request.headers.multi_items()
        ]
        self.address = f"t/{self.id}{request.url.raw_path.decode()}"
        self.sent: list[tuple[str, str]] = []
        self.debug: dict[str, Any] | None = None
        self.error: BaseException | None = None
        self.done = asyncio.Event()
        self.has_arrived = False

    def scope(self, scope: Any) -> Any:
        """Return the scope that arrived, with what was carried beside it."""
        there, url = f"{scope['root_path']}/t/{self.id}", self.request.url
        arrived: dict[bytes, bytes] = dict(scope["headers"])
        headers = [
            (name, value if name.decode() in _CARRIED else arrived[name])
            for name, value in self.headers
            if name.decode() in _CARRIED or name in arrived
        ]
        port = url.port or {"http": 80, "ws": 80, "https": 443, "wss": 443}[url.scheme]
        return {
            **scope,
            "path": unquote(scope["path"].removeprefix(there)),
            "raw_path": scope["raw_path"].removeprefix(there.encode()),
            "root_path": self.transport.root_path,
            "scheme": url.scheme,
            "headers": headers,
            "server": [url.host, port],
            "client": self.transport.client,
            "extensions": {**scope.get("extensions", {}), "http.response.debug": {}},
            "state": self.transport.app_state.copy(),
        }

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Have the application answer what arrived."""
        self.has_arrived = True

        async def send_marked(message: Any) -> None:
            if message["type"] == "http.response.debug":
                self.debug = message["info"]
                return
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", [])]
                self.sent = [(name.decode(), value.decode("latin-1")) for name, value in headers]
                if message["status"] in (301, 302, 303, 307, 308):
                    mark = (_STATUS.encode(), str(message["status"]).encode())
                    message = {**message, "status": 200, "headers": [*headers, mark]}
            await send(message)

        try:
            await self.transport.app(self.scope(scope), receive, send_marked)
        except BaseException as error:
            self.error = error
            raise
        finally:
            self.done.set()

    def finish(self, *, may_raise: bool = True) -> None:
        """Wait until the application is done; raise its error, as the TestClient does."""
        if self.has_arrived:
            wait(self.done.wait())
        if self.error is not None and may_raise and self.transport.raise_server_exceptions:
            raise self.error


_under_test: dict[str, Carried] = {}


async def answer_under_test(id: str, scope: Any, receive: Any, send: Any) -> None:
    """Answer a request to `t/ID/…`."""
    await _under_test[id].answer(scope, receive, send)


class BrowserTransport(testclient._TestClientTransport):
    """Sends requests through PAGE."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        carried = Carried(self, request)
        _under_test[carried.id] = carried
        if request.url.scheme in ("ws", "wss"):
            raise testclient._Upgrade(BrowserSession(carried))
        body = base64.b64encode(request.read()).decode()
        headers = [
            [name, value]
            for name, value in request.headers.multi_items()
            if name.lower() not in _CARRIED
        ]
        with PAGE.replies(carried.id) as replies:
            about = {"method": request.method, "headers": headers, "body": body}
            PAGE.command(carried.id, "fetch", url=carried.address, **about)
            reply = wait(replies.get())
        carried.finish()
        if "error" in reply:
            raise AssertionError(f"The page got no response: {reply['error']}")
        return self._response(carried, reply)

    def _response(self, carried: Carried, reply: dict[str, Any]) -> httpx.Response:
        seen = dict(reply["headers"])
        status = int(seen.pop(_STATUS, reply["status"]))
        names = dict.fromkeys(name.lower() for name, _ in carried.sent)
        headers = [(name, seen[name]) for name in names if name in seen and name not in _HIDDEN]
        headers += [(name, value) for name, value in carried.sent if name.lower() in _HIDDEN]
        stream = httpx.ByteStream(base64.b64decode(reply["body"]))
        response = httpx.Response(status, headers=headers, stream=stream, request=carried.request)
        response._decoder = IdentityDecoder()  # the browser has decoded it
        debug = carried.debug or {}
        if debug:
            response.extensions["http.response.debug"] = debug
        for name in ("template", "context"):
            if name in debug:
                setattr(response, name, debug[name])
        return response


class BrowserSession(testclient.WebSocketTestSession):
    """A WebSocket of PAGE."""

    def __init__(self, carried: Carried) -> None:
        self.app, self.scope = carried.transport.app, {}
        self.accepted_subprotocol = None
        self.extra_headers = None
        self._carried = carried
        self._is_closed = False

    def __enter__(self) -> BrowserSession:
        asked = self._carried.request.headers.get("sec-websocket-protocol", "")
        protocols = [one.strip() for one in asked.split(",") if one.strip()]
        self.exit_stack = contextlib.ExitStack()
        self._replies = self.exit_stack.enter_context(PAGE.replies(self._carried.id))
        address = self._carried.address
        PAGE.command(self._carried.id, "connect", url=address, protocols=protocols)
        message = self.receive()
        if message["type"] == "websocket.close":
            self._carried.finish()
            self._raise_on_close(message)
        self.accepted_subprotocol = message["subprotocol"]
        return self

    def __exit__(self, *args: Any) -> None:
        if not self._is_closed:
            self.close()
        self.exit_stack.close()
        self._carried.finish()

    def send(self, message: Any) -> None:
        if message["type"] == "websocket.disconnect":
            about = {"code": message["code"], "reason": message.get("reason")}
            PAGE.command(self._carried.id, "close", **about)
            return
        text, content = message.get("text"), message.get("bytes")
        sent = {"text": text} if text is not None else {"bytes": base64.b64encode(content).decode()}
        PAGE.command(self._carried.id, "send", **sent)

    def close(self, code: int = 1000, reason: str | None = None) -> None:
        self._is_closed = True
        super().close(code, reason)

    def receive(self) -> Any:
        reply = wait(self._replies.get())
        if reply["type"] == "open":
            return {"type": "websocket.accept", "subprotocol": reply["protocol"] or None}
        if reply["type"] == "message":
            content = reply.get("bytes")
            binary = None if content is None else base64.b64decode(content)
            return {"type": "websocket.send", "text": reply.get("text"), "bytes": binary}
        if reply["type"] == "error":
            raise AssertionError(f"The page could not do this: {reply['error']}")
        self._is_closed = True
        return {"type": "websocket.close", "code": reply["code"], "reason": reply["reason"]}


class BrowserClient(testclient.TestClient):
    """A TestClient that uses PAGE; its lifespan runs in this process."""

    def __init__(self, app: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(app, *args, **kwargs)
        made = self._transport
        self._transport = BrowserTransport(
            made.app,
            made.portal_factory,
            made.raise_server_exceptions,
            made.root_path,
            client=made.client,
            app_state=made.app_state,
        )

    def __enter__(self) -> BrowserClient:
        self._events: asyncio.Queue[Any] = asyncio.Queue()
        self._answers: asyncio.Queue[Any] = asyncio.Queue()
        scope = {"type": "lifespan", "state": self.app_state}
        running = self.app(scope, self._events.get, self._answers.put)
        self._lifespan = asyncio.ensure_future(running)
        self._step("startup")
        return self

    def __exit__(self, *args: Any) -> None:
        self._step("shutdown")
        wait(self._lifespan)

    def _step(self, step: str) -> None:
        async def stepped() -> Any:
            self._events.put_nowait({"type": f"lifespan.{step}"})
            answer = asyncio.ensure_future(self._answers.get())
            await asyncio.wait([answer, self._lifespan], return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                self._lifespan.result()
                return None
            return answer.result()

        answer = wait(stepped())
        if answer and answer["type"].endswith("failed"):
            wait(self._lifespan)


def install() -> None:
    """Put BrowserClient in the place of Starlette's TestClient, for what is imported later."""
    testclient.TestClient = BrowserClient


__all__ = ["PAGE", "answer_under_test", "install"]
