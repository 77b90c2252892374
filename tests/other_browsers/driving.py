"""What the script needs of a browser, whichever it is."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

POLL = 0.05  # seconds between two looks at a condition


class Missing(Exception):
    """This machine does not have the browser; the message says what to install."""


class Tab(Protocol):
    """The one tab of a running browser."""

    def goto(self, url: str) -> None:
        """Begin to load an address."""

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; None while the page changes."""


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Return the first true value of `condition`.

    Raises:
        TimeoutError: it was not true in that time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(POLL)  # neither protocol has a waiting that outlives a change of page
    raise TimeoutError(f"{what} did not happen within {seconds:.0f} seconds")


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
