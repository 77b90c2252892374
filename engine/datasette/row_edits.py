"""Remembers what edits of rows have changed, so that each can be undone.

Temporary triggers note the old and the new values of every row while an edit is written
(https://www.sqlite.org/undoredo.html). Undoing an edit checks that its rows are still as it left
them, so it never undoes what somebody else did later. Edits are kept in memory, for as long as the
workspace runs.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from engine.errors import LiteError
from engine.sqlite.names import quote

#: Edits that are kept, and the most rows and bytes of text and BLOBs that one may have.
MOST_EDITS = 20
MOST_ROWS = 5_000
MOST_BYTES = 8_000_000

# Seconds within which insertions into one table count as one edit: a long list of rows comes in
# several requests.
_TOGETHER = 10.0

# SQLite limits how deep an expression is.
_MOST_COLUMNS = 400

_NOTES = '"lite row edits"'
_TRIGGERS = ("inserting", "inserted", "updated", "deleted")


@dataclass(frozen=True)
class Shape:
    """What has to be known of a table to note its rows."""

    table: str
    columns: list[str]  # those that hold values of their own
    rowid: str | None  # a name of the rowid, unless there is none or a column is the same
    key: list[str]  # SQL names of what identifies a row
    clashes: list[str]  # SQL conditions that a row meets if `new` would replace it

    @classmethod
    def of(cls, conn: sqlite3.Connection, table: str) -> Shape | None:
        """Return the shape of a table; None for what is no ordinary table."""
        where = "where schema = 'main' and name = ? collate nocase"
        found = conn.execute(f"select type, wr from pragma_table_list {where}", [table]).fetchone()
        if found is None or found[0] != "table":
            return None
        info = conn.execute(f"pragma main.table_xinfo({quote(table)})").fetchall()
        columns = [name for _, name, _, _, _, _, hidden in info if hidden == 0]
        if len(columns) > _MOST_COLUMNS:
            return None
        key = [(name, kind) for _, name, kind, _, _, part, _ in info if part]
        is_alias = len(key) == 1 and key[0][1].upper() == "INTEGER"
        rowid = None
        if not found[1] and not is_alias:
            taken = {name.lower() for _, name, *_ in info}
            free = [name for name in ("rowid", "_rowid_", "oid") if name not in taken]
            if not free:
                return None
            rowid = free[0]
        clashes = [f"{quote(key[0][0])} = new.{quote(key[0][0])}"] if is_alias else []
        for _, index, is_unique, _, is_partial in conn.execute(
            f"pragma main.index_list({quote(table)})"
        ).fetchall():
            # A condition that no index serves would read the whole table for each insertion.
            if not is_unique or is_partial:
                continue
            parts = conn.execute(f"pragma main.index_xinfo({quote(index)})").fetchall()
            same = []
            for _, _, name, _, collation, in_key in parts:
                if in_key and name is None:
                    return None  # an expression: what it replaces cannot be told
                if in_key:
                    own, new = quote(name), f"new.{quote(name)}"
                    same.append(f"{own} = {new} collate {quote(collation)}")
            clashes.append(" and ".join(same))
        names = [rowid] if rowid else [quote(name) for name, _ in key]
        return cls(table, columns, rowid, names, clashes)

    @property
    def values(self) -> list[str]:
        """SQL names of all that is noted of a row."""
        return [*([self.rowid] if self.rowid else []), *map(quote, self.columns)]


@dataclass(frozen=True)
class Change:
    """One row, before and after; None: it was not there."""

    old: tuple[Any, ...] | None
    new: tuple[Any, ...] | None


@dataclass
class Edit:
    """What one edit has changed."""

    database: str
    shape: Shape
    row: str | None  # the key of the only row, as people see it
    changes: list[Change]
    at: float = field(default_factory=monotonic)
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))

    @property
    def kind(self) -> str:
        """What happened to its rows: "inserted", "updated", "deleted" or "changed"."""
        if all(change.old is None for change in self.changes):
            return "inserted"
        if all(change.new is None for change in self.changes):
            return "deleted"
        return "updated" if all(one.old and one.new for one in self.changes) else "changed"

    @property
    def words(self) -> str:
        """What was done, as a sentence."""
        kind, table, count = self.kind, f"“{self.shape.table}”", len(self.changes)
        verb = {"inserted": "added to", "deleted": "deleted from"}.get(kind, "changed in")
        if count > 1:
            return f"{count:,} rows were {verb} {table}."
        if kind == "inserted" or self.row is None:
            return f"A row was {verb} {table}."
        return f"Row {self.row} was {verb} {table}."

    def undo(self, conn: sqlite3.Connection) -> None:
        """Change the rows back.

        Raises:
            LiteError: one of them was changed since, or a trigger changes it.
            sqlite3.Error: the table was changed since.
        """
        shape = self.shape
        table = f"main.{quote(shape.table)}"
        names = shape.values
        same = " and ".join(f"{name} is ?" for name in names)
        marks = ", ".join("?" * len(names))
        for change in reversed(self.changes):
            if change.old is None:
                cursor = conn.execute(f"delete from {table} where {same}", change.new or ())
            elif change.new is None:
                insert = f"insert into {table} ({', '.join(names)}) values ({marks})"
                cursor = conn.execute(insert, change.old)
            else:
                values = ", ".join(f"{name} = ?" for name in names)
                update = f"update {table} set {values} where {same}"
                cursor = conn.execute(update, [*change.old, *change.new])
            if cursor.rowcount != 1:
                raise LiteError(
                    f"This edit of “{shape.table}” cannot be undone.",
                    hint="The row was changed again, or deleted, since.",
                )
        self._settle(conn)

    def _settle(self, conn: sqlite3.Connection) -> None:
        """Take back what the table's own triggers have changed while its rows were changed back."""
        shape = self.shape
        table, names = f"main.{quote(shape.table)}", shape.values
        places = [names.index(name) for name in shape.key]
        where = " and ".join(f"{name} is ?" for name in shape.key)
        select = f"select {', '.join(names)} from {table} where {where}"
        before: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        for change in reversed(self.changes):
            if change.new is not None:
                before.pop(tuple(change.new[place] for place in places), None)
            if change.old is not None:
                before[tuple(change.old[place] for place in places)] = change.old
        for is_last in (False, True):
            for key, wanted in before.items():
                found = conn.execute(select, key).fetchone()
                if found is not None and tuple(found) == wanted:
                    continue
                written = 0
                if found is not None and not is_last:
                    # Triggers on the columns that are right already do not run again.
                    wrong = [at for at in range(len(names)) if found[at] != wanted[at]]
                    values = ", ".join(f"{names[at]} = ?" for at in wrong)
                    update = f"update {table} set {values} where {where}"
                    written = conn.execute(update, [*(wanted[at] for at in wrong), *key]).rowcount
                if written != 1:
                    raise LiteError(
                        f"This edit of “{shape.table}” cannot be undone.",
                        hint="A trigger of the table changes the row again.",
                    )


