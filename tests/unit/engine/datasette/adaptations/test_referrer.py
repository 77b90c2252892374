"""The Referrer-Policy of answers."""

from __future__ import annotations

import asyncio

import pytest

from engine.asgi.server import Message, Receive, Scope, Send
from engine.datasette.adaptations.referrer import same_origin_referrer


def sent_by(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers that leave when the application sends these."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"x"})

    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is received")

    asyncio.run(same_origin_referrer(app)({"type": "http"}, receive, send))
    assert messages[1] == {"type": "http.response.body", "body": b"x"}
    result: list[tuple[bytes, bytes]] = messages[0]["headers"]
    return result


@pytest.mark.parametrize(
    ("sent", "arrived"),
    [
        (b"no-referrer", b"same-origin"),
        (b"no-referrer, origin", b"same-origin, origin"),
        (b"strict-origin,no-referrer", b"strict-origin, same-origin"),
        (b"no-referrer-when-downgrade", b"no-referrer-when-downgrade"),
        (b"unsafe-url", b"unsafe-url"),
    ],
)
def test_no_referrer_becomes_same_origin(sent: bytes, arrived: bytes) -> None:
    assert sent_by([(b"Referrer-Policy", sent)]) == [(b"Referrer-Policy", arrived)]


def test_other_headers_stay() -> None:
    headers = [(b"x-a", b"no-referrer"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    assert sent_by(headers) == headers


def test_lifespan_passes() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((await receive(), send))

    async def send(message: Message) -> None: ...

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    asyncio.run(same_origin_referrer(app)({"type": "lifespan"}, receive, send))
    assert seen == [({"type": "lifespan.startup"}, send)]
