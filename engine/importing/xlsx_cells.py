"""Reads details of an .xlsx file that python_calamine does not provide, from the sheets' XML.

python_calamine returns nothing for errors and for formulas without a saved result, turns dates
before 1900 into midnight, and takes memory for a sheet's whole rectangle, however few its cells.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from engine.pace import Breathe

_CHUNK = 1024 * 1024

_ERROR = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*? t="e"')
_BARE_FORMULA = re.compile(
    rb'<c r="([A-Z]+\d+)"[^>]*>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_NEGATIVE = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*>\s*<v>(-[0-9.eE+-]+)</v>')
_WIDE = re.compile(rb' r="([A-Z]{2,3})\d+"')
_ROW = re.compile(rb'<row\b[^>]*? r="(\d+)"')
_DATE_1904 = re.compile(rb'date1904="(1|true)"')

# Dates before 1900 are few; this avoids keeping a sheet of negative numbers twice.
_MOST_NEGATIVES = 100_000


@dataclass
class Cells:
    """What was found in one sheet."""

    rows: int = 0
    columns: int = 26  # or fewer
    errors: list[str] = field(default_factory=list)  # references such as B2
    formulas: list[str] = field(default_factory=list)  # those without a result
    negatives: dict[str, float] = field(default_factory=dict)


@dataclass
class XlsxCells:
    """The sheets of a file, by name. `date_1904`: days are counted from 1904."""

    sheets: dict[str, Cells]
    date_1904: bool = False


async def read_cells(path: Path, breathe: Breathe) -> XlsxCells:
    """Scan the sheets of an .xlsx file; other files have none.

    :param breathe: awaited with positions in the file.

    Raises:
        UNREADABLE_ZIP, SyntaxError: it can't be read.
    """
    found = XlsxCells({})
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return found
        workbook = archive.read("xl/workbook.xml")
        found.date_1904 = bool(_DATE_1904.search(workbook))
        for name, part in _parts(archive, workbook):
            if part in archive.namelist():
                found.sheets[name] = await _cells(archive, part, breathe)
    return found


def _parts(archive: zipfile.ZipFile, workbook: bytes) -> list[tuple[str, str]]:
    """Return the names of the sheets, each with its path in the archive."""
    # Not at the top: every start would wait for the parser, which few visits need.
    from xml.etree import ElementTree

    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in relations}
    parts = []
    for element in ElementTree.fromstring(workbook).iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        ids = [value for key, value in element.items() if key.endswith("}id")]
        target = targets.get(ids[0] if ids else "", "")
        path = target[1:] if target.startswith("/") else str(PurePosixPath("xl") / target)
        parts.append((element.get("name", ""), path))
    return parts


async def _cells(archive: zipfile.ZipFile, part: str, breathe: Breathe) -> Cells:
    cells, rest = Cells(), b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            text = rest + chunk
            end = text.rfind(b"</c>") + 4
            if end < 4:
                end = max(0, len(text) - _CHUNK)  # no cells, or a very long one
            rest = text[end:]
            _look(cells, text[:end])
            await breathe(archive.fp.tell() if archive.fp else 0)
    _look(cells, rest)
    return cells


def _look(cells: Cells, text: bytes) -> None:
    last = text.rfind(b"<row ")
    row = _ROW.match(text, last) if last >= 0 else None
    if row is not None:
        cells.rows = max(cells.rows, int(row[1]))
    for letters in set(_WIDE.findall(text)):
        cells.columns = max(cells.columns, _column(letters))
    if b't="e"' in text:
        cells.errors += [one.decode() for one in _ERROR.findall(text)]
    if b"<f" in text:
        cells.formulas += [one.decode() for one in _BARE_FORMULA.findall(text)]
    if b"<v>-" in text and len(cells.negatives) < _MOST_NEGATIVES:
        cells.negatives |= {ref.decode(): float(value) for ref, value in _NEGATIVE.findall(text)}


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


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
