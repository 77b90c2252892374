"""Previews what a file would become, from its head, without importing anything.

It makes the Preview of shell/shared/protocol.js, which the import dialog shows. It looks at a few
hundred rows, so types and primary keys are a first guess; an import looks at all rows.
"""

from __future__ import annotations

import base64
import io
import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from engine.errors import SourceError
from engine.folder import Folder
from engine.importing.column_types import ColumnType, ColumnTypes, type_of
from engine.importing.confidence import encoding_in_words, guesses
from engine.importing.csv_dialect import Dialect, Encoding, decode_head, dialect_of_head
from engine.importing.csv_import import column_limit, refuse_too_many
from engine.importing.csv_notes import notes_on
from engine.importing.csv_records import CsvRecords, Misquoted
from engine.importing.csv_tokenizer import Oddities
from engine.importing.csv_values import NONE, Conversion
from engine.importing.excel_import import Sheet, Workbook, import_sheet
from engine.importing.file_kinds import (
    IN_WORDS,
    Kind,
    empty_source,
    kind_of,
    refuse_other_formats,
    refuse_other_texts,
)
from engine.importing.json_head import closed
from engine.importing.json_import import head_text, is_lines, is_sequence, parse
from engine.importing.json_shapes import Shape, row_of_any, shape_of
from engine.importing.json_values import RECORD_SEPARATOR, JsonParser
from engine.importing.landing import tables_of
from engine.importing.loose_table import LooseTable
from engine.importing.options import ImportOptions, Request
from engine.importing.preview_fits import fits_of, misfits_of
from engine.importing.preview_lines import lines_of
from engine.importing.rounding import Rounding
from engine.importing.sql_import import read_script
from engine.importing.sql_script import run_script
from engine.importing.sqlite_file import MAGIC, no_database
from engine.pace import Pace
from engine.sqlite.names import (
    column_names,
    find_name,
    new_database_name,
    new_table_name,
    quote,
)

_SHOWN_ROWS = 8
_SHOWN_TABLES = 20
_SEEN_ROWS = 1000
_MOST_BYTES = 256 * 1024
_MOST_TEXT = 200
_SCRIPT_SECONDS = 1.0  # for each statement of a script
_TYPES = {"INTEGER": "integer", "REAL": "float", "NUMERIC": "float", "BLOB": "blob"}
_DELIMITERS = {
    ",": "comma-separated",
    ";": "semicolon-separated",
    "\t": "tab-separated",
    "|": "separated by |",
    "\uffff": "one column",
}