class RowEdits:
    """The last edits of an instance."""

    def __init__(self) -> None:
        self._edits: list[Edit] = []

    @property
    def last(self) -> Edit | None:
        """The last edit that was not undone."""
        return self._edits[-1] if self._edits else None

    def find(self, id: str) -> Edit | None:
        """Return the edit with this id."""
        return next((edit for edit in self._edits if edit.id == id), None)

    def forget(self, edit: Edit) -> None:
        """Forget an edit, since it was undone or cannot be."""
        self._edits = [one for one in self._edits if one is not edit]

    def add(self, edit: Edit) -> None:
        """Remember an edit that was written."""
        last = self.last
        if (
            last is not None
            and (last.database, last.shape) == (edit.database, edit.shape)
            and last.kind == edit.kind == "inserted"
            and edit.at - last.at < _TOGETHER
            and not _is_too_large([*last.changes, *edit.changes])
        ):
            last.changes += edit.changes
            last.at = edit.at
            return
        self._edits = [*self._edits, edit][-MOST_EDITS:]


@contextmanager
def noted(conn: sqlite3.Connection, table: str) -> Iterator[tuple[Shape | None, list[Change]]]:
    """Note what the statements within change in a table; the list is filled at the end.

    It stays empty if the changes could not be undone.
    """
    changes: list[Change] = []
    try:
        shape = Shape.of(conn, table)
        if shape is not None:
            _watch(conn, shape)
    except sqlite3.Error:  # it has too many columns, say
        shape = None
        _stop(conn)
    try:
        yield shape, changes
        if shape is not None:
            changes += _seen(conn, shape)
    finally:
        if shape is not None:
            _stop(conn)


