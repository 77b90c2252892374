"""Tests of engine.deferred_modules: modules that arrive later are awaited unnoticed."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import deferred_modules
from engine.errors import LiteError

Messages = list[dict[str, Any]]


class Rest:
    """A rest of one module, `later_on`, and how it comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problem = ""
        self.asked = 0
        names = folder / "names.txt"
        names.write_text("later_on\nlater_on.part\n")
        deferred_modules.expect(names)
        deferred_modules.offer(self.load)

    async def load(self) -> str:
        self.asked += 1
        await asyncio.sleep(0)
        if not self.problem:
            (self.folder / "later_on.py").write_text("VALUE = 42\n")
            deferred_modules.arrived()
        return self.problem


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rest]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Rest(tmp_path)
    deferred_modules.arrived()
    sys.modules.pop("later_on", None)


def answer(app: Any, method: str = "GET") -> Messages:
    sent: Messages = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(deferred_modules.patient(app)({"type": "http", "method": method}, receive, send))
    return sent


def imports(calls: list[str], *, swallows: bool = False) -> Any:
    """Return an application that imports the module and answers with what is in it."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        calls.append(scope["method"])
        value: object = "without"
        try:
            value = importlib.import_module("later_on").VALUE
        except ImportError:
            value = "no such module"
        except BaseException:
            if not swallows:
                raise
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(value).encode()})

    return app


@pytest.mark.parametrize("swallows", [False, True])
def test_a_page_that_imports_what_is_to_come_is_answered_again(later: Rest, swallows: bool) -> None:
    calls: list[str] = []
    sent = answer(imports(calls, swallows=swallows))
    assert [message.get("body") for message in sent] == [None, b"42"]
    assert calls == ["GET", "GET"]


def test_a_write_waits_first_and_is_carried_out_once(later: Rest) -> None:
    calls: list[str] = []
    assert answer(imports(calls), "POST")[1]["body"] == b"42"
    assert calls == ["POST"]


def test_an_answer_for_which_nothing_is_missing_does_not_wait(later: Rest) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here"})

    assert answer(app)[1]["body"] == b"here"
    assert later.asked == 0


def test_what_is_not_found_is_looked_for_again(later: Rest) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        status = 200 if (later.folder / "later_on.py").exists() else 404
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    assert answer(app)[0]["status"] == 200
    later.problem = "offline"


def test_an_answer_in_parts_waits_before_it_begins(later: Rest) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1", "more_body": True})
        await send(
            {"type": "http.response.body", "body": str(importlib.import_module("later_on").VALUE)}
        )

    assert [message.get("body") for message in answer(app)] == [None, b"1", "42"]


def test_without_the_rest_errors_stay_what_they_are(later: Rest) -> None:
    later.problem = "The network is gone."

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"not found"})

    assert answer(app)[1]["body"] == b"not found"
    with pytest.raises(deferred_modules.NotHereYet, match=r"later_on.* has not been downloaded"):
        answer(imports([]))


def test_who_needs_it_is_told_why_it_cannot_be_had(later: Rest) -> None:
    later.problem = "The network is gone."
    with pytest.raises(LiteError, match=r"An Excel file needs .*The network is gone\."):
        asyncio.run(deferred_modules.need("An Excel file"))
    assert deferred_modules.is_out_of_reach()
    later.problem = ""
    asyncio.run(deferred_modules.need("An Excel file"))
    assert importlib.import_module("later_on").VALUE == 42


def test_what_does_not_exist_is_not_waited_for(later: Rest) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module_at_all")
    assert later.asked == 0
