"""Serves a built site as a static host does: `datasette-lite serve`.

The site is made for static hosts, so this does no more than one: it serves files with their types,
and 404.html for missing ones. During development nothing stale is shown, since browsers revalidate
every file at each use, except those whose address changes with their content.
"""

from __future__ import annotations

import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit


class StaticHost(SimpleHTTPRequestHandler):
    """One request for a file below `directory`, at addresses below `base`."""

    protocol_version = "HTTP/1.1"
    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
        ".csv": "text/csv",
        ".db": "application/vnd.sqlite3",
        ".pack": "application/octet-stream",
    }

    def __init__(self, *args: object, base: str = "/", quiet: bool = False, **kwargs: object):
        self.base = base
        self.quiet = quiet
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def translate_path(self, path: str) -> str:
        """Return the file for an address; for one outside `base`, a file that does not exist."""
        if not urlsplit(path).path.startswith(self.base):
            return str(Path(self.directory, "outside", "the", "site"))
        return super().translate_path("/" + path[len(self.base) :])

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Answer with a file, or with 404.html if there is none."""
        try:
            missing = not Path(self.translate_path(self.path)).exists()
        except OSError:  # the address is too long for a file name
            missing = True
        if missing:
            return self._send_404()
        return super().send_head()

    def _send_404(self) -> BinaryIO | None:
        page = Path(self.directory, "404.html")
        if not page.exists():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        self.send_response(HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(page.stat().st_size))
        self.end_headers()
        return page.open("rb")

    def end_headers(self) -> None:
        """Say how long the browser may keep the file."""
        url = urlsplit(self.path)
        versioned = url.query.startswith("v=") or url.path.startswith(f"{self.base}v/")
        forever = "public, max-age=31536000, immutable"
        self.send_header("Cache-Control", forever if versioned else "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Log as usual, unless asked to be quiet."""
        if not self.quiet:
            super().log_message(format, *args)


class Server(ThreadingHTTPServer):
    """A threading server that does not complain when a browser closes a connection early."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Report errors, except for closed connections."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def make_server(
    directory: Path, port: int, base: str = "/", host: str = "127.0.0.1", quiet: bool = False
) -> Server:
    """Return a server for `directory`, not yet running; port 0 takes any free one."""
    handler = partial(StaticHost, directory=str(directory), base=base, quiet=quiet)
    return Server((host, port), handler)
