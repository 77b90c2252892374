"""Reads the details of sheet_cells.py from an .xlsb file: how far its cells reach, and its errors.

Every part of such a file consists of records: a type, a length, and that many bytes.

https://learn.microsoft.com/en-us/openspecs/office_file_formats/ms-xlsb/
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from engine.importing.sheet_cells import BookCells, Cells
from engine.importing.xlsx_cells import paths_of
from engine.pace import Breathe

WORKBOOK = "xl/workbook.bin"

# Types of records.
_ROW = 0
_BLANK, _ERROR, _FORMULA_ERROR = 1, 3, 11
_RICH_TEXT = 62
_SHEET = 156

_STEP = 20_000


async def read_cells(archive: zipfile.ZipFile, breathe: Breathe) -> BookCells:
    """Scan the sheets of an .xlsb file.

    Raises:
        UNREADABLE_ZIP, SyntaxError: it can't be read.
    """
    paths = paths_of(archive, WORKBOOK)
    sheets = {}
    for id, name in _sheets(archive.read(WORKBOOK)):
        if id == "":
            continue  # without cells
        if paths.get(id) not in archive.namelist():
            # python_calamine would stop the whole of Python.
            raise zipfile.BadZipFile(f"the part {id!r} with sheet {name} is missing")
        sheets[name] = await _cells(archive.read(paths[id]), breathe)
    return BookCells(sheets)


def _sheets(workbook: bytes) -> Iterator[tuple[str, str]]:
    """Yield ids and names of the sheets."""
    for kind, start in _records(workbook):
        if kind == _SHEET:
            id, end = _text(workbook, start + 8)
            yield id, _text(workbook, end)[0]


def _text(data: bytes, start: int) -> tuple[str, int]:
    """Return the text that is there, and where it ends."""
    length = int.from_bytes(data[start : start + 4], "little")
    length = 0 if length == 0xFFFFFFFF else length
    end = start + 4 + 2 * length
    return data[start + 4 : end].decode("utf-16-le", "replace"), end


async def _cells(data: bytes, breathe: Breathe) -> Cells:
    cells, row, number = Cells(), 0, 0
    for kind, start in _records(data):
        number += 1
        if kind == _ROW:
            row = int.from_bytes(data[start : start + 4], "little")
        elif _BLANK < kind <= _FORMULA_ERROR or kind == _RICH_TEXT:
            column = int.from_bytes(data[start : start + 4], "little")
            if column >= cells.columns or row >= cells.rows:
                cells.reach(row + 1, column + 1)
            if kind in (_ERROR, _FORMULA_ERROR):
                cells.errors.append((row, column))
        if number % _STEP == 0:
            await breathe(0)
    return cells


def _records(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield each record's type, and where its bytes start."""
    position, size = 0, len(data)
    # Numbers have seven bits in each byte, and the eighth says that more follow.
    while position + 1 < size:
        kind = data[position]
        position += 1
        if kind >= 0x80:
            kind = (kind & 0x7F) | data[position] << 7
            position += 1
        length = shift = 0
        while position < size and shift < 28:
            byte = data[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield kind, position
        position += length
