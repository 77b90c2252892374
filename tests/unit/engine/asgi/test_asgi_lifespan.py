"""Tests of the lifespan protocol in engine.asgi.server, with applications that keep to it or do
not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.asgi.cookies import Cookies
from engine.asgi.server import App, Receive, Scope, Send, Server
from engine.errors import LiteError
from tests.support.wire import Wire, head


def lifespan(app: App, after: Callable[[Server], Any] = lambda server: None) -> Any:
    """Start an application, call `after` with the server, stop it; return what `after` returns."""

    async def story() -> Any:
        server = Server(app, Cookies())
        await server.startup()
        result = after(server)
        if asyncio.iscoroutine(result):
            result = await result
        await server.shutdown()
        return result

    return asyncio.run(asyncio.wait_for(story(), 60))


def test_lifespan_gives_its_state_to_requests() -> None:
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append(dict(scope["state"]))
            scope["state"]["mine"] = "of this request alone"
            scope["state"]["shared"].append(1)
            return
        assert scope["asgi"] == {"version": "3.0", "spec_version": "2.5"}
        seen.append((await receive())["type"])
        scope["state"]["shared"] = []
        await send({"type": "lifespan.startup.complete"})
        seen.append((await receive())["type"])
        await send({"type": "lifespan.shutdown.complete"})
        seen.append("stopped")

    async def two_requests(server: Server) -> None:
        for _ in range(2):
            wire = Wire()
            await server.handle(head(), wire, wire)

    lifespan(app, two_requests)
    assert seen == [
        "lifespan.startup",
        {"shared": [1, 1]},
        {"shared": [1, 1]},
        "lifespan.shutdown",
        "stopped",
    ]


@pytest.mark.parametrize("reason", ["the data is gone", ""])
def test_startup_that_fails(reason: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": reason})

    with pytest.raises(LiteError, match=reason or "no reason"):
        lifespan(app)


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"


async def exits(scope: Scope, receive: Receive, send: Send) -> None:
    raise SystemExit(1)


async def returns(scope: Scope, receive: Receive, send: Send) -> None:
    pass


async def sends_nonsense(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start"})


@pytest.mark.parametrize("app", [raises, exits, returns, sends_nonsense])
def test_application_without_lifespan_is_served(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    lifespan(app)
    assert capsys.readouterr().err == ""


async def breaks_after_startup(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    raise ValueError("while stopping")


async def never_returns(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
    await receive()


def test_shutdown_ends_whatever_the_application_does(capsys: pytest.CaptureFixture[str]) -> None:
    lifespan(never_returns)
    assert capsys.readouterr().err == ""
    lifespan(breaks_after_startup)
    assert "ValueError: while stopping" in capsys.readouterr().err


def test_shutdown_without_startup() -> None:
    asyncio.run(Server(returns, Cookies()).shutdown())
