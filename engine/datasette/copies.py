"""Copies of databases as they are at one moment, while others read and write them.

A download takes as long as its reader likes. A SQLite file must not change meanwhile, and nobody
should have to wait for the reader. So the file is copied first, in pieces, and again from the start
if somebody wrote to it in between.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from engine.errors import LiteError
from engine.pace import give_way
from engine.sqlite import faults

# Bytes that are copied before others get their turn; some milliseconds' worth.
PORTION = 8 * 1024 * 1024

# Copies that are given up because of a write. The one after them is made in a single step.
ATTEMPTS = 5

# What is read at once; it is memory of Python's, which never shrinks again.
BUFFER = 256 * 1024

# How long to wait for a transaction that is being written, and how often to look, in seconds.
PATIENCE = 20.0
INTERVAL = 0.05


@asynccontextmanager
async def snapshot(database: Path) -> AsyncIterator[Path]:
    """Copy the database file `database`; the copy is there for as long as the context lasts.

    Raises:
        LiteError: it cannot be read: somebody is writing to it for too long, or too much of it is
            elsewhere.
    """
    await faults.make_whole(database)
    with tempfile.TemporaryDirectory(prefix="snapshot-") as folder:
        copy = Path(folder, "copy.db")
        await _copy(database, copy)
        yield copy


async def _copy(database: Path, target: Path) -> None:
    address = f"file:{quote(str(database))}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)) as connection:
        with database.open("rb") as source, target.open("wb") as copy:
            for _ in range(ATTEMPTS):
                if await _copied(connection, source, copy, PORTION):
                    return
            await _copied(connection, source, copy, None)


async def _copied(
    connection: sqlite3.Connection, source: BinaryIO, copy: BinaryIO, portion: int | None
) -> bool:
    """Copy all of a database; return False if it changed between two portions."""
    first: int | None = None
    size = at = 0
    buffer = memoryview(bytearray(BUFFER))
    while first is None or at < size:
        await _readable(connection)
        with _reading(connection) as version:
            if first is None:
                first = version
                size = source.seek(0, 2)
                # In one go: a file in memory that grows bit by bit is moved each time.
                copy.truncate(size)
            elif version != first:
                return False
            end = size if portion is None else min(size, at + portion)
            source.seek(at)
            copy.seek(at)
            while at < end:
                got = source.readinto(buffer[: end - at])  # type: ignore[attr-defined]
                if not got:
                    raise LiteError(f"{source.name} became shorter while it was copied.")
                copy.write(buffer[:got])
                at += got
        await give_way()
    return True


@contextmanager
def _reading(connection: sqlite3.Connection) -> Iterator[int]:
    """Keep others from changing the file; yield a number that changes whenever they do."""
    connection.execute("begin")
    try:
        connection.execute("select count(*) from sqlite_master").fetchone()
        [version] = connection.execute("pragma data_version").fetchone()
        yield version
    finally:
        connection.execute("rollback")


async def _readable(connection: sqlite3.Connection) -> None:
    """Wait until nobody is in the middle of writing to the file."""
    for _ in range(int(PATIENCE / INTERVAL)):
        try:
            with _reading(connection):
                return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            await asyncio.sleep(INTERVAL)
    raise LiteError(
        "This database is being written to, so it cannot be copied now.",
        hint="Try again when the import or the other tab has finished.",
    )
