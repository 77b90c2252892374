"""Reads the details of sheet_cells.py from an .ods file: how far its cells reach, and its errors.

Cells and rows that are alike are written once, with a count, so a short file can have many.
"""

from __future__ import annotations

import re
import zipfile
from itertools import product

from engine.importing.sheet_cells import BookCells, Cells, reference
from engine.pace import Breathe

CONTENT = "content.xml"

_CHUNK = 1024 * 1024

# Each takes some 100 bytes of memory. Cells that are not repeated are limited by the file's size.
_MOST_ERRORS = 500_000
_TAG = re.compile(rb"<(table:(?:table|table-row|(?:covered-)?table-cell))(?=[\s/>])([^>]*+)>")
_NAME = re.compile(rb'table:name="([^"]*)"')
_ROWS = re.compile(rb'number-rows-repeated="(\d+)"')
_COLUMNS = re.compile(rb'number-columns-repeated="(\d+)"')


async def read_cells(archive: zipfile.ZipFile, breathe: Breathe) -> BookCells:
    """Scan the sheets of an .ods file.

    Raises:
        UNREADABLE_ZIP: it can't be read.
    """
    sheets: dict[str, Cells] = {}
    name, cells, rest = "", Cells(), b""
    row = next_row = column = 0  # from 0
    with archive.open(CONTENT) as file:
        while chunk := file.read(_CHUNK):
            text = rest + chunk
            end = text.rfind(b"<")
            rest, text = text[end:], text[:end]
            for tag, attributes in _TAG.findall(text):
                if tag == b"table:table":
                    name = _name(attributes)
                    cells = sheets[name] = Cells()
                    row = next_row = 0
                elif tag == b"table:table-row":
                    row, column = next_row, 0
                    next_row += _count(_ROWS, attributes)
                else:
                    first = column
                    column += _count(_COLUMNS, attributes)
                    # A cell without a value only has a style.
                    if b"office:value" in attributes:
                        cells.reach(next_row, column)
                    elif b"table:formula" in attributes:
                        cells.formulas.append(reference(row, column - 1))
                    if b'calcext:value-type="error"' in attributes:
                        copies = (next_row - row) * (column - first)
                        if copies > 1 and len(cells.errors) + copies > _MOST_ERRORS:
                            raise zipfile.BadZipFile(
                                f"sheet {name} has more than {_MOST_ERRORS:,} cells with errors"
                            )
                        cells.errors += product(range(row, next_row), range(first, column))
            await breathe(archive.fp.tell() if archive.fp else 0)
    return BookCells(sheets, at_once=True)


def _name(attributes: bytes) -> str:
    # Not at the top: every start would wait for it, and few visits need it.
    import html

    found = _NAME.search(attributes)
    return html.unescape(found[1].decode("utf-8", "replace")) if found else ""


def _count(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    found = pattern.search(attributes)
    return int(found[1]) if found else 1