def _watch(conn: sqlite3.Connection, shape: Shape) -> None:
    _stop(conn)
    names = shape.values
    width = len(names)
    table = f"main.{quote(shape.table)}"
    old, new = ([f"{which}.{name}" for name in names] for which in ("old", "new"))
    nothing = ["null"] * width
    places = ", ".join(f"{which}{at}" for which in "on" for at in range(width))
    conn.execute(f"create temp table {_NOTES} (kind, {places})")
    events = [
        ("inserted", "after insert", "1", [*nothing, *new]),
        ("updated", "after update", "1", [*old, *new]),
        ("deleted", "before delete", "1", [*old, *nothing]),
    ]
    if shape.clashes:
        # INSERT OR REPLACE deletes such a row. What it deletes because of a partial index only the
        # trigger for deletions notes, which fires since sqlite-utils turns recursive_triggers on.
        is_there = f"exists (select 1 from {table} where ({') or ('.join(shape.clashes)}))"
        events.insert(0, ("inserting", "before insert", is_there, [*nothing, *new]))
    for kind, event, condition, values in events:
        # A note holds both versions of a row, so it could exceed SQLite's limit although the row
        # does not, and the edit would fail.
        size = " + ".join(
            f"ifnull(length(cast({one} as blob)), 0)" for one in values if one != "null"
        )
        conn.execute(
            f'create temp trigger "lite {kind}" {event} on {table} when {condition} begin'
            f" insert into {_NOTES} select '{kind}', {', '.join(values)}"
            f" where {size} <= {MOST_BYTES};"
            f" insert into {_NOTES} (kind) select 'large' where {size} > {MOST_BYTES}; end"
        )


def _stop(conn: sqlite3.Connection) -> None:
    for kind in _TRIGGERS:
        conn.execute(f'drop trigger if exists temp."lite {kind}"')
    conn.execute(f"drop table if exists temp.{_NOTES}")


def _seen(conn: sqlite3.Connection, shape: Shape) -> list[Change]:
    if Shape.of(conn, shape.table) != shape:
        return []  # a column was added
    # Datasette's text_factory replaces what is not UTF-8, and undoing would write the replacement.
    factory, conn.text_factory = conn.text_factory, str
    try:
        rows = conn.execute(
            f"select * from temp.{_NOTES} order by rowid limit ?", [2 * MOST_ROWS + 1]
        ).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        conn.text_factory = factory
    if len(rows) > 2 * MOST_ROWS:
        return []
    changes: list[Change] = []
    width = len(shape.values)
    in_the_way: tuple[Any, ...] | None = None
    for kind, *values in map(tuple, rows):
        if kind == "large":
            return []
        old, new = tuple(values[:width]), tuple(values[width:])
        # The rowid is not known before an insertion.
        own = new[1:] if shape.rowid else new
        if kind == "inserting":
            in_the_way = own
            continue
        if kind == "inserted" and own == in_the_way:
            return []  # it has replaced a row
        change = Change(None if kind == "inserted" else old, None if kind == "deleted" else new)
        if changes and change.old is not None and changes[-1].new == change.old:
            # A trigger of the table, or the second half of an upsert, changed the row further.
            change = Change(changes.pop().old, change.new)
        if change.old is not None or change.new is not None:
            changes.append(change)
    return [] if _is_too_large(changes) else changes


def _is_too_large(changes: Sequence[Change]) -> bool:
    if len(changes) > MOST_ROWS:
        return True
    size = sum(
        len(value)
        for change in changes
        for values in (change.old, change.new)
        for value in values or ()
        if isinstance(value, (str, bytes))
    )
    return size > MOST_BYTES
