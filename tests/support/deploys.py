"""A host whose site changes over time: deploys, unfinished ones, and its end."""

from __future__ import annotations

import contextlib
import functools
import gzip
import socket
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from datasette_lite.server import Server, StaticHost


class Host:
    """Serves built sites, each at the addresses below a base path such as "/" or "/a/"."""

    def __init__(self) -> None:
        self.port = 0
        #: The folder of each site, by base path. Putting another folder there is a deploy.
        self.sites: dict[str, Path] = {}
        #: Contents to send instead of a file's own, by path.
        self.spoiled: dict[str, bytes] = {}
        #: Seconds that browsers may keep files at fixed addresses, as set by static hosts.
        self.max_age = 0
        #: A cookie without which it answers nothing.
        self.login = ""
        #: Headers that it sends with every file.
        self.headers: dict[str, str] = {}
        #: Files that it sends only once `released` is set, by the ends of their paths.
        self.stalled: tuple[str, ...] = ()
        self.released = threading.Event()
        #: Whether it compresses text and WebAssembly, as large hosts do.
        self.compresses = False
        #: Path and query of every request, in order; after the method, if that is not GET.
        self.requests: list[str] = []
        #: Bytes of the bodies that were sent, by path and query.
        self.sent: dict[str, int] = {}
        self._server: _Server | None = None

    def address(self, base: str = "/") -> str:
        """Return the address of the launcher of a site."""
        return f"http://localhost:{self.port}{base}"

    def plug_in(self) -> None:
        """Start to serve; at the same address as before, if there was one."""
        self._server = _Server(("127.0.0.1", self.port), lambda *args: _Handler(self, *args))
        self.port = self._server.server_port
        serve = {"poll_interval": 0.05}
        threading.Thread(target=self._server.serve_forever, kwargs=serve, daemon=True).start()

    def unplug(self) -> None:
        """Stop serving: no connection is answered any more, not even open ones."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.hang_up()
            self._server = None


COMPRESSED = {".css", ".html", ".js", ".json", ".svg", ".wasm", ".webmanifest"}


@functools.cache
def _gzipped(file: Path) -> bytes:
    return gzip.compress(file.read_bytes())


class _Handler(StaticHost):
    def __init__(self, host: Host, *args: Any) -> None:
        self.host = host
        super().__init__(*args, quiet=True)

    def send_head(self) -> BytesIO | BinaryIO | None:
        method = "" if self.command == "GET" else f"{self.command} "
        self.host.requests.append(method + self.path)
        # By dates alone, a file of an older build would count as not modified.
        del self.headers["If-Modified-Since"]
        path = urlsplit(self.path).path
        fitting = [base for base in self.host.sites if path.startswith(base)]
        self.base = max(fitting, key=len, default="/")
        self.directory = str(self.host.sites.get(self.base, "/nowhere"))
        if self.host.login not in self.headers.get("Cookie", ""):
            self.send_error(403)
            return None
        if self.host.stalled and path.endswith(self.host.stalled):
            self.host.released.wait(60)
        spoiled = self.host.spoiled.get(path)
        if spoiled is not None:
            return self._send(path, spoiled)
        file = Path(self.translate_path(self.path))
        if self.host.compresses and file.suffix in COMPRESSED and file.is_file():
            return self._send(path, _gzipped(file), ("Content-Encoding", "gzip"))
        return super().send_head()

    def _send(self, path: str, body: bytes, *headers: tuple[str, str]) -> BytesIO:
        self.send_response(200)
        for name, value in [("Content-Type", self.guess_type(path)), *headers]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)

    def end_headers(self) -> None:
        for name, value in self.host.headers.items():
            self.send_header(name, value)
        super().end_headers()

    def send_header(self, keyword: str, value: str) -> None:
        if keyword == "Content-Length" and self.command == "GET":
            self.host.sent[self.path] = self.host.sent.get(self.path, 0) + int(value)
        if value == "no-cache" and self.host.max_age:
            value = f"max-age={self.host.max_age}"
        super().send_header(keyword, value)


class _Server(Server):
    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def deploy_host(site: Path | None = None) -> Iterator[Host]:
    """Run a Host; `site` is the folder of the site at its root."""
    host = Host()
    if site is not None:
        host.sites["/"] = site
    host.plug_in()
    try:
        yield host
    finally:
        host.unplug()
