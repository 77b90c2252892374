"""Responses that a browser saves as a file: bodies made while they are sent, and any file name.

Zip files are made here; other contents, and who may have them, are up to the caller.
"""

from __future__ import annotations

import time
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from datasette.app import Datasette
from datasette.database import Database
from datasette.resources import DatabaseResource
from datasette.utils import tilde_encode
from datasette.utils.asgi import Response

from engine.asgi.server import Send
from engine.datasette.copies import snapshot
from engine.datasette.pipe import Pipe
from engine.errors import LiteError
from engine.pace import Turns
from engine.sqlite import faults
from engine.sqlite.blocks import SavedCopy

# Bytes read from a file for one message.
PIECE = 256 * 1024

# The fastest compression is half the work of the usual one, and databases hardly get larger by it.
COMPRESSION = 1


@dataclass(frozen=True)
class Body:
    """What is sent: `size` is in bytes, if that is known."""

    parts: AsyncGenerator[bytes]
    size: int | None = None


class Download(Response):  # type: ignore[misc]
    """An answer that is saved as `filename`.

    The body is opened, and its first part made, before the answer begins: what goes wrong until
    then can still become a page that says so.
    """

    def __init__(
        self, body: AbstractAsyncContextManager[Body], filename: str, content_type: str
    ) -> None:
        headers = {"content-disposition": content_disposition(filename)}
        super().__init__("", headers=headers, content_type=content_type)
        self._body = body

    async def asgi_send(self, send: Send) -> None:
        """Send the answer."""
        async with self._body as body, aclosing(body.parts) as parts:
            first = await anext(parts, b"")
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status,
                    "headers": self._pairs(body.size),
                }
            )
            await send({"type": "http.response.body", "body": first, "more_body": True})
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    def _pairs(self, size: int | None) -> list[tuple[bytes, bytes]]:
        headers = {**self.headers, "content-type": self.content_type}
        # Where Datasette says that the next page is; a download has the rows of all pages.
        headers.pop("link", None)
        if size is not None:
            headers["content-length"] = str(size)
        return [(name.encode(), value.encode()) for name, value in headers.items()]


async def may_download(datasette: Datasette, actor: Any, database: Database) -> bool:
    """Tell whether somebody may have a database as a file."""
    return (
        not database.is_memory
        and datasette.setting("allow_download")
        and await datasette.allowed(
            action="view-database-download", resource=DatabaseResource(database.name), actor=actor
        )
    )


async def can_download(datasette: Datasette, actor: Any, database: Database) -> bool:
    """Tell whether somebody may have a database as a SQLite file, and all of it is here."""
    may = await may_download(datasette, actor, database)
    return may and (faults.is_on_device(Path(database.path)) or fits(database))


def fits(database: Database) -> bool:
    """Tell whether all of a database can be in memory, as every format but SQLite requires."""
    return not faults.stays_partial(Path(database.path))


def download_path(datasette: Datasette, database: str, format: str = "db") -> str:
    """Return where a database is downloaded; plugins/exports.py answers there."""
    path: str = datasette.urls.path(f"/-/download/{tilde_encode(database)}.{format}")
    return path


def content_disposition(filename: str) -> str:
    """Return the header that has a body saved as `filename`, whatever characters that has.

    The plain form is for programs that know nothing of RFC 6266.

    >>> content_disposition('caf\\u00e9 "x".db')
    'attachment; filename="caf_ _x_.db"; filename*=UTF-8\\'\\'caf%C3%A9%20%22x%22.db'
    """
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in filename)
    value = f'attachment; filename="{plain}"'
    return value if plain == filename else f"{value}; filename*=UTF-8''{quote(filename, safe='')}"


@asynccontextmanager
async def streamed(parts: AsyncGenerator[bytes]) -> AsyncIterator[Body]:
    """Send what a generator yields."""
    yield Body(parts)


@asynccontextmanager
async def database_file(database: Path) -> AsyncIterator[Body]:
    """Send a copy of a database.

    Raises:
        LiteError: it is too large to be in memory, and not saved yet.
    """
    saved = await faults.saved_copy(database)
    if saved is not None:
        yield Body(_pieces_of(saved), saved.size)
        return
    if faults.is_on_device(database) and faults.stays_partial(database):
        raise LiteError(
            f"{database.name} is not saved in this browser yet. It cannot be downloaded before.",
            hint="Try again in a moment.",
        )
    async with snapshot(database) as copy:
        yield Body(_pieces(copy), copy.stat().st_size)


async def _pieces_of(copy: SavedCopy) -> AsyncGenerator[bytes]:
    for start in range(0, copy.size, PIECE):
        yield await copy.read(start, min(copy.size, start + PIECE))


async def _pieces(path: Path) -> AsyncGenerator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


async def zip_parts(databases: Sequence[tuple[str, Path]]) -> AsyncGenerator[bytes]:
    """Yield a zip file of databases, given by the names in it; one copy is in memory at a time."""
    pipe = Pipe()
    turns = Turns()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, database in databases:
            async with snapshot(database) as copy:
                entry = zipfile.ZipInfo(name, time.localtime()[:6])
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                entry.file_size = copy.stat().st_size  # by which it knows whether to use ZIP64
                entry._compresslevel = COMPRESSION  # type: ignore[attr-defined]
                with copy.open("rb") as file, archive.open(entry, "w") as compressed:
                    while piece := file.read(PIECE):
                        compressed.write(piece)
                        if turns.are_due:
                            await turns.take()
                        if part := pipe.take():
                            yield part
    yield pipe.take()
