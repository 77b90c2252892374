"""A Datasette plugin for the tests of the bridge: small ASGI applications at -/test-asgi/NAME.

They stand outside Datasette's own middleware, so each speaks to the bridge itself. Those with an
`id` in their query leave notes on what they saw; -/test-asgi/notes?id=…&wait=NOTE gives all of that
id, once NOTE is among them. -/test-asgi/asked?for=TEXT gives all requests that came to Datasette
with that text in their address.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from threading import get_ident
from typing import Any
from urllib.parse import parse_qsl, unquote

from asgiref.sync import async_to_sync, sync_to_async
from datasette import hookimpl

from engine.asgi.page_script import with_script
from engine.datasette import site
from engine.datasette.adaptations.templates import COMPILED

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/-/test-asgi/"
APPS: dict[str, App] = {}
PART = b"0123456789abcdef" * 4096  # 64 KB
PARTS = 5000

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Test</title>
<link rel="icon" href="data:,"><p>A page under the worker's control."""


class Notes:
    """What applications saw, by the id of the test."""

    def __init__(self) -> None:
        self._notes: dict[str, list[str]] = defaultdict(list)
        self._changed: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def add(self, key: str, note: str) -> None:
        self._notes[key].append(note)
        self._changed.pop(key, asyncio.Event()).set()

    async def wait(self, key: str, note: str) -> list[str]:
        while note and note not in self._notes[key]:
            await self._changed[key].wait()
        return self._notes[key]


NOTES = Notes()
ASKED: list[str] = []


@hookimpl
def asgi_wrapper() -> Callable[[App], App]:
    def wrap(inner: App) -> App:
        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                ASKED.append(f"{scope['method']} {scope['path']}?{scope['query_string'].decode()}")
            _, here, name = scope.get("path", "").partition(PREFIX)
            app = APPS.get(name.split("/")[0], inner) if here else inner
            await app(scope, receive, send)

        return dispatch

    return wrap


def app(function: App) -> App:
    """Make a function an application, under its own name with dashes."""
    APPS[getattr(function, "__name__").replace("_", "-")] = function  # noqa: B009
    return function


def query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))


def start(status: int = 200, *headers: tuple[str, str]) -> Message:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": status, "headers": encoded}


def body(data: bytes = b"", more: bool = False) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def give(
    send: Send, data: bytes | dict[str, Any] | list[str], *headers: tuple[str, str]
) -> None:
    """Answer with bytes as they are, or with anything else as JSON."""
    if not isinstance(data, bytes):
        data, headers = json.dumps(data).encode(), (*headers, ("content-type", "application/json"))
    await send(start(200, *headers))
    await send(body(data))


async def request_chunks(receive: Receive) -> list[bytes]:
    """Return the body of a request as it came."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client went in the middle of its request")
        chunks.append(message["body"])
        if not message["more_body"]:
            return chunks


def known_bytes(size: int) -> bytes:
    """Return bytes that repeat nowhere near, the same at every call."""
    blocks = (hashlib.sha256(b"%d" % number).digest() for number in range(size // 32 + 1))
    return b"".join(blocks)[:size]


# Applications that keep to the protocol


@app
async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await give(send, PAGE.encode(), ("content-type", "text/html; charset=utf-8"))


@app
async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    fields = {
        key: value.decode("latin-1") if isinstance(value, bytes) else value
        for key, value in scope.items()
        if key not in ("headers", "state") and isinstance(value, str | bytes | tuple)
    }
    headers = [[n.decode("latin-1"), v.decode("latin-1")] for n, v in scope["headers"]]
    text = b"".join(await request_chunks(receive)).decode("latin-1")
    await give(send, {**fields, "headers": headers, "body": text}, ("x-seen", scope["method"]))


@app
async def echo_bytes(scope: Scope, receive: Receive, send: Send) -> None:
    await give(send, b"".join(await request_chunks(receive)))


@app
async def upload(scope: Scope, receive: Receive, send: Send) -> None:
    chunks = await request_chunks(receive)
    data = b"".join(chunks)
    digest = hashlib.sha256(data).hexdigest()
    await give(send, {"size": len(data), "sha256": digest, "chunks": len(chunks)})


@app
async def download(scope: Scope, receive: Receive, send: Send) -> None:
    """Known bytes, whole or in pieces of 64 KB."""
    data = known_bytes(int(query(scope)["size"]))
    await send(start(200, ("content-disposition", 'attachment; filename="known.bin"')))
    if "pieces" in query(scope):
        for offset in range(0, len(data), 65536):
            await send(body(data[offset : offset + 65536], more=True))
        data = b""
    await send(body(data))


@app
async def thousand(scope: Scope, receive: Receive, send: Send) -> None:
    """1,000 chunks; each of the first 20 waits until the one before is confirmed in a note."""
    key = query(scope)["id"]
    await send(start(200, ("content-type", "text/plain")))
    for number in range(1000):
        if 0 < number <= 20:
            await NOTES.wait(key, f"got {number - 1}")
        await send(body(b"chunk %d\n" % number, more=True))
    await send(body())


@app
async def note(scope: Scope, receive: Receive, send: Send) -> None:
    NOTES.add(query(scope)["id"], query(scope)["note"])
    await give(send, b"noted")


@app
async def notes(scope: Scope, receive: Receive, send: Send) -> None:
    await give(send, await NOTES.wait(query(scope)["id"], query(scope).get("wait", "")))


@app
async def asked(scope: Scope, receive: Receive, send: Send) -> None:
    requests = [one for one in ASKED if query(scope)["for"] in one and PREFIX not in one]
    await give(send, requests)


@app
async def compiled_templates(scope: Scope, receive: Receive, send: Send) -> None:
    """How many there are in Jinja's cache."""
    await give(send, str(len(list(COMPILED.iterdir()))).encode())


