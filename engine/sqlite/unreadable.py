"""Explains why SQLite cannot read a table, and what can be read instead.

A virtual table needs a module, and a full-text table a tokenizer, that may exist only in the
program that made the database; its data is often in ordinary tables beside it. sqlite_file.py looks
for damage to the file as a whole.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from engine.sqlite.connections import DAMAGED
from engine.sqlite.limits import time_limit
from engine.sqlite.names import quote, unquoted

_MODULE = re.compile(
    r"""^\s*create\s+virtual\s+table\b.*?\busing\s+("[^"]+"|'[^']+'|`[^`]+`|\[[^\]]+\]|\w+)""",
    re.I | re.S,
)
_CONTENT = re.compile(r"""\bcontent\s*=\s*("[^"]+"|'[^']+'|`[^`]+`|\[[^\]]+\]|\w+)""", re.I)

# Where modules and tokenizers come from, by how their names begin.
_ORIGINS = {
    "spellfix": "SQLite’s spellfix1 extension, as Plex uses it",
    "virtualspatial": "SpatiaLite",
    "virtualelementary": "SpatiaLite",
    "virtualknn": "SpatiaLite",
    "virtualnetwork": "SpatiaLite",
    "virtualrouting": "SpatiaLite",
    "virtual": "SpatiaLite or an extension like it",
    "icu": "SQLite’s ICU extension, as Android and Plex use it",
    "mm_cipher": "WeChat",
    "mmfts": "WeChat",
    "vec0": "the sqlite-vec extension",
    "vss": "the sqlite-vss extension",
    "csv": "SQLite’s csv extension",
    "zipfile": "SQLite’s zipfile extension",
}

# What SQLite says, and what that means.
_REASONS: list[tuple[re.Pattern[str], Callable[[str], str]]] = [
    (
        re.compile(r"no such module: (.+)"),
        lambda name: (
            f"It needs the virtual table module “{name}”{_from(name)}, which is not part"
            " of the SQLite that runs here."
        ),
    ),
    (
        re.compile(r"(?:unknown|no such) tokenizer: (.+)"),
        lambda name: (
            f"It is a full-text index that needs the tokenizer “{name}”{_from(name)},"
            " which is not part of the SQLite that runs here."
        ),
    ),
    (
        re.compile(r"no such collation sequence: (.+)"),
        lambda name: (
            f"It needs the collation “{name}”{_from(name)}, a sort order that is not part of the"
            " SQLite that runs here."
        ),
    ),
    (
        re.compile(r"no such function: (.+)"),
        lambda name: (
            f"It needs the SQL function “{name}”, which the program that made the database"
            " brings and SQLite does not have."
        ),
    ),
    (
        re.compile(r"vtable constructor failed: (.+)"),
        lambda name: f"The tables in which “{name}” keeps its data are missing or damaged.",
    ),
    (
        re.compile(
            r"no such table: (?:main\.)?(.+_(?:node|rowid|parent|content|segments|segdir))$"
        ),
        lambda name: f"Its data is kept in the table “{name}”, which is missing.",
    ),
    (
        re.compile(r"database disk image is malformed|malformed database schema"),
        lambda _: "The part of the file that holds it is damaged.",
    ),
    (
        re.compile(r"codec can't decode"),
        lambda _: (
            "A column of it has a name that is not valid UTF-8, so the columns can only be read"
            " by their names, not all at once."
        ),
    ),
]


@dataclass(frozen=True)
class Unreadable:
    """Why a table or view cannot be read."""

    #: A sentence or two.
    reason: str
    #: What SQLite said.
    error: str
    #: Tables that hold its data, or that it is an index of, and can be read.
    instead: list[str]
    #: The statement that makes it.
    sql: str


def reason_of(error: str) -> str | None:
    """Return in a sentence why SQLite gave an error; None if it is not about what is missing."""
    for pattern, sentence in _REASONS:
        if match := pattern.search(error):
            return sentence(match[1] if pattern.groups else "")
    return None


#: For the first row of a table or view.
_MOST_MILLISECONDS = 500

#: What SQLite and time_limit() say where a limit was reached.
_TOO_MUCH = re.compile(r"\binterrupted\b|too big|more than \d+ MB|more memory")


def unreadable(connection: sqlite3.Connection, table: str) -> Unreadable | None:
    """Return why a table or view cannot be read at all; None if it can."""
    find = "SELECT type, sql FROM main.sqlite_master WHERE name = ? AND type IN ('table', 'view')"
    row = connection.execute(find, [table]).fetchone()
    if row is None:
        return None
    try:
        with time_limit(connection, _MOST_MILLISECONDS):
            connection.execute(f"SELECT * FROM main.{quote(table)} LIMIT 1").fetchone()
    except DAMAGED as error:
        said = str(error)
        if _TOO_MUCH.search(said):
            return None  # it can be read, only not all at once
        reason = reason_of(said) or f"SQLite says: {said}."
        sql = row[1] if isinstance(row[1], str) else ""
        return Unreadable(reason, said, _instead(connection, table, sql), sql)
    return None


def unreadable_columns(connection: sqlite3.Connection, table: str) -> set[int]:
    """Return the numbers of a table's columns whose names are not UTF-8, so that no query can name
    them. They count from 0, as in pragma table_xinfo.
    """
    names = connection.execute("SELECT cid, CAST(name AS BLOB) FROM pragma_table_xinfo(?)", [table])
    return {number for number, name in names.fetchall() if not _is_text(name)}


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def unreadable_indexes(connection: sqlite3.Connection, table: str) -> dict[str, Unreadable]:
    """Return the full-text indexes of a table that cannot be read, by name."""
    find = "SELECT name, CAST(sql AS BLOB) FROM main.sqlite_master WHERE sql LIKE '%using fts%'"
    found = {}
    for name, sql in connection.execute(find).fetchall():
        if _content(sql.decode(errors="replace")) == table.lower():
            why = unreadable(connection, name)
            if why is not None:
                found[name] = why
    return found


def _content(sql: str) -> str:
    """Return the name, in lower case, of the table that a virtual table is an index of, or ""."""
    content = _CONTENT.search(sql) if _MODULE.match(sql) else None
    return unquoted(content[1]).lower() if content else ""


def _instead(connection: sqlite3.Connection, table: str, sql: str) -> list[str]:
    if not _MODULE.match(sql):
        return []
    rows = connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
    names = [row[0] for row in rows.fetchall()]
    wanted = _content(sql)
    found = [name for name in names if name.lower() == wanted]
    beside = [one for one in names if one.lower().startswith(f"{table.lower()}_")]
    return [one for one in found + sorted(beside) if _is_readable(connection, one)]


def _is_readable(connection: sqlite3.Connection, table: str) -> bool:
    try:
        connection.execute(f"SELECT * FROM main.{quote(table)} LIMIT 1").fetchone()
    except DAMAGED:
        return False
    return True


def _from(name: str) -> str:
    for start, origin in _ORIGINS.items():
        if name.lower().startswith(start):
            return f" of {origin}"
    return ""
