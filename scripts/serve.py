"""Serves the built site as a static host does.

    python scripts/serve.py [--dir dist] [--port 8001] [--base /some/sub/path/]

A real static host is what the site is made for, so this is no more than one: files, their types,
404.html for what is not there. While developing nothing stale is ever shown, since every file is
checked again at each use, except those whose address changes with their content.
"""

from __future__ import annotations

import argparse
import errno
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

PROJECT = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 8001


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
        """Answer with a file, or with 404.html where there is none."""
        try:
            missing = not Path(self.translate_path(self.path)).exists()
        except OSError:  # an address longer than a file name may be
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
        """Report errors, except that the other side is gone."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def make_server(
    directory: Path, port: int, base: str = "/", host: str = "127.0.0.1", quiet: bool = False
) -> Server:
    """Return a server for `directory`, not yet running; port 0 takes any free one."""
    handler = partial(StaticHost, directory=str(directory), base=base, quiet=quiet)
    return Server((host, port), handler)


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Serve the built site.")
    parser.add_argument("--dir", type=Path, default=PROJECT / "dist", help="default: dist")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="default: %(default)s")
    parser.add_argument("--base", default="/", help="serve below this path: /some/sub/path/")
    args = parser.parse_args()
    base = f"/{args.base.strip('/')}/".replace("//", "/")
    if not (args.dir / "sw.js").is_file():
        print(f"error: there is no site in {args.dir}. Run `make site` first.", file=sys.stderr)
        return 1
    try:
        server = make_server(args.dir, args.port, base)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"Port {args.port} is taken, so this uses another one.")
        server = make_server(args.dir, 0, base)
    address = f"http://localhost:{server.server_port}{base}"
    print(f"Datasette Lite is at {address} (Ctrl-C stops it)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
