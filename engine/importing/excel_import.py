"""Imports a spreadsheet (.xlsx, .xlsm, .xlsb, .xls, .ods): every sheet with data becomes a table.

The first row that is not empty names the columns; lines above it with a single cell, such as a
title, are skipped. Formulas have their last saved result. Dates become ISO text, durations hours,
minutes and seconds, booleans 1 and 0, errors such as #N/A NULL. The first of merged cells has the
value. Hidden sheets are left out unless the options ask for them.

python_calamine reads 100,000 rows of 20 cells in a tenth of the time that openpyxl takes, and also
reads files that openpyxl refuses. It reads a sheet as a whole into memory: nothing else runs in the
second or two that a large one takes. importing/sheet_cells.py adds details that it does not
provide.
"""

from __future__ import annotations

import datetime
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from engine import deferred_modules
from engine.errors import SourceError
from engine.importing import ods_cells, xls_cells, xlsb_cells, xlsx_cells
from engine.importing.column_types import EXACT
from engine.importing.excel_notes import notes_on, skipped_in_words
from engine.importing.excerpts import excerpt
from engine.importing.file_kinds import is_zip, refuse_other_spreadsheets
from engine.importing.imported import Imported
from engine.importing.loose_table import LooseTable
from engine.importing.options import ImportOptions
from engine.importing.sheet_cells import BookCells, Cells, reference
from engine.importing.zip_errors import UNREADABLE_ZIP
from engine.pace import Breathe, Pace
from engine.sqlite.names import column_names

_SLICE_ROWS = 100

# How many rows are searched for a title.
_TITLE_ROWS = 10

# Rows that are read in one go, however empty they are.
_NEAR_ROWS = 10_000

# A sheet's whole rectangle is in memory, at about 30 bytes a cell.
_MOST_CELLS = 30_000_000

# A spreadsheet of a million rows and 20 columns is about half of that when it is unpacked. Reading
# takes a minute per gigabyte in a browser, and nothing else runs meanwhile.
_MOST_BYTES = 2_000_000_000

_MIDNIGHT = datetime.time()


Row = tuple[Any, ...]


@dataclass
class Sheet:
    """A sheet with a header, open for reading."""

    name: str
    header: list[str]
    rows: Iterator[Row]
    notes: list[str] = field(default_factory=list)
    is_hidden: bool = False
    #: The first rows as they are in the file, up to some below the header.
    top: list[Row] = field(default_factory=list)
    #: Which of them is the header, or without one the first row of data. None: it is further down.
    header_at: int | None = None


class Workbook:
    """A spreadsheet open for reading. Call `close` when done."""

    #: Names of the hidden sheets that `sheets` has left out.
    left_out: list[str]

    def __init__(self, book: Any, cells: BookCells, source: str) -> None:
        self._book = book
        self._cells = cells
        self._source = source
        self.left_out = []

    @classmethod
    async def open(cls, path: Path, source: str, breathe: Breathe) -> Workbook:
        """Open a file.

        :param breathe: awaited with positions in the file.

        Raises:
            SourceError: it is not a spreadsheet, or can't be read.
        """
        refuse_other_spreadsheets(path, source)
        # Few visits need it.
        await deferred_modules.need("A spreadsheet")
        from python_calamine import CalamineWorkbook

        unreadable: tuple[type[Exception], ...] = (SyntaxError, *UNREADABLE_ZIP)
        try:
            if is_zip(path):
                _refuse_too_large(path, source)
            cells = await _read_cells(path, breathe)
            if cells.at_once:
                for name, one in cells.sheets.items():
                    _refuse_far(name, one, source)
            with _reading(source):
                return cls(CalamineWorkbook.from_path(str(path)), cells, source)
        except unreadable as error:
            raise _damaged(source, error) from error

    def close(self) -> None:
        """Close the file."""
        self._book.close()

    def sheets(
        self, options: ImportOptions, *, hidden: bool = False
    ) -> Iterator[tuple[Sheet, ImportOptions]]:
        """Yield the sheets that are not empty, and the options of each.

        :param hidden: include hidden sheets, whatever the options say.
        """
        from python_calamine import SheetTypeEnum, SheetVisibleEnum

        for about in self._book.sheets_metadata:
            own = options.of_table(about.name)
            if own.skip or about.typ != SheetTypeEnum.WorkSheet:
                continue
            is_hidden = about.visible != SheetVisibleEnum.Visible
            if is_hidden and not (hidden or own.hidden):
                self.left_out.append(about.name)
                continue
            found = self._sheet(about.name, own)
            if found is not None:
                found.is_hidden = is_hidden
                yield found, own

    def _sheet(self, name: str, options: ImportOptions) -> Sheet | None:
        cells = self._cells.sheets.get(name, Cells())
        _refuse_far(name, cells, self._source)
        with _reading(self._source):
            sheet = self._book.get_sheet_by_name(name)
        rows = self._rows(sheet, cells)
        skipped = options.skiprows or 0
        near = list(islice(rows, skipped + _NEAR_ROWS))
        found = _with_header(name, near, skipped, rows, options)
        if found is not None:
            found.notes += notes_on(name, cells, sheet.merged_cell_ranges or [])
            found.notes += notes_on("", self._cells.sheets.get("", Cells()), [])
        return found

    def _rows(self, sheet: Any, cells: Cells) -> Iterator[Row]:
        first_column = sheet.start[1] if sheet.start else 0
        day = datetime.datetime(1904, 1, 1) if self._cells.date_1904 else _DAY_0
        errors = set(cells.errors)
        wrong = {row for row, _ in errors}
        for number, values in enumerate(sheet.iter_rows()):
            row = tuple(map(_value, values))
            if number in wrong:
                # OpenDocument files give some of them the value 0.
                places = enumerate(row, first_column)
                row = tuple(
                    None if (number, column) in errors else value for column, value in places
                )
            if cells.negatives and _MIDNIGHT in values:
                row = tuple(
                    _early(value, day, cells.negatives.get(reference(number, column)))
                    for column, value in enumerate(row, first_column)
                )
            yield row


