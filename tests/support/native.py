"""Runs Datasette as usual, in its own process, in the same version as the site's.

Browser tests and benchmarks compare with it.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

START_TIMEOUT = 60  # s; it takes about 2 s on an idle machine


@dataclass(frozen=True)
class Answer:
    """A response with its whole body."""

    status: int
    #: Names in lower case, in the order of the response.
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """Return the values of a header as browsers join them, or "" without one."""
        return ", ".join(value for key, value in self.headers if key == name)


class Native:
    """A running Datasette. `origin` is its address, without a slash at the end."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def request(
        self, path: str, headers: dict[str, str] | None = None, method: str = "GET"
    ) -> Answer:
        """Request `path`, a path with query, exactly as written; follow no redirect."""
        url = urlsplit(self.origin)
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            head = [(name.lower(), value) for name, value in response.getheaders()]
            return Answer(response.status, head, response.read())
        finally:
            connection.close()


class _Log:
    """A process's output, kept for errors."""

    def __init__(self, stream: IO[str]) -> None:
        self.text = ""
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._grown = threading.Condition()
        self._closed = False
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            with self._grown:
                self.text += line
                self._grown.notify_all()
        with self._grown:
            self._closed = True
            self._grown.notify_all()

    def wait_for(self, pattern: str, timeout: float) -> str | None:
        """Return the first group of `pattern` once it is printed; None at the end or too late."""
        deadline = time.monotonic() + timeout
        with self._grown:
            while True:
                found = re.search(pattern, self.text)
                left = deadline - time.monotonic()
                if found or self._closed or left <= 0:
                    return found.group(1) if found else None
                self._grown.wait(left)


@contextlib.contextmanager
def native_datasette(
    files: Sequence[Path], arguments: Sequence[str] = (), python: str = sys.executable
) -> Iterator[Native]:
    """Run `datasette serve` on `files`; `arguments` are further ones of its command line.

    `python` is the interpreter of the environment that Datasette is installed in.
    """
    command = [python, "-m", "datasette", "serve", *map(str, files), "--port", "0"]
    command += arguments
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    log = _Log(process.stdout)
    try:
        # Printed when it listens. Port 0 means any free one, and the line says which.
        origin = log.wait_for(r"Uvicorn running on (http://\S+)", START_TIMEOUT)
        if origin is None:
            raise RuntimeError(f"datasette serve did not start. It printed:\n{log.text}")
        yield Native(origin)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
