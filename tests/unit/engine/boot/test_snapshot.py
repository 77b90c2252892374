"""Conditions that prevent a snapshot of Python's memory, and what a restored Python does."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import sqlite3
import sys
import tempfile
import types
import uuid
from collections.abc import Iterator

import pytest

from engine.boot import snapshot
from engine.errors import LiteError
from engine.packages import wheels


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Every test begins with a Python of which nothing was noticed yet."""
    path = list(sys.path)
    yield
    sys.path[:] = path
    for remembered in (snapshot._reasons, snapshot._path, snapshot._laid_out):
        remembered.clear()
    wheels.laid_out.clear()


def reasons_after(code: str, module: str = "datasette_something") -> list[str]:
    """Return what is noticed while a module with this code is imported."""
    with snapshot.watched():
        exec(code, types.ModuleType(module).__dict__)
    return snapshot._reasons


@pytest.mark.parametrize(
    "code",
    [
        "import secrets; SECRET = secrets.token_hex()",
        "import uuid; ID = uuid.uuid4()",
        "import os; SALT = os.urandom(8)",
        "import random; CHOSEN = random.choice([1, 2, 3])",
        "import random; random.seed(1)",
    ],
)
def test_random_numbers_are_noticed(code: str) -> None:
    assert set(reasons_after(code)) == {"Random numbers were drawn."}


def test_nothing_else_is_noticed() -> None:
    code = "import random, sqlite3; OWN = random.Random(1).random(); sqlite3.connect(':memory:')"
    assert reasons_after(code) == []
    assert reasons_after("import uuid; KEY = uuid.uuid4()", "opentelemetry.context") == []


def test_functions_are_as_before_when_watching_is_over() -> None:
    before = os.urandom, random._urandom  # type: ignore[attr-defined]
    with pytest.raises(ZeroDivisionError):
        reasons_after("1 / 0")
    assert (os.urandom, random._urandom) == before  # type: ignore[attr-defined]
    assert len(secrets.token_hex()) == 64
    assert snapshot._reasons == []


def reason_against() -> str:
    """Ask as the worker does: while a loop runs, from no task."""
    said: list[str] = []

    def ask() -> None:
        try:
            said.append(snapshot.reason_against())
        finally:
            loop.stop()

    loop = asyncio.new_event_loop()
    loop.call_soon(ask)
    loop.run_forever()
    loop.close()
    return said[0]


def test_what_is_open_is_a_reason() -> None:
    with tempfile.TemporaryFile():
        assert "A file is open" in reason_against()
    connection = sqlite3.connect(":memory:")
    assert "A database is open." in reason_against()
    connection.close()


def test_a_generator_of_its_own_is_a_reason() -> None:
    generator = random.Random()
    assert "random numbers of its own" in reason_against()
    del generator


def test_tasks_are_a_reason() -> None:
    async def ask() -> str:
        return snapshot.reason_against()

    assert "Tasks are running" in asyncio.run(ask())


def test_a_restored_python_draws_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async def works() -> None:
        pass

    monkeypatch.setattr(snapshot, "_check", works)
    with snapshot.watched():
        pass
    names = tempfile._get_candidate_names()  # type: ignore[attr-defined]
    uuid.uuid1()
    sys.path.insert(0, "")
    drawn = []
    for _ in range(2):
        random.seed(0)
        asyncio.run(snapshot.resume())
        drawn.append(random.random())
    assert drawn[0] != drawn[1]
    assert tempfile._get_candidate_names() is not names  # type: ignore[attr-defined]
    assert sys.path == snapshot._path


def test_other_packages_than_before_are_refused() -> None:
    wheels.laid_out[:] = ["a hash"]
    with snapshot.watched():
        pass
    snapshot.check_packages()
    wheels.laid_out.append("another")
    with pytest.raises(LiteError, match="Other packages"):
        snapshot.check_packages()


def test_what_does_not_work_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        sys.modules, "engine.datasette.instance", types.ModuleType("engine.datasette.instance")
    )
    asyncio.run(snapshot._check())
    monkeypatch.delitem(sys.modules, "engine.datasette.instance")
    with pytest.raises(LiteError, match="does not work as it should"):
        asyncio.run(snapshot._check())