# As in LibreOffice, which has dates before 1900; Excel's agree from March 1900 on.
_DAY_0 = datetime.datetime(1899, 12, 30)


def _early(value: Any, day_0: datetime.datetime, days: float | None) -> Any:
    """Return a cell's value; calamine turns early dates into midnight, this restores them."""
    if value != _MIDNIGHT.isoformat() or days is None:
        return value
    return _value(day_0 + datetime.timedelta(days=days))


@contextmanager
def _reading(source: str) -> Iterator[None]:
    """Raise a SourceError for whatever python_calamine raises about a file."""
    try:
        yield
    except BaseException as error:
        # Rust's panics are no Exception, and their class cannot be imported.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise _damaged(source, error) from error
        raise


async def _read_cells(path: Path, breathe: Breathe) -> BookCells:
    if not is_zip(path):
        return xls_cells.read_cells(path)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if xlsx_cells.WORKBOOK in names:
            return await xlsx_cells.read_cells(archive, _MOST_CELLS, breathe)
        if xlsb_cells.WORKBOOK in names:
            return await xlsb_cells.read_cells(archive, breathe)
        if ods_cells.CONTENT in names:
            return await ods_cells.read_cells(archive, breathe)
    return BookCells({})


def _refuse_far(name: str, cells: Cells, source: str) -> None:
    if cells.rows * cells.columns > _MOST_CELLS:
        raise SourceError(
            f"Sheet {name} of {source} is too large: it reaches to row {cells.rows:,} and"
            f" column {reference(0, cells.columns - 1)[:-1]}.",
            source=source,
            hint="If there is nothing that far out, delete those rows and columns in a"
            " spreadsheet program and save it. Otherwise save the sheet as CSV.",
        )


def _refuse_too_large(path: Path, source: str) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _MOST_BYTES:
        raise SourceError(
            f"{source} is too large: unpacked, it has {size / 1e9:,.1f} GB.",
            source=source,
            hint="Save the sheets that you need as CSV, and open those files.",
        )


def _damaged(source: str, error: BaseException) -> SourceError:
    if "password" in str(error).lower() or "encrypt" in str(error).lower():
        return SourceError(
            f"{source} is protected with a password.",
            source=source,
            hint="Open it in a spreadsheet program, save a copy without a password, and open that"
            " one.",
        )
    return SourceError(
        # A damaged zip file's may quote kilobytes of it.
        f"{source} is a spreadsheet that can't be read: {excerpt(str(error))}.",
        source=source,
        hint="It may be damaged or cut off. Open it in Excel or LibreOffice, save it again as"
        " .xlsx, and open that file.",
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
    # The number of rows is not known in advance.
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


def _with_header(
    name: str, near: list[Row], skipped: int, rows: Iterator[Row], options: ImportOptions
) -> Sheet | None:
    """Return a sheet without the rows above its header.

    :param near: its first rows, of which the first `skipped` are to be left out.
    :param rows: the others.
    """
    filled = ((at, row) for at in range(skipped, len(near)) if (row := _trimmed(near[at])))
    numbered = list(islice(filled, _TITLE_ROWS))
    first = [row for _, row in numbered]
    rows = _chain(near[numbered[-1][0] + 1 :] if numbered else [], rows)
    first = first or list(islice(filter(None, map(_trimmed, rows)), _TITLE_ROWS))
    if not first:
        return None
    notes: list[str] = []

    def sheet(header: list[str], start: int, header_rows: int) -> Sheet:
        at = numbered[start][0] if numbered else None
        top = [] if at is None else near[: at + 1 + _TITLE_ROWS]
        below = _chain(first[start + header_rows :], rows)
        return Sheet(name, header, below, notes, top=top, header_at=at)

    if options.header is False:
        return sheet([""] * max(map(len, first)), 0, 0)
    start = 0
    if options.skiprows is None and max(map(_filled, first)) >= 3:
        while start < len(first) - 1 and _filled(first[start]) == 1:
            start += 1
        if start:
            notes.append(skipped_in_words(name, first[:start]))
    header = ["" if value is None else str(value).strip() for value in first[start]]
    return sheet(header, start, 1)


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
    if kind is float:
        # All numbers of most spreadsheets come as floats.
        return int(value) if value.is_integer() and abs(value) < EXACT else value
    if kind is str:
        return value or None
    if value is None or kind in (int, bool):
        return value
    if isinstance(value, datetime.datetime):
        if value.time() == _MIDNIGHT:
            return value.date().isoformat()
        return value.isoformat(timespec="seconds" if value.microsecond == 0 else "auto")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        sign, (minutes, second) = "-" if seconds < 0 else "", divmod(abs(seconds), 60)
        return f"{sign}{minutes // 60}:{minutes % 60:02}:{second:02}"
    return str(value)
