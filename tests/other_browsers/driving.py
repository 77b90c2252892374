"""What the trials need of a browser, whichever it is."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from tests.support.raw_chromium import wait_until

PATIENCE = 120  # seconds


class Missing(Exception):
    """This machine does not have the browser; the message says what to install."""


class Tab(Protocol):
    """A tab of a running browser."""

    def goto(self, url: str) -> None:
        """Begin to load an address."""

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, not awaited; None while the page changes."""

    def evaluate_inside(self, frame: str, expression: str) -> Any:
        """The same in the page that an <iframe> shows, which a JavaScript expression returns. None
        while there is none.
        """

    def close(self) -> None:
        """Close the tab."""


class Browser(Protocol):
    """A running browser."""

    #: Its name and version.
    version: str

    def new_tab(self) -> Tab:
        """Open a tab."""

    def renderers(self) -> set[int]:
        """Return the ids of the processes that run pages and workers."""


_numbers = itertools.count(1)


def awaited(evaluate: Callable[[str], Any], expression: str) -> Any:
    """Return the value of a JavaScript expression, a promise, as JSON carries it.

    :param evaluate: returns that of one which is no promise, such as Tab.evaluate.

    Raises:
        AssertionError: the promise was rejected, or not settled in time.
    """
    place = f"window.awaited{next(_numbers)}"
    keep = f"(value) => ({place} = JSON.stringify(value))"
    evaluate(
        f"void Promise.resolve({expression}).then((value) => ({{ value }}),"
        f" (error) => ({{ error: String(error) }})).then({keep})"
    )
    answer = json.loads(wait_until(lambda: evaluate(f"{place} ?? ''"), PATIENCE, expression))
    assert "error" not in answer, answer["error"]
    return answer.get("value")


@contextlib.contextmanager
def with_new_profile(browser: ModuleType) -> Iterator[Browser]:
    """Run a browser, firefox.py or webkit.py, that has never visited anything.

    Raises:
        Missing: this machine does not have it.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        browser.started(Path(profile)) as started,
    ):
        yield started


@contextlib.contextmanager
def running(command: list[str], log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the end of the block, its output in `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)
        try:
            yield process
        finally:
            process.terminate()
            process.wait()
