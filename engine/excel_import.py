"""Importing an Excel file (.xlsx, .xlsm): every sheet that is not empty becomes a table.

The first row with something in it names the columns; lines above it with a single cell, a title
say, are passed over. Formulas are what they came to when the file was last saved, dates ISO text,
booleans 1 and 0, errors such as #N/A NULL. Of merged cells the first has the value.

Sheets are read row by row, so that everything that takes long is done in slices.
"""

from __future__ import annotations

import datetime
import sqlite3
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from engine import rest
from engine.errors import LiteError, SourceError
from engine.file_kinds import refuse_other_spreadsheets
from engine.imported import Imported
from engine.loose_table import LooseTable
from engine.names import column_names
from engine.options import ImportOptions
from engine.pace import Breathe, Pace

_SLICE_ROWS = 100

# Of a sheet, in Excel.
_MOST_ROWS = 1_048_576

# A title is looked for in so many rows.
_TITLE_ROWS = 10

# These are looked at in one go, however empty they are.
_NEAR_ROWS = 10_000

_ERRORS = frozenset(
    ["#N/A", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#SPILL!", "#CALC!"]
)
_MIDNIGHT = datetime.time()

Row = tuple[Any, ...]


@dataclass
class Sheet:
    """A sheet with a header, open for reading."""

    name: str
    header: list[str]
    rows: Iterator[Row]
    notes: list[str] = field(default_factory=list)


class Workbook:
    """An Excel file open for reading. To be closed."""

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._file = file
        self._source = source
        self._book: Any = None

    @classmethod
    async def open(cls, path: Path, source: str, breathe: Breathe) -> Workbook:
        """Open a file.

        :param breathe: awaited with positions in the file.

        Raises:
            SourceError: it is no Excel file, or can't be read.
        """
        refuse_other_spreadsheets(path, source)
        # Takes a while to import, and few need it.
        await rest.need("An Excel file")
        from engine.xlsx_reader import open_workbook

        # The name of the file would have to tell what it is.
        book = cls(path.open("rb"), source)
        try:
            with warnings.catch_warnings():
                # On what openpyxl would not write again, which is nothing to us.
                warnings.simplefilter("ignore")
                book._book = await open_workbook(book._file, breathe)
        except LiteError:
            book._file.close()
            raise
        except Exception as error:  # openpyxl raises whatever comes of damage
            book._file.close()
            raise book._damaged(error) from error
        except BaseException:
            book._file.close()
            raise
        return book

    def close(self) -> None:
        """Close the file."""
        self._book.close()
        self._file.close()

    def sheets(self, options: ImportOptions) -> Iterator[tuple[Sheet, ImportOptions]]:
        """Yield the sheets with something in them, and the options of each."""
        for sheet in self._book.worksheets:
            own = options.of_table(sheet.title)
            if own.skip:
                continue
            rows = self._rows(sheet)
            found = _with_header(sheet.title, islice(rows, own.skiprows, None), own)
            if found is not None:
                yield found, own

    def _rows(self, sheet: Any) -> Iterator[Row]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                    # openpyxl also yields all rows that are missing before one that is there.
                    if number > _MOST_ROWS:
                        raise ValueError(f"a row has a number beyond {_MOST_ROWS:,}")
                    yield tuple(map(_value, row))
        except Exception as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> SourceError:
        return SourceError(
            f"{self._source} is an Excel file that can't be read: {error}.",
            source=self._source,
            hint="It may be damaged, or was cut off. Open it in Excel or LibreOffice, save it"
            " anew, and open that file.",
        )


async def import_sheet(
    sheet: Sheet,
    conn: sqlite3.Connection,
    table: str,
    source: str,
    options: ImportOptions,
    pace: Pace,
    start: float,
    end: float,
) -> Imported:
    """Import a sheet as a new table, within the transaction of the caller."""
    loose = LooseTable(conn, f"{source} (sheet {sheet.name})")
    names = sheet.header
    loose.widen(_distinct(names, len(names)))
    # How many rows there are is not known before.
    middle = start + (end - start) * 0.8
    breathe = pace.part(start, middle, 50_000)
    batch: list[Row] = []
    for number, row in enumerate(sheet.rows, 1):
        row = _trimmed(row)
        if row:
            batch.append(row)
        if number % _SLICE_ROWS == 0:  # empty rows take time as well
            _add(loose, names, batch)
            pace.count(len(batch))
            batch = []
            await breathe(loose.rows)
    _add(loose, names, batch)
    pace.count(len(batch))
    made = await loose.finish(
        table, options, pace.part(middle, end, loose.rows), drop_empty=loose.rows > 0
    )
    made.notes[:0] = sheet.notes
    return made


def _add(loose: LooseTable, names: list[str], batch: list[Row]) -> None:
    if not batch:
        return
    width = max(map(len, batch), default=0)
    if width > len(names):
        names += [""] * (width - len(names))
        loose.widen(_distinct(names, width))
    loose.add_lists(batch)


def _distinct(names: list[str], width: int) -> list[str]:
    """Return a key for each column: its name, or blanks where it has none."""
    usable = iter(column_names([name for name in names if name]))
    return [next(usable) if name else " " * (place + 1) for place, name in enumerate(names[:width])]


def _with_header(name: str, rows: Iterator[Row], options: ImportOptions) -> Sheet | None:
    """Return the sheet that the rows are, without what stands above its header."""
    near = filter(None, map(_trimmed, islice(rows, _NEAR_ROWS)))
    first = list(islice(near, _TITLE_ROWS))
    first = first or list(islice(filter(None, map(_trimmed, rows)), _TITLE_ROWS))
    if not first:
        return None
    notes: list[str] = []
    if options.header is False:
        width = max(map(len, first))
        return Sheet(name, [""] * width, _chain(first, rows), notes)
    start = 0
    if options.skiprows == 0 and max(map(_filled, first)) >= 3:
        while start < len(first) - 1 and _filled(first[start]) == 1:
            start += 1
        if start:
            what = "1 row was" if start == 1 else f"{start} rows were"
            notes.append(f"{what} passed over, above the header of sheet {name}.")
    header = ["" if value is None else str(value).strip() for value in first[start]]
    return Sheet(name, header, _chain(first[start + 1 :], rows), notes)


def _chain(first: list[Row], rows: Iterator[Row]) -> Iterator[Row]:
    yield from first
    yield from rows


def _filled(row: Row) -> int:
    return sum(value is not None for value in row)


def _trimmed(row: Row) -> Row:
    """Return a row without empty cells at its end."""
    width = len(row)
    while width and row[width - 1] is None:
        width -= 1
    return row[:width]


def _value(value: Any) -> Any:
    """Return a cell's value as SQLite can hold it."""
    kind = type(value)
    if kind is str:
        return None if value in _ERRORS or value == "" else value
    if value is None or kind in (int, float, bool):
        return value
    if isinstance(value, datetime.datetime):
        if value.time() == _MIDNIGHT:
            return value.date().isoformat()
        return value.isoformat(timespec="seconds" if value.microsecond == 0 else "auto")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    # Rich text, a duration or the like.
    return str(value)