@app
async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    """A stream of 300 MB, longer than any buffer, which notes every part that it could send."""
    key = query(scope)["id"]
    if "wait" in query(scope):
        NOTES.add(key, "waits")
        await NOTES.wait(key, "go")
    await send(start())
    try:
        for number in range(PARTS):
            await send(body(PART, more=True))
            NOTES.add(key, f"sent {number}")
        await send(body())
    except OSError as error:
        NOTES.add(key, "OSError")
        NOTES.add(key, str((await receive())["type"]))
        NOTES.add(key, str((await receive())["type"]))
        raise error


@app
async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
    """One chunk if asked for, then nothing but waiting for the client to go."""
    key = query(scope)["id"]
    if "chunk" in query(scope):
        await send(start())
        await send(body(b"one chunk\n", more=True))
    NOTES.add(key, "waits")
    while (await receive())["type"] != "http.disconnect":
        pass
    NOTES.add(key, "http.disconnect")


@app
async def redirect(scope: Scope, receive: Receive, send: Send) -> None:
    fields = query(scope)
    cookie = [("set-cookie", fields["cookie"])] if "cookie" in fields else []
    await send(start(int(fields["status"]), ("location", fields["to"]), *cookie))
    await send(body())


@app
async def status(scope: Scope, receive: Receive, send: Send) -> None:
    """A status, with a body whether or not it may have one."""
    await send(start(int(query(scope)["status"]), ("x-here", "yes")))
    await send(body(b"a body", more=True))
    await send(body())


@app
async def headers(scope: Scope, receive: Receive, send: Send) -> None:
    await give(send, b"", ("x-one", "1"), ("x-two", "a"), ("X-Two", "b"))


@app
async def set_cookies(scope: Scope, receive: Receive, send: Send) -> None:
    """Set the cookies in the query, each with attributes: ?c=a=1; Path=/&c=b=2."""
    pairs = (part.partition("=")[2] for part in scope["query_string"].decode().split("&"))
    await give(send, b"set", *(("set-cookie", unquote(pair)) for pair in pairs))


@app
async def gzipped(scope: Scope, receive: Receive, send: Send) -> None:
    data = gzip.compress(b"as it was before")
    length = ("content-length", str(len(data)))
    await give(send, data, ("content-encoding", "gzip"), length, ("content-type", "text/plain"))


# What frameworks do


@app
async def threads(scope: Scope, receive: Receive, send: Send) -> None:
    """Work for a thread pool, given to it in the `way` of the query, as JSON.

    Says whether it ran on the event loop's thread, and what it got from the event loop.
    """

    async def later() -> str:
        await asyncio.sleep(0)
        await NOTES.wait(query(scope)["id"], "go")
        return "from the loop"

    loop = asyncio.get_running_loop()

    def work(back: bool) -> list[Any]:
        if not back:
            return [get_ident(), ""]
        if query(scope)["way"] == "asgiref":
            return [get_ident(), async_to_sync(later)()]
        return [get_ident(), asyncio.run_coroutine_threadsafe(later(), loop).result()]

    back = "back" in query(scope)
    with ThreadPoolExecutor() as pool:
        ways: dict[str, Callable[[], Awaitable[list[Any]]]] = {
            "asyncio": lambda: asyncio.to_thread(work, back),
            "asgiref": lambda: sync_to_async(work)(back),
            "pool": lambda: loop.run_in_executor(pool, work, back),
            "submit": lambda: asyncio.wrap_future(pool.submit(work, back)),
        }
        thread, got = await ways[query(scope)["way"]]()
    await give(send, {"same thread": thread == get_ident(), "got": got})


