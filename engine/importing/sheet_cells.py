"""Details of a spreadsheet's cells that python_calamine does not provide.

It returns nothing for errors and for formulas without a saved result, turns dates before 1900 into
midnight, and takes memory for a sheet's whole rectangle, however few its cells. A module for each
format finds these details: xlsx_cells.py, xlsb_cells.py, xls_cells.py and ods_cells.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Where a cell is that does not say where it is.
NOWHERE = (-1, -1)


@dataclass
class Cells:
    """What was found in one sheet."""

    rows: int = 0
    columns: int = 26  # or fewer
    #: Row and column from 0, or NOWHERE.
    errors: list[tuple[int, int]] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)  # references of those without a result
    negatives: dict[str, float] = field(default_factory=dict)

    def reach(self, row: int, column: int) -> None:
        """Note that there is a cell; row and column count from 1."""
        self.rows = max(self.rows, row)
        self.columns = max(self.columns, column)


@dataclass
class BookCells:
    """What was found in a file.

    :param sheets: by name. A sheet "" has what may be anywhere.
    :param date_1904: whether days are counted from 1904.
    :param at_once: whether python_calamine reads all sheets when it opens the file.
    """

    sheets: Mapping[str, Cells]
    date_1904: bool = False
    at_once: bool = False


def reference(row: int, column: int) -> str:
    """Return the name of a cell in a spreadsheet; row and column count from 0.

    >>> reference(1, 27)
    'AB2'
    """
    letters, column = "", column + 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row + 1}"
