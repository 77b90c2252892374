"""Keeps what an app prints and logs, and shows it on a page."""

from __future__ import annotations

import html
import io
import sys
from collections import deque
from typing import TextIO

from engine.asgi.server import Receive, Scope, Send

#: How many characters are kept; older ones are dropped.
MOST_CHARACTERS = 200_000

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Log of the app</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 1.5rem; }}
  pre {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
</style>
<h1>Log</h1>
<p>What the app has printed since it started, errors included. <a href="{home}">Back to the app</a>
<pre tabindex="0">{text}</pre>
"""


class Log:
    """What was written to the standard streams since `install`."""

    def __init__(self) -> None:
        self._parts: deque[str] = deque()
        self._size = 0

    def install(self) -> None:
        """Keep what is written from now on; it still goes to the browser's console as well."""
        sys.stdout = _Tee(sys.stdout, self)
        sys.stderr = _Tee(sys.stderr, self)

    def add(self, text: str) -> None:
        """Keep `text`, and drop what is too old."""
        self._parts.append(text)
        self._size += len(text)
        while self._size > MOST_CHARACTERS and len(self._parts) > 1:
            self._size -= len(self._parts.popleft())

    @property
    def text(self) -> str:
        """All that is kept."""
        return "".join(self._parts)[-MOST_CHARACTERS:]

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with the log, as an ASGI application."""
        home = html.escape(scope["root_path"] + "/")
        text = html.escape(self.text) or "Nothing so far."
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = _PAGE.format(home=home, text=text).encode("utf-8", "replace")
        await send({"type": "http.response.body", "body": body})


class _Tee(io.TextIOBase):
    """A stream that writes to another one and to the log."""

    encoding = "utf-8"

    def __init__(self, stream: TextIO, log: Log) -> None:
        self._stream, self._log = stream, log

    def write(self, text: str) -> int:
        self._log.add(text)
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def writable(self) -> bool:
        return True
