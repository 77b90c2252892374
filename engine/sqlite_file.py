"""Looks at a SQLite file before Datasette opens it, to say what is wrong with it in a sentence.

Responsible for the file as a whole: is it one, is it complete, can it be opened here. The format
is documented at https://www.sqlite.org/fileformat2.html
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from math import log2
from pathlib import Path

from engine.errors import SourceError
from engine.file_kinds import refuse_other_formats, refuse_other_texts

MAGIC = b"SQLite format 3\0"

# Offsets in the database header.
_PAGE_SIZE = slice(16, 18)
_WRITE_AND_READ_VERSION = slice(18, 20)
_CHANGE_COUNTER = slice(24, 28)
_PAGE_COUNT = slice(28, 32)
_VERSION_VALID_FOR = slice(92, 96)
_HEADER_SIZE = 100

# Encrypted data has close to 8 bits of information a byte; text and databases have 4 to 6.
_LOOKED_AT = 4096
_BITS_OF_NOISE = 7.6

_ROLLBACK_JOURNAL = b"\x01\x01"
_WRITE_AHEAD_LOG = b"\x02\x02"


def prepare(path: Path, source: str) -> None:
    """Check a database file, and make it one that can be opened here.

    A file in WAL mode says so in its header, and SQLite then wants shared memory, which a browser
    does not have. The file alone is a complete database, so its header is set to the other mode.

    Raises:
        SourceError: it is not a SQLite database, or not all of one.
    """
    with path.open("r+b") as file:
        header = file.read(_HEADER_SIZE)
        if not header.startswith(MAGIC):
            file.seek(0)
            raise no_database(file.read(_LOOKED_AT), source)
        _check_size(header, path.stat().st_size, source)
        if header[_WRITE_AND_READ_VERSION] == _WRITE_AHEAD_LOG:
            file.seek(_WRITE_AND_READ_VERSION.start)
            file.write(_ROLLBACK_JOURNAL)
    _check_schema(path, source)


def no_database(head: bytes, source: str) -> SourceError:
    """Return the error of a file that does not begin like a database, by how it does begin."""
    if not head:
        return SourceError(
            f"{source} is not a SQLite database: it is empty.",
            hint="Check that the address is complete and that the file has been filled.",
            source=source,
        )
    wanted = "a SQLite database"
    try:
        refuse_other_formats(head, source, wanted)
        if b"\0" not in head:
            refuse_other_texts(head.decode("utf-8", "replace"), source, wanted)
    except SourceError as error:
        return error
    if _looks_encrypted(head):
        return SourceError(
            f"{source} is not a SQLite database, or it is an encrypted one.",
            hint="An encrypted database, as of SQLCipher, can't be opened here. Save a copy of it"
            " without encryption, and open that.",
            source=source,
        )
    return SourceError(
        f"{source} is not a SQLite database.",
        hint="Its first bytes are not those of one. If it is a CSV file, open it with ?csv= instead"
        " of ?url=.",
        source=source,
    )


def _looks_encrypted(head: bytes) -> bool:
    """Tell whether bytes are like noise, each of the 256 about as often as the others."""
    if len(head) < _LOOKED_AT // 4:
        return False
    counts = Counter(head)
    return -sum(n / len(head) * log2(n / len(head)) for n in counts.values()) > _BITS_OF_NOISE


def _check_size(header: bytes, size: int, source: str) -> None:
    if len(header) < _HEADER_SIZE:
        raise _incomplete(source, f"it has only {size:,} bytes")
    # 1 stands for 65,536, which does not fit the field.
    page_size = int.from_bytes(header[_PAGE_SIZE], "big")
    page_size = 65536 if page_size == 1 else page_size
    # Old versions of SQLite left the page count alone; the two counters differ then.
    if header[_CHANGE_COUNTER] == header[_VERSION_VALID_FOR]:
        expected = page_size * int.from_bytes(header[_PAGE_COUNT], "big")
        if size < expected:
            raise _incomplete(source, f"it has {size:,} of {expected:,} bytes")


def _incomplete(source: str, detail: str) -> SourceError:
    return SourceError(
        f"{source} is only part of a SQLite database: {detail}.",
        hint="The download may have been cut off, or the file was copied while it was written to."
        " Try again, or get a fresh copy of the file.",
        source=source,
    )


def _check_schema(path: Path, source: str) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("select count(*) from sqlite_master").fetchone()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # SQLite quotes what it cannot read, which may not even be text.
        what = "its schema is not text" if isinstance(error, UnicodeDecodeError) else error
        raise SourceError(
            f"{source} is a damaged SQLite database: {what}.",
            hint="Get a fresh copy of the file. If it is yours, the sqlite3 program's .recover"
            " command may save its contents.",
            source=source,
        ) from error
    finally:
        connection.close()
