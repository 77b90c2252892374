"""Notes for the person on what is in a spreadsheet, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.errors import SourceError
from engine.importing.excerpts import excerpt
from engine.importing.sheet_cells import NOWHERE, Cells, reference


def notes_on(name: str, cells: Cells, merged: Sequence[Any]) -> list[str]:
    """Return the notes on a sheet; if `name` is empty, on cells that may be in any of them.

    :param merged: the first and the last cell of each range of merged cells.
    """
    notes = []
    if cells.errors:
        holds = "holds an error" if len(cells.errors) == 1 else "hold errors"
        where = f"of sheet {name}" if name else "of the file"
        references = ["" if place == NOWHERE else reference(*place) for place in cells.errors]
        notes.append(
            f"{_cells_in_words(references)} {where} {holds} such as #N/A; that is NULL here."
        )
    if cells.formulas:
        holds = "holds a formula" if len(cells.formulas) == 1 else "hold formulas"
        notes.append(
            f"{_cells_in_words(cells.formulas)} of sheet {name} {holds} whose result was not saved;"
            " that is NULL here. Open the file in a spreadsheet program and save it to have them"
            " calculated."
        )
    if merged:
        (row, column), _ = merged[0]
        count = "1 range" if len(merged) == 1 else f"{len(merged):,} ranges"
        notes.append(
            f"Sheet {name} has {count} of merged cells, the first at {reference(row, column)}:"
            " their value is in the first cell only."
        )
    return notes


def _cells_in_words(references: list[str]) -> str:
    first = references[0]
    if len(references) == 1:
        return f"Cell {first}" if first else "1 cell"
    return f"{len(references):,} cells" + (f" (the first is {first})" if first else "")


def hidden_in_words(names: list[str]) -> str:
    """Return that these sheets were left out."""
    if len(names) == 1:
        return f"Sheet {names[0]} is hidden and was left out."
    return f"Sheets {', '.join(names[:-1])} and {names[-1]} are hidden and were left out."


def skipped_in_words(name: str, rows: Sequence[Sequence[Any]]) -> str:
    """Return that these rows above the header were left out."""
    what = "1 row was" if len(rows) == 1 else f"{len(rows)} rows were"
    above = " / ".join(str(value) for row in rows for value in row if value)
    return f"{what} skipped above the header of sheet {name}: “{excerpt(above)}”."


def no_sheets(url: str, hidden: list[str]) -> SourceError:
    """Return the error for a spreadsheet of which no sheet was imported; `hidden` were left out."""
    if hidden:
        return SourceError(
            f"{url} holds no rows that can be seen. {hidden_in_words(hidden)}",
            source=url,
            hint="Add hidden=1 to the link, or choose the sheets in the dialog, to open them.",
        )
    return SourceError(
        f"{url} holds no rows: all of its sheets are empty.",
        source=url,
        hint="Check that the file has content and was saved.",
    )