class Previews:
    """Looks at files for an instance, whose names may be taken already."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._database = folder.database_for_tables()

    async def of_file(self, request: Request, path: Path, *, complete: bool) -> dict[str, Any]:
        """Return the Preview of a file.

        :param complete: whether all of it is there, not only its head.

        Raises:
            SourceError: it is not data.
        """
        self._database = self._folder.database_for_tables(request.options.database)
        with path.open("rb") as file:
            head = file.read(_MOST_BYTES)
            complete = complete and not file.read(1)
        kind = kind_of(head, request.url, request.parameter)
        if kind == "sqlite":
            return self._sqlite(request, head)
        if not head:
            raise empty_source(request.url)
        if kind == "excel":
            return await self._excel(request, path)
        if kind == "json":
            return await self._json(request, path, head, complete)
        if kind == "sql":
            return await self._sql(request, path)
        if kind == "csv":
            return self._csv(request, path, head, complete)
        return self._preview(kind, IN_WORDS[kind], [])

    def _preview(self, kind: Kind, words: str, tables: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "kind": kind,
            "kindInWords": words,
            "database": self._database,
            "databases": self._folder.database_names(),
            "tables": tables,
        }

    def _sqlite(self, request: Request, head: bytes) -> dict[str, Any]:
        if not head.startswith(MAGIC):
            raise no_database(head, request.url)
        name = new_database_name(request.options.name, request.url, set())
        taken = find_name(name, self._folder.database_names()) is not None
        preview = self._preview("sqlite", "SQLite database", [])
        return {**preview, "database": name, "taken": taken}

    def _csv(self, request: Request, path: Path, head: bytes, complete: bool) -> dict[str, Any]:
        url, options = request.url, request.options
        refuse_other_formats(head, url, "CSV")
        dialect, layout = dialect_of_head(head, url, options, is_cut=not complete)
        # The last character may be cut in two.
        dialect = replace(dialect, encoding=Encoding(dialect.encoding.codec, "replace"))
        text = decode_head(head, dialect.encoding)
        refuse_other_texts(text, url, "CSV")
        try:
            first, records, lines = _records(path, dialect, url)
        except Misquoted:
            dialect = replace(dialect, tokenized=True)
            first, records, lines = _records(path, dialect, url)
        with closing(sqlite3.connect(":memory:")) as conn:
            refuse_too_many(len(first), column_limit(conn), url)
        all_seen = complete and len(records) <= _SEEN_ROWS
        if not complete and len(records) > 1:
            records.pop()
        header = options.header is not False
        if not header:
            records.insert(0, first)
        records = records[:_SEEN_ROWS]
        width = len(first)
        rows = [row[:width] + [""] * (width - len(row)) for row in records]
        types = ColumnTypes(width)
        conversion = Conversion(dialect.habits, width)
        types.see(conversion.see(rows) if rows else rows)
        kinds = types.types if rows else [ColumnType.TEXT] * width
        names = column_names(first if header else [""] * width)
        converted = list(map(conversion.converter(kinds), rows))
        rounding = Rounding(
            {at: names[at] for at, kind in enumerate(kinds) if types.long[at] and kind.is_float}
        )
        rounding.see(converted, lines[header:])
        table = self._table(
            request,
            "",
            names,
            [kind.word for kind in kinds],
            [
                [_csv_value(value, kind) for value, kind in zip(row, kinds, strict=True)]
                for row in converted
            ],
            len(rows) if all_seen else None,
        )
        table |= lines_of(
            [
                *_lines_above(text, dialect.skipped_lines),
                *((line - 1, ()) for line in lines[: _SHOWN_ROWS + 1]),
            ],
            lines[0] - 1,
            header=header,
        )
        encoding = encoding_in_words(dialect.encoding)
        delimiter = "" if dialect.delimiter == "\uffff" else dialect.delimiter
        words = _DELIMITERS.get(dialect.delimiter, f"separated by {dialect.delimiter}")
        return {
            **self._preview("csv", f"CSV, {words}, {encoding}", [table]),
            "delimiter": delimiter,
            "encoding": dialect.encoding.codec.removesuffix("-sig"),
            "header": header,
            "skiprows": layout.skipped,
            "quote": "" if dialect.rules.quoting else NONE,
            "escape": dialect.rules.escape or "",
            "comment": dialect.rules.comment or "",
            "null": sorted(dialect.habits.nulls),
            "notes": [*notes_on(dialect, Oddities(), None, None, None), *rounding.notes()],
            "guesses": guesses(
                head, dialect.encoding, layout, options, first, rows, all_seen=all_seen
            ),
        }

    async def _json(
        self, request: Request, path: Path, head: bytes, complete: bool
    ) -> dict[str, Any]:
        url, options = request.url, request.options
        refuse_other_formats(head, url, "JSON")
        text = head_text(head)
        parser = JsonParser()
        if is_sequence(head) or is_lines(path, url):
            sequence = is_sequence(head)
            texts = text.split(RECORD_SEPARATOR) if sequence else text.split("\n")
            texts = [one for one in texts if one.strip("\ufeff \t\r\n")]
            if not complete and len(texts) > 1:
                texts.pop()
            shape = Shape([row for one in texts[:_SEEN_ROWS] if (row := _row_of_text(one, parser))])
            count = len(texts) if complete and len(texts) <= _SEEN_ROWS else None
            words = "JSON text sequence" if sequence else "JSON, one value a line"
        elif complete:
            shape = shape_of(parse(text, url, parser), url, options.header)
            count, words = len(shape), "JSON"
        else:
            refuse_other_texts(text, url, "JSON")
            text = closed(text)
            if not text:
                return self._preview("json", "JSON", [])  # the first value is longer than that
            shape = shape_of(parse(text, url, parser), url, options.header)
            count, words = None, "JSON"
        if '"FeatureCollection"' in text[:2000]:
            words = "GeoJSON"
        table, notes = await self._loose(request, shape, count)
        notes = [*([shape.note] if shape.note else []), *parser.notes(), *notes]
        return {**self._preview("json", words, [table]), "notes": notes}

    async def _excel(self, request: Request, path: Path) -> dict[str, Any]:
        book = await Workbook.open(path, request.url, _silent().part(0, 1))
        tables = []
        try:
            sheets = list(book.sheets(request.options, hidden=True))
            seen = sum(own.hidden or not sheet.is_hidden for sheet, own in sheets)
            for sheet, own in sheets:
                name = sheet.name if seen > 1 or sheet.is_hidden else request.options.name
                own = replace(own, name=own.name or name)
                table = await self._sheet(replace(request, options=own), sheet)
                tables.append({**table, "hidden": sheet.is_hidden, "notes": sheet.notes})
        finally:
            book.close()
        many = "1 sheet" if len(tables) == 1 else f"{len(tables)} sheets"
        return {
            **self._preview("excel", f"Spreadsheet, {many}", tables),
            "header": request.options.header is not False,
            "skiprows": request.options.skiprows or 0,
        }

    async def _sheet(self, request: Request, sheet: Sheet) -> dict[str, Any]:
        rows = list(islice(sheet.rows, 200))
        is_all = next(sheet.rows, None) is None
        sheet.rows = iter(rows)
        conn = sqlite3.connect(":memory:")
        try:
            made = await import_sheet(
                sheet, conn, "preview", request.url, ImportOptions(), _silent(), 0, 1
            )
            table = self._made(request, sheet.name, conn, made.rows if is_all else None)
            filled = [(at, row) for at, row in enumerate(sheet.top) if _is_filled(row)]
            has_header = request.options.header is not False
            return table | lines_of(filled, sheet.header_at, header=has_header)
        finally:
            conn.close()

    async def _sql(self, request: Request, path: Path) -> dict[str, Any]:
        script = read_script(path, request.url)
        conn = sqlite3.connect(":memory:", isolation_level=None)
        tables: list[dict[str, Any]] = []
        try:
            try:
                head = script[:_MOST_BYTES]
                await run_script(head, conn, request.url, None, seconds=_SCRIPT_SECONDS)
            except SourceError:
                pass  # cut off, or wrong: the import will say so
            where = (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
            for (name,) in conn.execute(where).fetchall()[:20]:
                own = replace(request, options=ImportOptions(name=name))
                tables.append(self._made(own, name, conn, None, name))
        except sqlite3.Error:
            pass
        finally:
            conn.close()
        return self._preview("sql", "SQL script", tables)

    async def _loose(
        self,
        request: Request,
        shape: Shape,
        count: int | None,
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the table of some rows, and notes on their values."""
        conn = sqlite3.connect(":memory:")
        try:
            loose = LooseTable(conn, request.url)
            loose.widen(shape.columns)
            if shape.is_lists:
                loose.add_lists(shape.part(0, _SEEN_ROWS))
            else:
                loose.add_objects(shape.part(0, _SEEN_ROWS))
            made = await loose.finish("preview", ImportOptions(), _silent().part(0, 1))
            return self._made(request, "", conn, count), made.notes
        finally:
            conn.close()

    def _made(
        self,
        request: Request,
        source: str,
        conn: sqlite3.Connection,
        count: int | None,
        name: str = "preview",
    ) -> dict[str, Any]:
        """Return the description of a table that was made from the rows seen."""
        # Without the hidden columns of virtual tables, and with generated ones.
        where = "SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden <> 1"
        info = conn.execute(where, [name]).fetchall()
        rows = conn.execute(f"SELECT * FROM {quote(name)} LIMIT ?", [_SEEN_ROWS]).fetchall()
        types = [_TYPES.get(kind.upper(), "text") for _, kind in info]
        return self._table(request, source, [column for column, _ in info], types, rows, count)

    def _table(
        self,
        request: Request,
        source: str,
        columns: Sequence[str],
        types: Sequence[str],
        rows: Sequence[Sequence[Any]],
        count: int | None,
    ) -> dict[str, Any]:
        name = new_table_name(request.options.name, request.url, set())
        there = tables_of(self._folder.database(self._database))
        values = list(zip(*rows, strict=True)) or [()] * len(columns)
        distinct = [_is_distinct(column) for column in values]
        described = [
            {"name": column, "type": kind, "distinct": one, "fits": fits_of(seen)}
            for column, kind, one, seen in zip(columns, types, distinct, values, strict=True)
        ]
        return {
            "source": source,
            "name": name,
            "taken": find_name(name, list(there)) is not None,
            "columns": described,
            "rows": [list(map(_shown, row)) for row in rows[:_SHOWN_ROWS]],
            "misfits": [misfits_of(row) for row in rows[:_SHOWN_ROWS]],
            "pk": _candidates(described),
            "count": count,
        }


