"""Collects rows for a table while its columns and their types are still being learnt.

JSON, Excel and Parquet rows have values of all types, and columns may turn up late. The rows go
into a temporary table whose columns have no type, so that no value changes. Once all rows are
seen, the real table is made and SQLite copies them over, a slice at a time.

The types are those of ``sqlite-utils insert``, had it looked at all rows: integers and booleans
together are INTEGER, with floats REAL, bytes alone or with text BLOB, only nulls TEXT, and any
other mixture TEXT. A column of floats and integers is NUMERIC if a float can't hold an integer
exactly: SQLite then keeps both. Lists and objects become JSON text. Integers beyond 64 bits become
text; halves of surrogate pairs, which are not characters, become U+FFFD. NaN becomes NULL, since
SQLite has none, and JSON neither; a note counts that, and infinite numbers.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, isnan
from typing import Any

from engine.errors import SourceError
from engine.importing import float_text
from engine.importing.column_types import EXACT, ColumnType
from engine.importing.fitting import Fits, insert_fitting
from engine.importing.imported import Chosen, Imported, Rejected, create_table, names_of
from engine.importing.options import ImportOptions
from engine.importing.rounding import Rounding
from engine.importing.slices import slices
from engine.pace import Breathe
from engine.sqlite.names import quote

_NUMBERS = frozenset({int, float, bool})
_NOTHING = type(None)

# Python writes numbers into JSON that JSON does not have.
_NO_JSON = re.compile(r'"(?:[^"\\]|\\.)*+"|(NaN)|(Infinity)')
_WANTED = {"text": ColumnType.TEXT, "integer": ColumnType.INTEGER, "float": ColumnType.FLOAT}


class LooseTable:
    """One table in the making.

    :param conn: where to make it. It holds the temporary table meanwhile.
    :param declared: types of columns known beforehand: "text", "integer", "float", "blob"
        or "json".
    :param source: what to call the source in errors.
    """

    def __init__(
        self, conn: sqlite3.Connection, source: str, declared: Mapping[str, str] | None = None
    ) -> None:
        self._conn = conn
        self._source = source
        self._declared = declared or {}
        self._places: dict[str, int] = {}
        self._types: list[set[type]] = []
        self._limit = conn.getlimit(sqlite3.SQLITE_LIMIT_COLUMN)
        self.rows = 0
        self._not_numbers = self._infinite = 0
        conn.execute("DROP TABLE IF EXISTS temp.loose")
        conn.execute("CREATE TEMP TABLE loose (c0)")

    @property
    def columns(self) -> list[str]:
        """The columns seen so far, with their names in the source."""
        return list(self._places)

    def add_objects(self, objects: Sequence[Mapping[str, Any]]) -> None:
        """Add rows with named values; values a row lacks are NULL."""
        for one in objects:
            if not one.keys() <= self._places.keys():
                self.widen(one)
        self._insert([tuple(map(one.get, self._places)) for one in objects])

    def add_lists(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows with values in the order of the columns, and no more values than columns."""
        width = len(self._places)
        self._insert([(*row, *[None] * (width - len(row))) for row in rows])

    def widen(self, columns: Iterable[str]) -> None:
        """Make room for further columns."""
        for name in columns:
            if name in self._places:
                continue
            place = len(self._places)
            if place >= self._limit:
                raise SourceError(
                    f"{self._source} has more than {self._limit:,} columns; a SQLite table can"
                    " have no more.",
                    source=self._source,
                    hint="If it is JSON, the names of its values may be data themselves.",
                )
            if place > 0:
                self._conn.execute(f"ALTER TABLE temp.loose ADD COLUMN c{place}")
            self._places[name] = place
            self._types.append(set())

    def _insert(self, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        if not self._types:
            rows = [(None,)] * len(rows)  # objects without members; c0 is there already
        statement = f"INSERT INTO temp.loose VALUES ({', '.join('?' * len(rows[0]))})"
        plain = True
        for types, column in zip(self._types, zip(*rows, strict=True), strict=False):
            found = set(map(type, column))
            types |= found
            plain = plain and not found & {list, dict}
            if float in found:
                self._look_at_floats(column)
        counted = self._not_numbers, self._infinite
        try:
            self._conn.executemany(statement, rows if plain else map(self._storable_row, rows))
        except (OverflowError, UnicodeEncodeError, sqlite3.Error):
            # A rare value that SQLite can't hold. The rows before it are in already.
            self._conn.execute(f"DELETE FROM temp.loose WHERE rowid > {self.rows}")
            self._not_numbers, self._infinite = counted
            safe = [tuple(map(_safe, self._storable_row(row))) for row in rows]
            for types, column in zip(self._types, zip(*safe, strict=True), strict=True):
                types |= set(map(type, column))
            self._conn.executemany(statement, safe)
        self.rows += len(rows)

    def _look_at_floats(self, column: Sequence[Any]) -> None:
        """Count the values of a column that are not finite."""
        try:
            # By far the fastest way to see that there are none.
            if isfinite(sum(filter(None, column))):
                return
        except (TypeError, OverflowError):
            pass  # other values are among them
        odd = [value for value in column if type(value) is float and not isfinite(value)]
        not_numbers = sum(map(isnan, odd))
        self._not_numbers += not_numbers
        self._infinite += len(odd) - not_numbers

    def _storable_row(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(map(self._storable, row))

    def _storable(self, value: Any) -> Any:
        if not isinstance(value, (list, dict)):
            return value
        text = json.dumps(value, ensure_ascii=False)
        return _NO_JSON.sub(self._in_json, text) if "NaN" in text or "Infinity" in text else text

    def _in_json(self, found: re.Match[str]) -> str:
        self._not_numbers += found[1] is not None
        self._infinite += found[2] is not None
        # Too large for any reader, and so infinite.
        return found[0] if found.lastindex is None else "null" if found[1] else "9e999"

    def _notes(self) -> list[str]:
        notes = []
        if self._not_numbers:
            what = "1 value was" if self._not_numbers == 1 else f"{self._not_numbers:,} values were"
            notes.append(f"{what} read as NULL: NaN, not a number.")
        if self._infinite:
            verb = "is" if self._infinite == 1 else "are"
            notes.append(
                f"{self._infinite:,} of the values {verb} infinite, or too large for a number."
            )
        return notes

    async def finish(
        self,
        table: str,
        options: ImportOptions,
        breathe: Breathe,
        *,
        primary_key: Sequence[str] = (),
        drop_empty: bool = False,
        rejected: Rejected | None = None,
    ) -> Imported:
        """Make the table, and return a description of it.

        :param primary_key: used unless the options name another.
        :param drop_empty: leave out columns that have neither a name nor a value.
        :param rejected: keeps rows that do not fit; by default a new one.
        """
        notes = self._notes()
        sources = list(self._places)
        rename = options.rename
        names = names_of([_text(name) for name in sources], rename)
        chosen = Chosen(names, notes)
        dropped = set(chosen.find(options.drop, "to leave out"))
        if drop_empty:
            empty = [not name.strip() for name in sources]
            dropped |= {
                name
                for name, bare, types in zip(names, empty, self._types, strict=True)
                if bare and types <= {_NOTHING}
            }
        keys = chosen.primary_key(options, dropped) or [
            name for name in (rename.get(name, name) for name in primary_key) if name not in dropped
        ]
        chosen.searched(options, dropped)
        kept = [place for place, name in enumerate(names) if name not in dropped]
        if not kept:
            raise SourceError(
                f"Nothing of {self._source} would remain: it has no columns, or every one is"
                " left out.",
                source=self._source,
                hint="Keep at least one column, or check that the file contains what you expect.",
            )
        kinds = [
            _declaration(types, self._declared.get(name))
            for types, name in zip(self._types, sources, strict=True)
        ]
        for place in await self._inexact(kinds, breathe):
            kinds[place] = "NUMERIC"
        forced: list[tuple[int, ColumnType]] = []
        for name in chosen.find(options.types, ""):
            place = names.index(name)
            wanted = _WANTED.get(options.types.get(name, ""))
            if wanted is None:
                continue
            if wanted is not ColumnType.TEXT and wanted.declaration != kinds[place]:
                forced.append((place, wanted))
            kinds[place] = wanted.declaration

        create = create_table(table, [(names[i], kinds[i]) for i in kept], keys)
        self._conn.execute(create)
        side = rejected or Rejected(self._conn, table)
        side.columns = names
        places = [names.index(name) for name in keys]
        fits = Fits(names, places, forced, blank_is_null=False)
        floats = [place for place, wanted in forced if wanted is ColumnType.FLOAT and place in kept]
        rounding = Rounding({place: names[place] for place in floats})
        float_text.install(self._conn)
        values = [
            float_text.all_digits(f"c{place}")
            if kinds[place] == "TEXT" and float in types
            else f"c{place}"
            for place, types in enumerate(self._types)
        ]
        rows = await self._copy(table, kept, values, fits, rounding, side, breathe)
        notes += rounding.notes()
        self._conn.execute("DROP TABLE temp.loose")
        return Imported(
            columns=[names[i] for i in kept],
            text_columns=[names[i] for i in kept if kinds[i] == "TEXT"],
            rows=rows,
            rejected=side.count,
            notes=notes,
        )

    async def _inexact(self, kinds: Sequence[str], breathe: Breathe) -> list[int]:
        """Return the float columns with an integer that a float would change."""
        places = [i for i, kind in enumerate(kinds) if kind == "REAL" and int in self._types[i]]
        found: set[int] = set()
        for low, high in slices(self._conn, "temp.loose") if places else ():
            looked_for = [place for place in places if place not in found]
            tests = ", ".join(
                f"max(typeof(c{i}) = 'integer' AND (c{i} > {EXACT} OR c{i} < -{EXACT}))"
                for i in looked_for
            )
            query = f"SELECT {tests} FROM temp.loose WHERE rowid BETWEEN ? AND ?"
            row = self._conn.execute(query, (low, high)).fetchone()
            found |= {place for place, is_wide in zip(looked_for, row, strict=True) if is_wide}
            if len(found) == len(places):
                break
            await breathe(0)
        return sorted(found)

    async def _copy(
        self,
        table: str,
        kept: list[int],
        values: list[str],
        fits: Fits,
        rounding: Rounding,
        rejected: Rejected,
        breathe: Breathe,
    ) -> int:
        """Copy the rows into the real table, and return how many fitted.

        :param values: SQL for the value of each column.
        """
        conn, rows = self._conn, 0
        columns = ", ".join(values[place] for place in kept)
        where = "FROM temp.loose WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
        insert = f"INSERT INTO main.{quote(table)}"
        insert_one = f"{insert} VALUES ({', '.join('?' * len(kept))})"
        for low, high in slices(conn, "temp.loose"):
            if not fits:
                cursor = conn.execute(f"{insert} SELECT {columns} {where}", (low, high))
                rows += cursor.rowcount
            else:
                select = f"SELECT {', '.join(values)} {where}"
                found = conn.execute(select, (low, high)).fetchall()
                whole = dict(enumerate(found, low if low > 0 else 1))
                good = []
                for number, row in whole.items():
                    reason = fits.misfit(row)
                    if reason is None:
                        rounding.see([row], [None])
                        good.append((number, [row[place] for place in kept]))
                    else:
                        rejected.add(number, reason, row)

                def reject(
                    number: int, reason: str, _: Sequence[Any], whole: dict[int, Any] = whole
                ) -> None:
                    rejected.add(number, reason, whole[number])

                rows += insert_fitting(conn, insert_one, good, reject)
            await breathe(high)
        return rows


def _declaration(types: set[type], declared: str | None) -> str:
    seen = types - {_NOTHING}
    if declared == "float" and seen <= _NUMBERS:
        return "REAL"
    if declared == "integer" and not seen:
        return "INTEGER"
    if declared == "blob" and not seen:
        return "BLOB"
    if not seen:
        return "TEXT"
    if seen <= {int, bool}:
        return "INTEGER"
    if seen <= _NUMBERS:
        return "REAL"
    if seen == {bytes} or seen == {bytes, str}:
        return "BLOB"
    return "TEXT"


def _safe(value: Any) -> Any:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    """Return a text without halves of surrogate pairs, which JSON can contain and SQLite can't."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
