"""Modules that arrive only after the first page (“the rest”), so that a first visit need not wait
for them.

Until then, importing one raises NotHereYet, so that nobody takes it for a module that does not
exist. Code that may need one waits first (`need`), requests are passed to Datasette through
`patient`, and a start that ends in NotHereYet is run again with everything there
(shell/worker/boot/start.js). scripts/first-visit.txt says which modules come later;
shell/worker/runtime/runtime.js fetches and mounts them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.errors import LiteError

#: The names of the modules; scripts/compile_python.py writes it.
NAMES = Path("/lib/rest-modules.txt")

_HINT = "Check your connection, then try again."

#: Fetches and mounts the rest; returns "" or a sentence that says why it could not.
Load = Callable[[], Awaitable[str]]


class NotHereYet(BaseException):
    """Raised by importing a module of the rest. No Exception: `except ImportError` is for modules
    that do not exist, and would do without this one for good.
    """


class _Finder(MetaPathFinder):
    """Stands behind all that finds modules in files."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        #: None: it can't be asked for yet. An object of JavaScript is none that a snapshot of
        #: Python's memory could hold.
        self.load: Load | None = None
        #: How many imports were in vain.
        self.missed = 0
        #: Why the last attempt to get the rest failed.
        self.problem = ""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if name in self.names:
            self.missed += 1
            raise NotHereYet(
                f"{name!r}, a part of this site's Python, has not been downloaded. {_HINT}"
            )


_finder: _Finder | None = None


def expect(names: Path = NAMES) -> None:
    """Go without the rest until `arrived`. Called by JavaScript."""
    global _finder
    if _finder is None:
        _finder = _Finder(frozenset(names.read_text().split()))
        # Some finders of Pyodide's, at the end, know better why a module is not there.
        sys.meta_path.insert(sys.meta_path.index(PathFinder) + 1, _finder)
        # A snapshot may know of what was there when it was made.
        importlib.invalidate_caches()


def offer(load: Load) -> None:
    """Let code that needs the rest ask for it with `load`. Called by JavaScript, after `expect`."""
    assert _finder is not None
    _finder.load = load


def arrived() -> None:
    """Note that everything is there. Called by JavaScript."""
    global _finder
    if _finder is not None:
        sys.meta_path.remove(_finder)
        _finder = None
        importlib.invalidate_caches()


async def wait() -> str:
    """Return "" once everything is there, or a sentence that says why it cannot be had."""
    finder = _finder
    if finder is None:
        return ""
    assert finder.load is not None
    finder.problem = await finder.load()
    return finder.problem


def is_out_of_reach() -> bool:
    """Whether it was waited for in vain."""
    return _finder is not None and _finder.problem != ""


async def need(what: str) -> None:
    """Return once everything is there.

    Raises:
        LiteError: it cannot be had, so neither can `what`.
    """
    problem = await wait()
    if problem:
        raise LiteError(f"{what} needs a part of this site that is missing: {problem}", hint=_HINT)


def missing() -> int:
    """Return how many imports were in vain so far."""
    return 0 if _finder is None else _finder.missed


def patient(app: Any) -> Any:
    """Return the ASGI application, with its answers kept until it is known that the missing rest
    did not cause them; it may cause any error. Such a request is answered again when all is there.

    Only what changes nothing is answered before that: other requests wait first, so that none is
    ever carried out twice. Answers that come in parts wait as well, since they can't be taken back.
    """

    async def answered(scope: Any, receive: Any, send: Any) -> None:
        if _finder is None or scope["type"] != "http":
            await app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            await wait()
            await app(scope, receive, send)
            return
        attempt = _Attempt(send)
        before = missing()
        try:
            await app(scope, receive, attempt.send)
        except (NotHereYet, Exception):
            if attempt.is_sent:
                raise
        good = attempt.status < 400 and before == missing() and attempt.messages
        if attempt.is_sent or good:
            await attempt.flush()
            return
        problem = await wait()
        if problem and attempt.messages and before == missing():
            await attempt.flush()
        else:
            await app(scope, receive, send)

    return answered


class _Attempt:
    """An answer that is not sent yet."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self.messages: list[Any] = []
        self.status = 500
        self.is_sent = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.messages.append(message)
        if message.get("more_body") or self.is_sent:
            if not self.is_sent:
                await wait()
            await self.flush()

    async def flush(self) -> None:
        self.is_sent = True
        messages, self.messages = self.messages, []
        for message in messages:
            await self._send(message)
