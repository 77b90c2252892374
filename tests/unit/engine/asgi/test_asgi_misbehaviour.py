"""Tests of engine.asgi.server with applications that break the protocol: each request gets an
answer.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.asgi.cookies import Cookies
from engine.asgi.server import (
    App,
    ClientDisconnected,
    Message,
    ProtocolError,
    Receive,
    Scope,
    Send,
    Server,
)
from tests.support.wire import Wire, ask, head

START: Message = {"type": "http.response.start", "status": 200}
MORE: Message = {"type": "http.response.body", "body": b"part", "more_body": True}
END: Message = {"type": "http.response.body", "body": b"end"}
NO_RESPONSE = "The application returned without sending a response."
NOT_COMPLETE = "The application returned before its response was complete."


def sending(*messages: Message, swallow: bool = False, error: BaseException | None = None) -> App:
    """Return an application that sends events, forgives errors or not, and raises `error`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            try:
                await send(message)
            except ProtocolError:
                if not swallow:
                    raise
        if error is not None:
            raise error

    return app


def start(**fields: Any) -> Message:
    return {**START, **fields}


def body(**fields: Any) -> Message:
    return {"type": "http.response.body", **fields}


def content_length(value: bytes) -> Message:
    return start(headers=[(b"content-length", value)])


# Events before the answer begins: the error page says what was wrong, unless the application
# goes on as if nothing had happened, in which case `swallowed` is the answer.
BEFORE: dict[str, tuple[list[Message], str, str]] = {
    "body before start": ([body(body=b"x"), START, END], "was sent before", "end"),
    "start twice": ([START, START, END], "'http.response.start' was sent twice", "end"),
    "unknown event": ([{"type": "http.response.push"}, START, END], "'http.response.push'", "end"),
    "no type": ([{}, START, END], "None is not an event", "end"),
    "status 99": ([start(status=99), END], "99 is not a valid status", NO_RESPONSE),
    "status 103": ([start(status=103), END], "103 is not a valid status", NO_RESPONSE),
    "status 600": ([start(status=600), END], "600 is not a valid status", NO_RESPONSE),
    "status str": ([start(status="200"), END], "'200' is not a valid status", NO_RESPONSE),
    "no status": ([{"type": START["type"]}, END], "None is not a valid status", NO_RESPONSE),
    "header str": ([start(headers=[("a", b"b")]), END], "'a' in the headers", NO_RESPONSE),
    "header value str": ([start(headers=[(b"a", "b")]), END], "'b' in the headers", NO_RESPONSE),
    "header value int": ([start(headers=[(b"a", 5)]), END], "5 in the headers", NO_RESPONSE),
    "header injection": (
        [start(headers=[(b"a", b"b\r\nset-cookie: c=1")]), END],
        "characters that headers cannot have",
        NO_RESPONSE,
    ),
    "length not a number": ([content_length(b"many"), END], "'many' is not a Conte", NO_RESPONSE),
    "body str": ([START, body(body="text")], "The body is 'text', not bytes", NOT_COMPLETE),
    "body None": ([START, body(body=None)], "The body is None, not bytes", NOT_COMPLETE),
    "too short": ([content_length(b"4"), END], "3 bytes where its Content-Length", NOT_COMPLETE),
    "too long": ([content_length(b"2"), END], "3 bytes where its Content-Length", NOT_COMPLETE),
}


@pytest.mark.parametrize(("messages", "message", "swallowed"), BEFORE.values(), ids=BEFORE)
def test_mistake_before_the_answer(messages: list[Message], message: str, swallowed: str) -> None:
    wire = asyncio.run(ask(sending(*messages)))
    assert wire.calls == ["fail"]
    assert wire.error.startswith(
        "The application raised an error, engine.asgi.connection.ProtocolError: "
    )
    assert message in wire.error
    assert "Traceback" in wire.details and "await send(message)" in wire.details

    wire = asyncio.run(ask(sending(*messages, swallow=True)))
    assert (wire.body.decode() or wire.error) == swallowed


# Once a part of the answer is out, it can only be broken off.
AFTER: dict[str, tuple[list[Message], str]] = {
    "start again": ([START, MORE, START], "was sent twice"),
    "unknown event": ([START, MORE, {"type": "http.response.debug"}], "is not an event"),
    "body str": ([START, MORE, body(body="text")], "not bytes"),
    "too short": ([content_length(b"8"), MORE, END], "7 bytes where its Content-Length says 8"),
    "too long": ([content_length(b"5"), MORE, MORE], "8 bytes where its Content-Length says 5"),
}


@pytest.mark.parametrize(("messages", "message"), AFTER.values(), ids=AFTER)
def test_mistake_in_the_middle_of_the_answer(messages: list[Message], message: str) -> None:
    wire = asyncio.run(ask(sending(*messages)))
    assert (wire.calls, wire.body) == (["start", "fail"], b"part")
    assert message in wire.error


