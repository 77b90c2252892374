"""The hosts of the tests: the built site, and another origin that serves data in good and bad ways.

Both run in threads of the test process, on ports that the system picks.
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datasette_lite.server import make_server


@contextlib.contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[int]:
    """Run a server in a thread; yield its port."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def static_site(folder: Path, base: str = "/") -> Iterator[str]:
    """Serve a built site; yield the address of its launcher, with the slash."""
    with running(make_server(folder, 0, base, quiet=True)) as port:
        yield f"http://localhost:{port}{base}"


@dataclass
class RangeHabits:
    """How a host answers requests for ranges."""

    #: Headers that pages of other sites may read.
    exposed: str = "Content-Range, ETag, Last-Modified"
    etag: str | None = None
    last_modified: str | None = None
    #: Answers to give first: a status, "drop" to break the connection off half-way, or "" for none
    #: of these.
    troubles: list[int | str] = field(default_factory=list)
    #: What is done to the bytes of a range, such as gzip.compress, with its Content-Encoding.
    encode: tuple[str, Callable[[bytes], bytes]] | None = None
    #: Bytes of all ranges that were sent.
    sent: int = 0
    #: Ranges that were requested, in order.
    requests: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class DataFile:
    """DataHost's answer for one path."""

    body: bytes
    status: int = 200
    cors: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    #: Set when the body may be sent; until then the response hangs after its head, or
    released: threading.Event | None = None
    #: after so many bytes of the body.
    at_once: int = 0
    #: Whether ranges can be requested; see RangeHabits.
    ranges: RangeHabits | None = None
    #: Serve this file instead of `body`.
    file: Path | None = None

    @property
    def size(self) -> int:
        """Bytes of the whole."""
        return len(self.body) if self.file is None else self.file.stat().st_size

    def read(self, start: int, end: int) -> bytes:
        """Return some of the bytes."""
        if self.file is None:
            return self.body[start:end]
        with self.file.open("rb") as file:
            file.seek(start)
            return file.read(end - start)


#: Bytes that are sent at a time.
PIECE = 64 * 1024


class DataHost:
    """Another origin. `host.add("x.csv", b"...")` returns the URL at which it serves that."""

    def __init__(self) -> None:
        self.origin = ""
        self.files: dict[str, DataFile] = {}
        #: (method, path) of every request, in order.
        self.requests: list[tuple[str, str]] = []

    def add(self, path: str, body: bytes, **options: Any) -> str:
        """Serve `body` at /`path`; the options are DataFile's. Return the URL."""
        self.files[f"/{path}"] = DataFile(body, **options)
        return f"{self.origin}/{path}"


def _handler(host: DataHost) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host.requests.append((self.command, self.path))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            file = host.files.get(urlsplit(self.path).path)
            if file is None:
                file = DataFile(b"not found", status=404)
            wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            if file.ranges and wanted:
                self._send_range(file, file.ranges, int(wanted[1]), int(wanted[2]) + 1)
                return
            self._send_head(file, file.status, {"Content-Length": str(file.size), **file.headers})
            self.wfile.write(file.read(0, file.at_once))
            if file.released is not None:
                file.released.wait(timeout=500)
            for start in range(file.at_once, file.size, PIECE):
                self.wfile.write(file.read(start, start + PIECE))

        def _send_range(self, file: DataFile, habits: RangeHabits, start: int, end: int) -> None:
            habits.requests.append((start, end))
            trouble = habits.troubles.pop(0) if habits.troubles else None
            if isinstance(trouble, int):
                self._send_head(file, trouble, {"Content-Length": "0"})
                return
            end = min(end, file.size)
            body = file.read(start, end)
            headers = {"Content-Range": f"bytes {start}-{end - 1}/{file.size}"}
            if habits.encode:
                headers["Content-Encoding"] = habits.encode[0]
                body = habits.encode[1](body)
            self._send_head(file, 206, {**headers, "Content-Length": str(len(body))})
            if trouble == "drop":
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
                return
            habits.sent += len(body)
            self.wfile.write(body)

        def _send_head(self, file: DataFile, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            if file.cors:
                headers["Access-Control-Allow-Origin"] = "*"
            if file.ranges:
                headers["Accept-Ranges"] = "bytes"
                headers["Access-Control-Expose-Headers"] = file.ranges.exposed
                if file.ranges.etag:
                    headers["ETag"] = file.ranges.etag
                if file.ranges.last_modified:
                    headers["Last-Modified"] = file.ranges.last_modified
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        do_HEAD = do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # In some tests, the browser aborts a download.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def data_host() -> Iterator[DataHost]:
    """Run a DataHost."""
    host = DataHost()
    with running(_QuietServer(("127.0.0.1", 0), _handler(host))) as port:
        host.origin = f"http://localhost:{port}"
        yield host
