"""Tests of engine.asgi.server with applications that keep to the protocol."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.asgi.batches import ENOUGH
from engine.asgi.cookies import Cookies
from engine.asgi.server import (
    LASTING,
    App,
    ClientDisconnected,
    Message,
    Receive,
    Scope,
    Send,
    Server,
)
from tests.support.wire import Wire, ask, head

START: Message = {"type": "http.response.start", "status": 200}
END: Message = {"type": "http.response.body"}


def answering(*messages: Message) -> App:
    """Return an application that sends these events."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


def scope_of(**fields: Any) -> Scope:
    """Return the scope that an application sees."""
    seen: Scope = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(scope)
        await answering(START, END)(scope, receive, send)

    asyncio.run(ask(app, head(**fields)))
    return seen


# The scope


def test_scope() -> None:
    scope = scope_of(
        method="PUT",
        path="/app/@k=/caf%C3%A9%2Fx%20y+z",
        query_string="a=%20b&c=+",
        headers=[("host", "localhost:8001"), ("x-latin", "caf\xe9"), ("x", "1"), ("x", "2")],
    )
    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": "PUT",
        "scheme": "http",
        "path": "/app/@k=/café/x y+z",
        "raw_path": b"/app/@k=/caf%C3%A9%2Fx%20y+z",
        "query_string": b"a=%20b&c=+",
        "root_path": "",
        "headers": [
            (b"host", b"localhost:8001"),
            (b"x-latin", b"caf\xe9"),
            (b"x", b"1"),
            (b"x", b"2"),
        ],
        "client": ("127.0.0.1", 0),
        "server": ("localhost", 8001),
        "state": {},
        "extensions": {LASTING: {}},
    }


def test_path_that_is_not_utf8() -> None:
    scope = scope_of(path="/%FF%zz%")
    assert (scope["path"], scope["raw_path"]) == ("/\ufffd%zz%", b"/%FF%zz%")


@pytest.mark.parametrize(
    ("scheme", "host", "server"),
    [
        ("http", "localhost:8001", ("localhost", 8001)),
        ("http", "example.org", ("example.org", 80)),
        ("https", "example.org", ("example.org", 443)),
        ("https", "example.org:80", ("example.org", 80)),
        ("http", "127.0.0.1:8001", ("127.0.0.1", 8001)),
        ("http", "[::1]:8001", ("::1", 8001)),
        ("http", "[::1]", ("::1", 80)),
    ],
)
def test_server(scheme: str, host: str, server: tuple[str, int]) -> None:
    assert scope_of(scheme=scheme, host=host)["server"] == server


# The request's body


async def collect(receive: Receive) -> list[tuple[bytes, bool]]:
    """Return the (body, more_body) of the events of a whole request."""
    events = [await receive()]
    while events[-1]["more_body"]:
        events.append(await receive())
    assert {event["type"] for event in events} == {"http.request"}
    return [(event["body"], event["more_body"]) for event in events]


@pytest.mark.parametrize(
    ("method", "has_body", "chunks", "events"),
    [
        ("GET", False, [], [(b"", False)]),
        ("POST", False, [], [(b"", False)]),
        ("POST", True, [], [(b"", False)]),
        ("POST", True, [b"one"], [(b"one", True), (b"", False)]),
        ("PUT", True, [b"a", b"", b"c"], [(b"a", True), (b"", True), (b"c", True), (b"", False)]),
    ],
)
def test_request_body(
    method: str, has_body: bool, chunks: list[bytes], events: list[tuple[bytes, bool]]
) -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(await collect(receive))
        await answering(START, END)(scope, receive, send)

    asyncio.run(ask(app, head(method, has_body=has_body), chunks))
    assert seen == events


def test_receive_waits_after_the_body_until_the_client_goes() -> None:
    async def story() -> None:
        waiting = asyncio.Event()
        seen: list[Message] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await collect(receive)
            waiting.set()
            seen.append(await receive())
            seen.append(await receive())

        wire = Wire([b"x"])
        handling = asyncio.ensure_future(Server(app, Cookies()).handle(head("POST"), wire, wire))
        await waiting.wait()
        await asyncio.sleep(0)
        assert seen == []
        wire.hang_up()
        await handling
        assert seen == [{"type": "http.disconnect"}] * 2
        assert wire.calls == [], "nobody is there to be told that there was no response"

    asyncio.run(story())


