"""Requests reach an app with the length of their body."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.apps import content_length
from engine.apps.content_length import with_content_length
from engine.asgi.server import Message, Receive, Scope, Send


def asked(messages: list[Message], **scope: Any) -> tuple[Scope, list[Message]]:
    """Return the scope that an application gets, and all messages until the last."""
    got: list[Any] = []
    waiting = iter(messages)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        got.append(scope)
        for _ in messages:
            got.append(await receive())

    async def receive() -> Message:
        return next(waiting)

    async def send(message: Message) -> None:
        raise AssertionError("nothing is sent")

    defaults = {"type": "http", "method": "POST", "headers": [(b"x", b"y")]}
    asyncio.run(with_content_length(app)({**defaults, **scope}, receive, send))
    return got[0], got[1:]


def part(body: bytes, more: bool) -> Message:
    """Return a part of a request's body."""
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_parts_gets_its_length_and_arrives_unchanged() -> None:
    parts = [part(b"bird=", True), part(b"Wren", True), part(b"", False)]
    scope, got = asked(parts, headers=[(b"transfer-encoding", b"chunked"), (b"x", b"y")])
    assert scope["headers"] == [(b"x", b"y"), (b"content-length", b"9")]
    assert got == parts


def test_a_length_that_is_there_stays() -> None:
    scope, _ = asked([part(b"a", False)], headers=[(b"content-length", b"1")])
    assert scope["headers"] == [(b"content-length", b"1")]


def test_a_request_without_a_body_is_passed_on_at_once() -> None:
    scope, _ = asked([part(b"", False)], method="GET")
    assert scope["headers"] == [(b"x", b"y")]


def test_a_client_that_goes_is_passed_on() -> None:
    parts = [part(b"a", True), {"type": "http.disconnect"}]
    scope, got = asked(parts)
    assert scope["headers"] == [(b"x", b"y")] and got == parts


def test_a_long_body_is_not_kept(monkeypatch: Any) -> None:
    monkeypatch.setattr(content_length, "MOST_BYTES", 3)
    parts = [part(b"ab", True), part(b"cd", True), part(b"ef", False)]
    scope, got = asked(parts)
    assert scope["headers"] == [(b"x", b"y")] and got == parts
