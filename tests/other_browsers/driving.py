"""What the script needs of a browser, whichever it is."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol


class Missing(Exception):
    """This machine does not have the browser; the message says what to install."""


class Tab(Protocol):
    """The one tab of a running browser."""

    def goto(self, url: str) -> None:
        """Begin to load an address."""

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; None while the page changes."""


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
