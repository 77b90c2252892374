"""Checks a SQLite file before Datasette opens it, and says in a sentence what is wrong with it.

It checks whether it is a database, is complete, and can be opened here. The format is documented
at https://www.sqlite.org/fileformat2.html
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from math import log2
from pathlib import Path
from time import perf_counter

from engine.errors import SourceError
from engine.importing.file_kinds import refuse_other_formats, refuse_other_texts
from engine.pace import Pause, give_way
from engine.sqlite import journals
from engine.sqlite.connections import DAMAGED, connect
from engine.sqlite.salvage import PAGE_COUNT, page_size_of, salvage

MAGIC = b"SQLite format 3\0"

# Offsets in the database header.
_WRITE_AND_READ_VERSION = slice(18, 20)
_CHANGE_COUNTER = slice(24, 28)
_VERSION_VALID_FOR = slice(92, 96)
_HEADER_SIZE = 100

# Encrypted data has close to 8 bits of information per byte; text and databases have 4 to 6.
_LOOKED_AT = 4096
_BITS_OF_NOISE = 7.6

# In bytes.
_LEAST_PAGE_SIZE = 512

#: How long to look for damage in data from anywhere but the site itself.
LOOK_SECONDS = 0.3

# SQLite's messages about a schema that it cannot read, and about rows that only break a rule.
_SCHEMA = "malformed database schema"
_HARMLESS = ("NULL value in", "NUMERIC value in", "TEXT value in", "CHECK constraint failed")

_ROLLBACK_JOURNAL = b"\x01\x01"
_WRITE_AHEAD_LOG = b"\x02\x02"


async def prepare(
    path: Path, source: str, rest: Pause = give_way, *, seconds: float = LOOK_SECONDS
) -> list[str]:
    """Check a database file, and change it so that it can be opened here.

    Journals beside it are applied. If its header says that it is in WAL mode, SQLite wants shared
    memory, which a browser does not have; so the header is set to the other mode. A damaged file is
    replaced by a copy of what can be read.

    :param rest: awaited now and then, so that other work gets a turn.
    :param seconds: how long to look for damage outside the schema.

    Returns:
        Sentences about what was changed.

    Raises:
        SourceError: it is not a SQLite database, or nothing in it can be read.
    """
    _check_header(path, source)
    notes = _apply_journals(path, source)
    header = _use_rollback_journal(path)
    problem = _what_is_missing(header, path.stat().st_size, source) or _damage(
        path, source, seconds
    )
    if problem is not None:
        notes += await _salvaged(path, problem, rest)
    return notes


def prepare_large(path: Path, source: str) -> list[str]:
    """Check a database that is read block by block, and change it so that it can be opened here.

    Only its header and its schema are read. This is a step of engine/sqlite/faults.py.

    Returns:
        Sentences about what was changed.

    Raises:
        SourceError: it is not a SQLite database, or its schema cannot be read.
    """
    _check_header(path, source)
    notes = _apply_journals(path, source)
    header = _use_rollback_journal(path)
    problem = _what_is_missing(header, path.stat().st_size, source) or _damage(path, source, 0)
    if problem is not None:
        raise problem
    return notes


def _check_header(path: Path, source: str) -> None:
    with path.open("rb") as file:
        header = file.read(_HEADER_SIZE)
        if not header.startswith(MAGIC):
            file.seek(0)
            raise no_database(file.read(_LOOKED_AT), source, path.stat().st_size)
    if len(header) < _HEADER_SIZE:
        raise _incomplete(source, f"it has only {len(header):,} bytes")


def _use_rollback_journal(path: Path) -> bytes:
    """Have SQLite write without a write-ahead log; return the header as it was."""
    with path.open("r+b") as file:
        header = file.read(_HEADER_SIZE)
        if header[_WRITE_AND_READ_VERSION] == _WRITE_AHEAD_LOG:
            file.seek(_WRITE_AND_READ_VERSION.start)
            file.write(_ROLLBACK_JOURNAL)
    return header


def _apply_journals(path: Path, source: str) -> list[str]:
    is_in_wal_mode = journals.is_in_wal_mode(path)
    if any(journals.beside(path, suffix).exists() for suffix in ("-wal", "-journal")):
        try:
            return journals.apply(path, source)
        except DAMAGED as error:
            return [f"The journal beside {source} could not be used: {error}."]
    journals.discard(path)
    if not is_in_wal_mode:
        return []
    name = source.rpartition("/")[2]
    return [
        f"{name} was used with a write-ahead log. If there is a file {name}-wal beside it, the"
        " newest rows are only there: open both files together."
    ]


def no_database(head: bytes, source: str, size: int = 0) -> SourceError:
    """Return the error for a file that does not begin like a database, based on how it begins.

    :param size: of the file, in bytes; 0 if unknown.
    """
    if not head:
        return SourceError(
            f"{source} is not a SQLite database: it is empty.",
            hint="Check that the address is complete and that the file has content.",
            source=source,
        )
    wanted = "a SQLite database"
    try:
        refuse_other_formats(head, source, wanted)
        if b"\0" not in head:
            refuse_other_texts(head.decode("utf-8", "replace"), source, wanted)
    except SourceError as error:
        return error
    if _looks_encrypted(head) and size > 0 and size % _LEAST_PAGE_SIZE == 0:
        return SourceError(
            f"{source} is not a SQLite database, or it is an encrypted one: all of it looks random,"
            " and its size is that of whole pages.",
            hint="Nothing in it can be read without its password. With SQLCipher itself, make"
            " a copy without encryption (ATTACH 'plain.db' AS plain KEY ''; SELECT"
            " sqlcipher_export('plain');), and open that.",
            source=source,
        )
    if _looks_encrypted(head):
        return SourceError(
            f"{source} is not a SQLite database, or it is an encrypted one.",
            hint="An encrypted database, such as one made with SQLCipher, can't be opened here."
            " Save a copy of it without encryption, and open that.",
            source=source,
        )
    return SourceError(
        f"{source} is not a SQLite database.",
        hint="Its first bytes are not those of one. If it is a CSV file, open it with ?csv= instead"
        " of ?url=.",
        source=source,
    )


def _looks_encrypted(head: bytes) -> bool:
    """Return whether bytes look like noise, with all 256 values about equally frequent."""
    if len(head) < _LOOKED_AT // 4:
        return False
    counts = Counter(head)
    return -sum(n / len(head) * log2(n / len(head)) for n in counts.values()) > _BITS_OF_NOISE


def _size_of(header: bytes) -> int:
    """Return the size of a database in bytes from its header; 0 if that does not say."""
    # Old versions of SQLite did not update the page count; the two counters differ then.
    if header[_CHANGE_COUNTER] != header[_VERSION_VALID_FOR]:
        return 0
    return page_size_of(header) * int.from_bytes(header[PAGE_COUNT], "big")


def _what_is_missing(header: bytes, size: int, source: str) -> SourceError | None:
    expected = _size_of(header)
    if size >= expected:
        return None
    return _incomplete(source, f"it has {size:,} of {expected:,} bytes")


def _incomplete(source: str, detail: str) -> SourceError:
    return SourceError(
        f"{source} is only part of a SQLite database: {detail}.",
        hint="The download may have been cut off, or the file was copied while it was written to."
        " Try again, or get a fresh copy of the file.",
        source=source,
    )


def _damage(path: Path, source: str, seconds: float) -> SourceError | None:
    """Look for damage for at most this many seconds."""
    with closing(connect(path)) as connection:
        end = perf_counter() + seconds
        connection.set_progress_handler(lambda: perf_counter() > end, 10_000)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            said = "ok"
            if seconds > 0:
                [said] = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            # Interrupted, or something is missing here, which the tables' pages explain.
            said = "ok" if _SCHEMA not in str(error) else str(error)
        except DAMAGED as error:
            said = str(error)
    if said == "ok" or said.startswith(_HARMLESS):
        return None
    return SourceError(
        f"{source} is a damaged SQLite database: {said.splitlines()[-1]}.",
        hint="Get a fresh copy of the file. If it is yours, the sqlite3 program's .recover"
        " command may save its contents.",
        source=source,
    )


async def _salvaged(path: Path, problem: SourceError, rest: Pause) -> list[str]:
    """Replace a damaged database with a copy of what can be read.

    Raises:
        SourceError: nothing can be read.
    """
    copy = path.with_name(f"{path.name}.salvaged")
    try:
        found = await salvage(path, copy, rest)
        if not found.rows:
            raise problem
        copy.replace(path)
    except DAMAGED as error:
        raise problem from error
    finally:
        copy.unlink(missing_ok=True)
    sentences = [problem.message]
    if found.partial:
        parts = ", ".join(f"{name} ({rows:,} rows)" for name, rows in found.partial.items())
        sentences.append(f"These tables could be read in part: {parts}.")
    if found.lost:
        sentences.append(f"Nothing could be read of {', '.join(found.lost)}.")
    if not found.partial and not found.lost:
        sentences.append("All rows of its tables could be read.")
    else:
        sentences.append("What could be read is open here.")
    return [" ".join([*sentences, problem.hint])]