@app
async def events(scope: Scope, receive: Receive, send: Send) -> None:
    """Server-sent events: the next one is sent when the page has noted the one before."""
    key = query(scope)["id"]
    await send(start(200, ("content-type", "text/event-stream"), ("cache-control", "no-store")))
    gone = asyncio.ensure_future(receive_until_disconnect(receive))
    number = 0
    while not gone.done():
        await send(body(b"id: %d\ndata: event %d\n\n" % (number, number), more=True))
        heard = asyncio.ensure_future(NOTES.wait(key, f"heard {number}"))
        await asyncio.wait([gone, heard], return_when=asyncio.FIRST_COMPLETED)
        heard.cancel()
        number += 1
    NOTES.add(key, "http.disconnect")


async def receive_until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@app
async def after_the_answer(scope: Scope, receive: Receive, send: Send) -> None:
    """What receive() gives after the request and after the answer, then a background task."""
    key = query(scope)["id"]
    await request_chunks(receive)
    gone = asyncio.ensure_future(receive())
    for _ in range(5):
        await asyncio.sleep(0)
    NOTES.add(key, f"blocks: {not gone.done()}")
    await give(send, b"the answer")
    NOTES.add(key, (await gone)["type"])
    await NOTES.wait(key, "go")
    NOTES.add(key, "background task done")


@app
async def socket_page(scope: Scope, receive: Receive, send: Send) -> None:
    """A page with a WebSocket for addresses of its workspace."""
    await with_script(page, f"{site.shell_url}page/websocket.js")(scope, receive, send)


async def accept(receive: Receive, send: Send, subprotocol: str | None = None) -> None:
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept", "subprotocol": subprotocol})


@app
async def socket_echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Send every message back, and note how the client closed."""
    await accept(receive, send, next(iter(scope["subprotocols"]), None))
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})
    NOTES.add(query(scope).get("id", ""), f"closed: {message['code']} {message['reason']}".strip())


@app
async def socket_scope(scope: Scope, receive: Receive, send: Send) -> None:
    """Send what is in the scope, as JSON."""
    await accept(receive, send)
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    seen = {key: scope[key] for key in ("type", "scheme", "path", "subprotocols")}
    seen["query_string"] = scope["query_string"].decode()
    await send({"type": "websocket.send", "text": json.dumps({**seen, "headers": headers})})


@app
async def socket_close(scope: Scope, receive: Receive, send: Send) -> None:
    """Close, refuse or fail, as the query says."""
    how = query(scope)["how"]
    if how == "refuse":
        await send({"type": "websocket.close"})
    elif how == "deny":
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"no"})
    elif how != "raise before":
        await accept(receive, send)
        if how == "close":
            await send({"type": "websocket.send", "text": "before"})
            await send({"type": "websocket.close", "code": 4321, "reason": "that is all"})
        if how == "return":
            return
    if how.startswith("raise"):
        raise ValueError("in a socket")


CHATTING: set[Send] = set()


@app
async def socket_chat(scope: Scope, receive: Receive, send: Send) -> None:
    """Send every message to all that are connected."""
    await accept(receive, send)
    CHATTING.add(send)
    try:
        while (message := await receive())["type"] == "websocket.receive":
            for other in CHATTING:
                await other({**message, "type": "websocket.send"})
    finally:
        CHATTING.discard(send)


# Applications that do not


@app
async def raise_before(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("before <the> start")


@app
async def raise_after_start(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    raise ValueError("after the start")


@app
async def raise_mid_stream(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start(200, ("content-type", "text/plain")))
    await send(body(b"the first half, ", more=True))
    await NOTES.wait(query(scope).get("id", ""), "read" if "id" in query(scope) else "")
    raise ValueError("in the middle")


@app
async def raise_after_end(scope: Scope, receive: Receive, send: Send) -> None:
    await give(send, b"the answer")
    raise ValueError("after the end")


@app
async def no_start(scope: Scope, receive: Receive, send: Send) -> None:
    pass


@app
async def start_twice(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    await send(start())


@app
async def body_after_end(scope: Scope, receive: Receive, send: Send) -> None:
    await give(send, b"the answer")
    await send(body(b"and more"))


@app
async def bad_header(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start(200, ("not a name", "x")))
    await send(body())


@app
async def returns_mid_stream(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    await send(body(b"the first half, ", more=True))


@app
async def system_exit(scope: Scope, receive: Receive, send: Send) -> None:
    raise SystemExit(3)


@app
async def abort(scope: Scope, receive: Receive, send: Send) -> None:
    os.abort()


@app
async def recursion(scope: Scope, receive: Receive, send: Send) -> None:
    await recursion(scope, receive, send)


@app
async def system_exit_in_a_task(scope: Scope, receive: Receive, send: Send) -> None:
    async def leave() -> None:
        raise SystemExit(3)

    task = asyncio.ensure_future(leave())
    await asyncio.wait([task])
    await give(send, b"the answer")
