"""Writes the small files of a site into one, so that a worker fetches them with one request.

It is a multipart/form-data body, which browsers parse themselves. Hosts that compress text compress
it, because its name ends with .txt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath

#: Content types as static hosts send them.
TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


def in_one(files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """Return the boundary and the body that has these files, by their paths on the site.

    Raises:
        KeyError: the type of a file is not known.
    """
    total = hashlib.sha256()
    for content in files.values():
        total.update(content)
    boundary = f"kept-{total.hexdigest()}"  # so that no file contains it
    body = b""
    for path, content in files.items():
        kind = TYPES[PurePosixPath(path).suffix]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{path}"; filename="{path}"'
        body += f"{head}\r\nContent-Type: {kind}\r\n\r\n".encode() + content + b"\r\n"
    return boundary, body + f"--{boundary}--\r\n".encode()
