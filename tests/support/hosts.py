"""The hosts of the tests: the built site, and another origin that serves data in good and bad ways.

Both run in threads of the test process, on ports that the system picks.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
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
class DataFile:
    """DataHost's answer for one path."""

    body: bytes
    status: int = 200
    cors: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    #: Set when the body may be sent; until then the response hangs after its head.
    released: threading.Event | None = None


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
            self.send_response(file.status)
            headers = {"Content-Length": str(len(file.body)), **file.headers}
            if file.cors:
                headers["Access-Control-Allow-Origin"] = "*"
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if file.released is not None:
                file.released.wait(timeout=500)
            self.wfile.write(file.body)

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
