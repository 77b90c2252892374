"""Renames and drops tables of a SQLite database together with what belongs to them.

SQLite itself takes care of indexes, triggers, views and foreign keys. It does not know that the
table of a full-text index names the table it is about in its own definition, so that is done here.
Each function runs within a transaction of the caller's.
"""

from __future__ import annotations

import re
import sqlite3

from engine.errors import LiteError
from engine.sqlite.names import quote, unquoted

_FULL_TEXT = re.compile(r"\s*create\s+virtual\s+table\b.*?\busing\s+fts[345]\b", re.I | re.S)

# The argument that names the table whose text is indexed.
_CONTENT = re.compile(
    r"""\bcontent\s*=\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|\[[^\]]*\]|`(?:[^`]|``)*`|\w+)""", re.I
)


def drop_table(connection: sqlite3.Connection, table: str) -> None:
    """Drop a table, or a view, with the full-text indexes of it."""
    for index, _ in _full_text_indexes(connection, table):
        connection.execute(f"drop table {quote(index)}")
    find = "select type from sqlite_master where name = ? and type in ('table', 'view')"
    row = connection.execute(find, [table]).fetchone()
    if row is not None:
        connection.execute(f"drop {row[0]} {quote(table)}")


def rename_table(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Rename a table; what refers to it goes on doing so.

    Raises:
        LiteError: SQLite refuses to.
    """
    if old != new and _fold(old) == _fold(new):
        # To SQLite these are the same name, which is taken.
        between = f"{new}_{len(_names(connection))}_renamed"
        rename_table(connection, old, between)
        rename_table(connection, between, new)
        return
    indexes = _full_text_indexes(connection, old)
    try:
        connection.execute(f"alter table {quote(old)} rename to {quote(new)}")
    except sqlite3.OperationalError as error:
        raise LiteError(
            f"SQLite cannot rename {old}: {error}.",
            hint="The usual cause is a view or trigger that refers to something missing; drop"
            " that first.",
        ) from error
    if indexes:
        _tell_indexes(connection, indexes, new)
        for index, _ in indexes:
            if _fold(index) == _fold(f"{old}_fts"):
                _rename_index(connection, index, f"{new}_fts", (old, new))


def _full_text_indexes(connection: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    """Return the names and definitions of the full-text indexes that have a table's text."""
    rows = connection.execute("select name, sql from sqlite_master where type = 'table'")
    return [(name, sql) for name, sql in rows.fetchall() if _is_about(sql or "", table)]


def _is_about(sql: str, table: str) -> bool:
    content = _CONTENT.search(sql) if _FULL_TEXT.match(sql) else None
    return content is not None and _fold(unquoted(content[1])) == _fold(table)


def _tell_indexes(
    connection: sqlite3.Connection, indexes: list[tuple[str, str]], table: str
) -> None:
    """Write a table's new name into the definitions of its indexes: the rows in them stay right,
    and rebuilding the indexes would take long."""
    connection.execute("pragma writable_schema = on")
    try:
        for index, sql in indexes:
            changed = _CONTENT.sub(lambda _: f"content={quote(table)}", sql, count=1)
            where = "update sqlite_master set sql = ? where type = 'table' and name = ?"
            connection.execute(where, [changed, index])
    finally:
        # It also has this connection read the schema again.
        connection.execute("pragma writable_schema = reset")


def _rename_index(
    connection: sqlite3.Connection, old: str, new: str, table: tuple[str, str]
) -> None:
    """Rename a full-text index, with the triggers that keep it up to date.

    Else a new table with the old name could not have such an index.
    """
    if _fold(new) in _names(connection):
        return
    find = "select name, sql from sqlite_master where type = 'trigger' and tbl_name = ?"
    mentions = _written(old)
    triggers = [
        (trigger, sql)
        for trigger, sql in connection.execute(find, [table[1]]).fetchall()
        if mentions.search(sql)
    ]
    for trigger, _ in triggers:
        connection.execute(f"drop trigger {quote(trigger)}")
    connection.execute(f"alter table {quote(old)} rename to {quote(new)}")
    for trigger, sql in triggers:
        wanted = re.sub(f"^{re.escape(table[0])}_", lambda _: f"{table[1]}_", trigger)
        name = trigger if _fold(wanted) in _names(connection) else wanted
        sql = _replaced(_written(trigger), sql, name, count=1)
        connection.execute(_replaced(mentions, sql, new))


def _replaced(pattern: re.Pattern[str], sql: str, name: str, count: int = 0) -> str:
    return pattern.sub(lambda _: quote(name), sql, count)


def _written(name: str) -> re.Pattern[str]:
    """Return a pattern for a name as SQL may write it."""
    escaped = re.escape(name)
    bare = rf"(?<![\w$]){escaped}(?![\w$])"
    return re.compile(rf'\[{escaped}\]|"{escaped}"|`{escaped}`|{bare}', re.I)


def _names(connection: sqlite3.Connection) -> set[str]:
    """Return all names that are taken, folded."""
    rows = connection.execute("select name from sqlite_master").fetchall()
    return {_fold(name) for (name,) in rows}


def _fold(name: str) -> str:
    # What SQLite does not fold, letters beyond ASCII, is distinct enough folded.
    return name.lower()
