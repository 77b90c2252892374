"""Finds the cells of an .xls file that hold errors.

The records of cells are told by their bytes alone, wherever in the file they are. Finding out which
sheet each belongs to would take a reader for the file system that such a file is.

https://learn.microsoft.com/en-us/openspecs/office_file_formats/ms-xls/
"""

from __future__ import annotations

import re
from pathlib import Path

from engine.importing.sheet_cells import BookCells, Cells

#: The codes of errors, such as 0x2A for #N/A.
_ERROR_CODES = b"\x00\x07\x0f\x17\x1d\x24\x2a\x2b"

# BoolErr, and Formula with an error as its result; each has row and column.
_ERRORS = re.compile(
    rb"\x05\x02\x08\x00(..)(.\x00)..[%(codes)s]\x01"
    rb"|\x06\x00..(..)(.\x00)..\x02.[%(codes)s]...\xff\xff" % {b"codes": _ERROR_CODES},
    re.DOTALL,
)


def read_cells(path: Path) -> BookCells:
    """Scan an .xls file, which has no more than 256 columns and 65,536 rows in a sheet."""
    cells = Cells()
    for found in _ERRORS.finditer(path.read_bytes()):
        row, column = found[1] or found[3], found[2] or found[4]
        place = int.from_bytes(row, "little"), int.from_bytes(column, "little")
        cells.errors.append(place)
    return BookCells({"": cells})