def test_receive_after_the_answer_says_disconnect() -> None:
    seen: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answering(START, END)(scope, receive, send)
        seen.append(await receive())

    asyncio.run(ask(app, head("POST"), [b"never read"]))
    assert seen == [{"type": "http.disconnect"}]


def test_client_that_goes_in_the_middle_of_its_request() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            seen.append((await receive())["type"])

    wire = asyncio.run(ask(app, head("POST"), [b"x", ConnectionError("gone")]))
    assert wire.calls == []
    assert seen == ["http.request", "http.disconnect"]


# The answer


@pytest.mark.parametrize("body", [b"bytes", bytearray(b"bytes"), memoryview(b"-bytes-")[1:-1]])
def test_body_of_any_bytes_type(body: object) -> None:
    app = answering(START, {"type": "http.response.body", "body": body})
    assert asyncio.run(ask(app)).body == b"bytes"


def test_whole_answer() -> None:
    headers = [(b"X-Caf\xe9", b"\xe9"), [b"x", b"1"], (b"x", b"2")]
    wire = asyncio.run(
        ask(answering({**START, "status": 404, "headers": headers}, {**END, "body": b"no"}))
    )
    assert wire.calls == ["whole"]
    assert (wire.status, wire.body) == (404, b"no")
    assert wire.headers == [("X-Caf\xe9", "\xe9"), ("x", "1"), ("x", "2")]


def test_streamed_answer() -> None:
    chunks = [b"a" * 5_000_000, b"", b"b"]
    bodies: list[Message] = [{**END, "body": chunk, "more_body": True} for chunk in chunks]
    wire = asyncio.run(ask(answering(START, *bodies, END)))
    assert wire.calls == ["start", "end"]
    assert wire.chunks == [chunks[0], b"b"]


def test_last_chunk_may_come_with_the_end() -> None:
    more = {**END, "body": b"a", "more_body": True}
    wire = asyncio.run(ask(answering(START, more, {**END, "body": b"b"})))
    assert (wire.calls, wire.chunks) == (["start", "end"], [b"a", b"b"])


def test_application_waits_for_a_slow_reader() -> None:
    async def story() -> None:
        sent = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(START)
            for number in range(3):
                await send({**END, "body": b"%d" % number, "more_body": True})
                sent.append(number)
            await send(END)

        wire = Wire()
        wire.has_room.clear()
        handling = asyncio.ensure_future(Server(app, Cookies()).handle(head(), wire, wire))
        while not wire.chunks:
            await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)
        assert (wire.body, sent) == (b"0", [])
        wire.has_room.set()
        await handling
        assert (wire.body, sent, wire.calls) == (b"012", [0, 1, 2], ["start", "end"])

    asyncio.run(story())


