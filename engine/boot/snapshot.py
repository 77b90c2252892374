"""Says whether a snapshot of Python's memory may be kept, and repairs a Python that starts from
one.

A snapshot is taken when everything is imported and before there is any
data. It contains the state of modules, so anything that a module expects to be new in each start
would be repeated. What may matter is noticed here, and then no snapshot is taken: the next start
takes a second longer. The worker takes and restores it
(shell/worker/runtime/snapshot/python-memory.js), and docs/fast-boot.md describes the whole. Imports
nothing of Datasette, since watching begins before that.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib.metadata
import io
import itertools
import os
import random
import sqlite3
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from engine.errors import LiteError
from engine.packages import wheels
from engine.replacing import replaced

#: Packages that may draw random numbers while they are imported. OpenTelemetry's tell the keys of
#: one process apart; pydantic_core draws, unseen, what Python's hash seed is to Python.
_HARMLESS = ("opentelemetry",)

#: What a snapshot must not hold, or not always.
_SUSPECTS = (random.Random, sqlite3.Connection, io.FileIO)

#: Why there must be no snapshot, as sentences.
_reasons: list[str] = []

#: How things were when everything was imported, and so in the snapshot.
_path: list[str] = []
_laid_out: list[str] = []


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Notice what modules do that are imported meanwhile, for `reason_against`."""
    state = random.getstate()
    with (
        _noticed(os, "urandom", "Random numbers were drawn."),
        _noticed(random, "_urandom", "Random numbers were drawn."),
    ):
        yield
    if random.getstate() != state:
        _reasons.append("Random numbers were drawn.")
    _path[:] = sys.path
    _laid_out[:] = wheels.laid_out


@contextlib.contextmanager
def _noticed(module: Any, name: str, reason: str) -> Iterator[None]:
    function: Callable[..., Any] = getattr(module, name)

    def noticed(*args: Any, **kwargs: Any) -> Any:
        if not any(caller.startswith(_HARMLESS) for caller in _callers()):
            _reasons.append(reason)
        return function(*args, **kwargs)

    with replaced(module, name, noticed):
        yield


def _callers() -> Iterator[str]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield str(frame.f_globals.get("__name__"))
        frame = frame.f_back


def reason_against() -> str:
    """Return why no snapshot may be taken now, "" if one may."""
    importlib.metadata.MetadataPathFinder().invalidate_caches()
    reasons = [*_reasons]
    if "micropip" in sys.modules:
        reasons.append("Packages were chosen in this start; the next one finds them chosen.")
    if asyncio.all_tasks():
        reasons.append("Tasks are running, which would never go on.")
    suspects = _suspects()
    _close_libraries(suspects)
    for thing in suspects:
        if isinstance(thing, random.Random) and not _is_harmless(thing):
            reasons.append("A module has random numbers of its own, which would be repeated.")
        elif isinstance(thing, sqlite3.Connection):
            reasons.append("A database is open.")
        elif isinstance(thing, io.FileIO) and not thing.closed and thing.fileno() > 2:
            reasons.append(f"A file is open: {thing.name}")
    return " ".join(dict.fromkeys(reasons))


def _close_libraries(suspects: list[Any]) -> None:
    """Close the zip files of the path, which importlib.metadata leaves open in garbage.

    If the snapshot's Python collected them later, they would close a file of something else there.
    Collecting garbage at once would take three times as long as all else here.
    """
    for thing in suspects:
        if isinstance(thing, io.FileIO) and not thing.closed and thing.name in sys.path:
            thing.close()


def _suspects() -> list[Any]:
    """Return the objects that are of a kind which a snapshot must not hold."""
    things = gc.get_objects()
    kinds = {kind for kind in set(map(type, things)) if issubclass(kind, _SUSPECTS)}
    # Without a loop in Python: there are some 200,000, and somebody waits for the first page.
    return list(itertools.compress(things, map(kinds.__contains__, map(type, things))))


def _is_harmless(generator: random.Random) -> bool:
    return isinstance(generator, random.SystemRandom) or generator is random._inst


async def resume() -> None:
    """Make a Python that has just started from a snapshot what one is that has imported everything.

    Raises:
        LiteError: something does not work.
    """
    sys.path[:] = _path
    wheels.laid_out.clear()
    random.seed()
    tempfile._name_sequence = None  # type: ignore
    uuid._node = uuid._last_timestamp = None  # type: ignore
    await _check()


async def _check() -> None:
    """Try what would be the first to break: native code, SQLite, the event loop, JavaScript."""
    import pydantic_core
    from datasette.version import __version__

    loop = asyncio.get_running_loop()
    timer = loop.create_future()
    loop.call_later(0, timer.set_result, __version__)
    connection = sqlite3.connect(":memory:")
    try:
        rows = connection.execute("select value * 2 from json_each('[1, 2]')").fetchall()
    finally:
        connection.close()
    validator = pydantic_core.SchemaValidator({"type": "list", "items_schema": {"type": "int"}})
    found = (
        rows,
        validator.validate_json("[1, 2]"),
        await timer,
        "engine.datasette.instance" in sys.modules,
    )
    if found != ([(2,), (4,)], [1, 2], __version__, True):
        raise LiteError(f"Python does not work as it should after it was restored: {found!r}.")


def check_packages() -> None:
    """Look whether the packages that are laid out are those that were imported.

    Raises:
        LiteError: they are others.
    """
    if wheels.laid_out != _laid_out:
        raise LiteError("Other packages are there than those that were imported before.")