def test_swallowed_mistakes_do_not_make_half_an_answer_look_whole() -> None:
    # The length counts what was sent, not what was refused.
    wire = asyncio.run(ask(sending(content_length(b"6"), END, END, swallow=True)))
    assert (wire.calls, wire.error) == (["fail"], NOT_COMPLETE)
    wire = asyncio.run(ask(sending(content_length(b"8"), MORE, END, swallow=True)))
    assert (wire.calls, wire.error) == (["start", "fail"], NOT_COMPLETE)


@pytest.mark.parametrize(
    ("messages", "calls", "message"),
    [
        ([], ["fail"], NO_RESPONSE),
        ([START], ["fail"], NOT_COMPLETE),
        ([START, MORE], ["start", "fail"], NOT_COMPLETE),
    ],
)
def test_returning_too_early(messages: list[Message], calls: list[str], message: str) -> None:
    wire = asyncio.run(ask(sending(*messages)))
    assert (wire.calls, wire.error, wire.details) == (calls, message, "")


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even its message")


# What an application may raise, and what the answer says.
ERRORS = [
    (ValueError("of the test"), "ValueError: of the test"),
    (KeyError(), "KeyError"),
    (asyncio.CancelledError(), "CancelledError"),
    (SystemExit(3), "SystemExit: 3"),
    (KeyboardInterrupt(), "KeyboardInterrupt"),
    (GeneratorExit(), "GeneratorExit"),
    (Unprintable(), "Unprintable: <exception str() failed>"),
    (BaseExceptionGroup("several", [ValueError("a"), SystemExit()]), "several (2 sub-exceptions)"),
]


@pytest.mark.parametrize(("error", "said"), ERRORS, ids=[type(e).__name__ for e, _ in ERRORS])
@pytest.mark.parametrize(
    ("messages", "calls"),
    [
        ([], ["fail"]),
        ([START], ["fail"]),
        ([START, MORE], ["start", "fail"]),
        ([START, MORE, END], ["start", "end"]),
        ([START, END], ["whole"]),
    ],
)
def test_raising(
    messages: list[Message],
    calls: list[str],
    error: BaseException,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wire = asyncio.run(ask(sending(*messages, error=error), head(path="/app/here")))
    assert wire.calls == calls
    logged = capsys.readouterr().err
    if "fail" in calls:
        assert said in wire.error and said in wire.details
        assert logged == ""
    else:
        assert "after the answer to /app/here" in logged and said in logged


def test_body_after_the_end_is_the_applications_problem_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for messages in ([START, END, END], [START, MORE, END, MORE], [START, END, START]):
        wire = asyncio.run(ask(sending(*messages)))
        assert wire.calls[-1] in ("whole", "end") and wire.body.endswith(b"end")
        assert "after the response had ended" in capsys.readouterr().err


@pytest.mark.parametrize("status", [200, 204])
def test_mistakes_after_an_answer_without_a_body(
    status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    request = head("HEAD")
    for error in (None, ValueError("too late")):
        wire = asyncio.run(ask(sending(start(status=status), MORE, error=error), request))
        assert wire.calls == ["whole"]
    assert "ValueError: too late" in capsys.readouterr().err


def test_error_wrapped_around_a_disconnect_stays_in_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        wire.hang_up()
        try:
            await send(MORE)
        except ClientDisconnected as error:
            raise RuntimeError("gone") from error

    wire = Wire()
    asyncio.run(Server(app, Cookies()).handle(head(), wire, wire))
    assert wire.calls == ["start"]
    assert "RuntimeError: gone" in capsys.readouterr().err


def test_an_event_that_comes_when_the_application_has_returned() -> None:
    async def story() -> None:
        late: list[str] = []

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_late() -> None:
                await returned.wait()
                try:
                    await send(START)
                except ProtocolError as error:
                    late.append(str(error))

            tasks.append(asyncio.ensure_future(send_late()))

        returned = asyncio.Event()
        tasks: list[asyncio.Future[None]] = []
        wire = await ask(app)
        returned.set()
        await asyncio.gather(*tasks)
        assert (wire.calls, wire.error) == (["fail"], NO_RESPONSE)
        assert late == ["'http.response.start' was sent after the response had ended."]

    asyncio.run(story())


def test_not_an_application_at_all() -> None:
    def not_async(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    apps: list[Any] = [not_async, None]
    for app in apps:
        wire = asyncio.run(ask(app))
        assert wire.calls == ["fail"] and "TypeError" in wire.error


def test_one_server_survives_them_all() -> None:
    async def story() -> None:
        mistakes = [case[0] for case in [*BEFORE.values(), *AFTER.values()]]
        apps = [sending(*messages) for messages in mistakes]
        apps += [sending(error=error) for error, _ in ERRORS]

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await apps[int(scope["path"][1:])](scope, receive, send)

        apps.append(sending(START, END))
        server = Server(app, Cookies())
        wires = [Wire() for _ in apps]
        # At once: none may disturb another.
        await asyncio.gather(
            *(
                server.handle(head(path=f"/{number}"), wire, wire)
                for number, wire in enumerate(wires)
            )
        )
        assert all(wire.calls[-1] == "fail" for wire in wires[:-1])
        assert wires[-1].calls == ["whole"]

    asyncio.run(story())