def _records(
    path: Path, dialect: Dialect, source: str
) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the header of a CSV file, the first records after it, and the lines of all of them."""
    records: list[list[str]] = []
    with CsvRecords(path, dialect, source, numbered=True) as reader:
        first = reader.header()
        if first is None:
            raise empty_source(source)
        lines = list(reader.lines)
        # One more than is seen, to know whether that is all.
        while len(records) <= _SEEN_ROWS and (batch := reader.slice()):
            records += batch
            lines += reader.lines
            if reader.position >= _MOST_BYTES:
                break
    return first, records, lines


def _lines_above(text: str, count: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the first lines of a text that are not blank, with their numbers from 0."""
    for number, line in enumerate(islice(io.StringIO(text, newline=""), count)):
        if line.strip():
            yield number, [line.strip()]


def _csv_value(value: str | None, kind: ColumnType) -> Any:
    if kind is ColumnType.TEXT:
        return value
    if not value:
        return None
    is_float = kind is ColumnType.FLOAT or type_of(value) is not ColumnType.INTEGER
    return float(value) if is_float else int(value)


def _row_of_text(text: str, parser: JsonParser) -> dict[str, Any]:
    try:
        return row_of_any(parse(text, "", parser))
    except SourceError:
        return {}


def _is_filled(row: Iterable[Any]) -> bool:
    return any(value is not None for value in row)


def _is_distinct(column: Iterable[Any]) -> bool:
    values = list(column)
    if not values or any(value is None or value == "" for value in values):
        return False
    return len(set(values)) == len(values)


def _candidates(columns: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the columns that may be a primary key, starting with those whose names say so."""
    names = [one["name"] for one in columns if one["distinct"] and one["type"] != "float"]

    def is_named_so(name: str) -> bool:
        low = name.lower()
        return low in ("id", "_key", "key", "code", "uuid") or low.endswith(("_id", " id"))

    return sorted(names, key=lambda name: not is_named_so(name))


def _shown(value: Any) -> Any:
    """Return a value in a form that JSON can hold, cut to a readable length."""
    if isinstance(value, bytes):
        return {"$base64": True, "encoded": base64.b64encode(value[:_MOST_TEXT]).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str) and len(value) > _MOST_TEXT:
        return f"{value[:_MOST_TEXT]}…"
    return value


def _silent() -> Pace:
    return Pace(1, lambda *_: None)
