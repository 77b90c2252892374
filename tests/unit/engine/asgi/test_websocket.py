"""Tests of engine.asgi.websocket, with applications that keep to the protocol and others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.asgi.cookies import Cookies
from engine.asgi.server import App, ClientDisconnected, Message, Receive, Scope, Send, Server
from tests.support.wire import head

ACCEPT: Message = {"type": "websocket.accept"}


class Client:
    """The client's end: sends what it is given, then closes; keeps what it gets."""

    def __init__(self, *messages: str | bytes) -> None:
        self._messages = list(messages)
        self.calls: list[Any] = []

    async def receive(self) -> str | bytes | None:
        await asyncio.sleep(0)
        return self._messages.pop(0) if self._messages else None

    def closing(self) -> tuple[int, str]:
        return 4001, "had enough"

    def accept(self, subprotocol: str) -> None:
        self.calls.append(("accept", subprotocol))

    def refuse(self, status: int) -> None:
        self.calls.append(("refuse", status))

    def send(self, message: str | bytes) -> None:
        self.calls.append(message)

    def close(self, code: int, reason: str) -> None:
        self.calls.append(("close", code, reason))


def connect(
    app: App, *messages: str | bytes, cookies: Cookies | None = None, **fields: Any
) -> list[Any]:
    """Return what the client got."""
    client = Client(*messages)
    request = head(**{"scheme": "ws", **fields})
    asyncio.run(Server(app, cookies or Cookies()).connect(request, client))
    return client.calls


def sending(*messages: Message) -> App:
    """Return an application that sends these events and returns."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        for message in messages:
            await send(message)

    return app


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send(ACCEPT)
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


def test_scope() -> None:
    seen: Scope = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(scope)

    connect(
        app,
        path="/app/@k/w%20s",
        query_string="a=1",
        headers=[("sec-websocket-protocol", "one, two")],
    )
    assert (seen["type"], seen["scheme"], seen["path"]) == ("websocket", "ws", "/app/@k/w s")
    assert (seen["raw_path"], seen["query_string"]) == (b"/app/@k/w%20s", b"a=1")
    assert seen["subprotocols"] == ["one", "two"]
    assert seen["server"] == ("localhost", 8001)
    assert "method" not in seen and "websocket.http.response" in seen["extensions"]
    assert seen["state"] == {} and seen["root_path"] == ""


def test_text_and_bytes_both_ways() -> None:
    assert connect(echo, "café", b"\x00\xff", "") == [("accept", ""), "café", b"\x00\xff", ""]


def test_application_learns_how_the_client_closed() -> None:
    events: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        events.extend([await receive(), await receive(), await receive()])
        with pytest.raises(ClientDisconnected):
            await send({"type": "websocket.send", "text": "too late"})

    connect(app, "hello")
    assert events[0] == {"type": "websocket.receive", "text": "hello"}
    gone = {"type": "websocket.disconnect", "code": 4001, "reason": "had enough"}
    assert events[1:] == [gone, gone]


def test_application_closes() -> None:
    events: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sending(ACCEPT, {"type": "websocket.close", "code": 3000, "reason": "bye"})(
            scope, receive, send
        )
        events.append(await receive())

    assert connect(app, "never read") == [("accept", ""), ("close", 3000, "bye")]
    assert events[0]["type"] == "websocket.disconnect"


def test_subprotocol() -> None:
    accept = {**ACCEPT, "subprotocol": "two"}
    headers = [("sec-websocket-protocol", "one, two")]
    assert connect(sending(accept), headers=headers)[0] == ("accept", "two")
    assert connect(sending(accept)) == [("refuse", 500)]


def test_cookies_of_a_handshake() -> None:
    cookies = Cookies()
    connect(sending({**ACCEPT, "headers": [(b"set-cookie", b"a=1")]}), cookies=cookies)
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend(scope["headers"])

    connect(app, cookies=cookies)
    assert seen == [(b"cookie", b"a=1")]


DENIAL_START: Message = {"type": "websocket.http.response.start", "status": 404}
DENIAL_END: Message = {"type": "websocket.http.response.body", "body": b"no such room"}


@pytest.mark.parametrize(
    ("messages", "got"),
    [
        ([{"type": "websocket.close"}], [("refuse", 403)]),
        ([DENIAL_START, DENIAL_END], [("refuse", 404)]),
        ([DENIAL_START, {**DENIAL_END, "more_body": True}, DENIAL_END], [("refuse", 404)]),
        ([DENIAL_START], [("refuse", 500)]),
        ([], [("refuse", 500)]),
        ([ACCEPT], [("accept", ""), ("close", 1000, "")]),
    ],
)
def test_refusals_and_returns(messages: list[Message], got: list[Any]) -> None:
    assert connect(sending(*messages)) == got


MISTAKES: dict[str, tuple[list[Message], str]] = {
    "send before accept": ([{"type": "websocket.send", "text": "x"}], "before the WebSocket"),
    "accept twice": ([ACCEPT, ACCEPT], "after the WebSocket was accepted"),
    "an event of HTTP": ([ACCEPT, {"type": "http.response.start"}], "http.response.start"),
    "denial after accept": ([ACCEPT, DENIAL_START], "after the WebSocket was accepted"),
    "body of no denial": ([DENIAL_END], "before the WebSocket was accepted"),
    "denial with a wrong status": ([{**DENIAL_START, "status": 99}], "99 is not a valid status"),
    "neither text nor bytes": ([ACCEPT, {"type": "websocket.send"}], "either text or bytes"),
    "text that is bytes": (
        [ACCEPT, {"type": "websocket.send", "text": b"x"}],
        "either text or bytes",
    ),
    "a wrong code": ([ACCEPT, {"type": "websocket.close", "code": 7}], "7 is not a close code"),
    "a long reason": ([ACCEPT, {"type": "websocket.close", "reason": "é" * 62}], "123 bytes"),
    "send after close": (
        [ACCEPT, {"type": "websocket.close"}, {"type": "websocket.send", "text": "x"}],
        "after the WebSocket was closed",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_close_the_socket(mistake: str, capsys: pytest.CaptureFixture[str]) -> None:
    messages, said = MISTAKES[mistake]
    calls = connect(sending(*messages))
    accepted = ACCEPT in messages
    assert (("accept", "") in calls) == accepted
    closed = {"send after close": ("close", 1000, "")}.get(mistake, ("close", 1011, ""))
    assert calls[-1] == (closed if accepted else ("refuse", 500))
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(3), asyncio.CancelledError()])
def test_errors_close_the_socket(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    def raising(*before: Message) -> Callable[..., Any]:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await sending(*before)(scope, receive, send)
            raise error

        return app

    assert connect(raising()) == [("refuse", 500)]
    assert connect(raising(ACCEPT)) == [("accept", ""), ("close", 1011, "")]
    assert type(error).__name__ in capsys.readouterr().err