@pytest.mark.parametrize(
    ("method", "status", "headers"),
    [
        ("HEAD", 200, [(b"content-length", b"5000")]),
        ("HEAD", 404, []),
        ("GET", 204, []),
        ("POST", 205, []),
        ("GET", 304, [(b"etag", b'"x"'), (b"content-length", b"5000")]),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_answer_without_a_body(
    method: str, status: int, headers: list[tuple[bytes, bytes]], streamed: bool
) -> None:
    part: Message = {**END, "body": b"ab", "more_body": True}
    bodies = [part] * (3 * streamed)
    start = {**START, "status": status, "headers": headers}
    wire = asyncio.run(ask(answering(start, *bodies, {**END, "body": b"x"}), head(method)))
    assert (wire.calls, wire.status, wire.body) == (["whole"], status, b"")
    assert wire.headers == [(n.decode(), v.decode()) for n, v in headers]


def test_endless_answer_to_head_lets_others_have_their_turn() -> None:
    async def story() -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(START)
            while True:
                await send({**END, "body": b"x", "more_body": True})

        wire = Wire()
        handling = asyncio.ensure_future(Server(app, Cookies()).handle(head("HEAD"), wire, wire))
        await wire.disconnected.wait()
        assert not handling.done()
        handling.cancel()
        await handling
        assert wire.calls == ["whole"]

    asyncio.run(story())


def test_redirect_is_the_clients_to_follow() -> None:
    start = {**START, "status": 302, "headers": [(b"location", b"../x?y")]}
    wire = asyncio.run(ask(answering(start, END)))
    assert (wire.status, wire.headers) == (302, [("location", "../x?y")])


@pytest.mark.parametrize("streamed", [False, True])
def test_right_content_length(streamed: bool) -> None:
    start = {**START, "headers": [(b"Content-Length", b"4")]}
    bodies: list[Message] = [{**END, "body": b"ab", "more_body": True}] * streamed
    last = {**END, "body": b"cd" if streamed else b"abcd"}
    wire = asyncio.run(ask(answering(start, *bodies, last)))
    assert (wire.body, wire.calls[-1]) == (b"abcd", "end" if streamed else "whole")


@pytest.mark.parametrize(
    ("method", "status", "headers", "lasts"),
    [
        ("GET", 200, [(b"etag", b'"x"')], True),
        ("HEAD", 200, [(b"etag", b'"x"')], False),
        ("GET", 304, [(b"etag", b'"x"')], False),
        ("GET", 200, [(b"Set-Cookie", b"a=1")], False),
    ],
)
def test_answer_of_which_the_application_says_that_it_lasts(
    method: str, status: int, headers: list[tuple[bytes, bytes]], lasts: bool
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"][LASTING]["lasts"] = True
        start = {**START, "status": status, "headers": headers}
        await answering(start, {**END, "body": b"x"})(scope, receive, send)

    assert asyncio.run(ask(app, head(method))).lasts == lasts
    assert not asyncio.run(ask(answering(START, END), head(method))).lasts


# Cookies


def test_cookies_come_back() -> None:
    async def story() -> None:
        cookies = Cookies()
        headers = [(b"x", b"1"), (b"set-cookie", b"a=1"), (b"Set-Cookie", b"b=2; Path=/")]
        wire = await ask(
            answering({**START, "headers": headers}, END), head(path="/app/x"), cookies=cookies
        )
        assert wire.headers == [("x", "1")]
        seen = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append([value for name, value in scope["headers"] if name == b"cookie"])
            await answering(START, END)(scope, receive, send)

        from_elsewhere = [("sec-fetch-site", "cross-site")]
        await ask(app, head(path="/app/y"), cookies=cookies)
        await ask(app, head(path="/"), cookies=cookies)
        await ask(app, head(path="/", headers=from_elsewhere), cookies=cookies)
        await ask(app, head("POST", path="/", headers=from_elsewhere), cookies=cookies)
        await ask(app, head(path="/app/y"), cookies=Cookies())
        assert seen == [[b"a=1; b=2"], [b"b=2"], [b"b=2"], [], []]

    asyncio.run(story())


def test_cookies_of_an_answer_that_is_not_given_are_not_kept() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**START, "headers": [(b"set-cookie", b"a=1")]})
        raise ValueError("before the body")

    cookies = Cookies()
    wire = asyncio.run(ask(app, cookies=cookies))
    assert wire.calls == ["fail"]
    assert cookies.header("/") is None


# The client goes


@pytest.mark.parametrize("swallow", [False, True])
def test_send_raises_when_nobody_reads(swallow: bool, capsys: pytest.CaptureFixture[str]) -> None:
    async def story() -> None:
        errors: list[OSError] = []
        wire = Wire()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send(START)
            await send({**END, "body": b"a", "more_body": True})
            wire.hang_up()
            assert (await receive())["type"] == "http.request"
            assert (await receive())["type"] == "http.disconnect"
            for message in ({**END, "body": bytes(ENOUGH), "more_body": True}, END, START):
                try:
                    await send(message)
                except OSError as error:
                    errors.append(error)
                    if not swallow:
                        raise

        await Server(app, Cookies()).handle(head(), wire, wire)
        assert wire.calls == ["start"] and wire.body == b"a"
        assert [type(error) for error in errors] == [ClientDisconnected] * (3 if swallow else 1)

    asyncio.run(story())
    assert capsys.readouterr().err == ""
