"""Reads the details of sheet_cells.py from an .xlsx file: from the sheets' XML."""

from __future__ import annotations

import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import PurePosixPath

from engine.importing.sheet_cells import NOWHERE, BookCells, Cells
from engine.pace import Breathe

WORKBOOK = "xl/workbook.xml"

_CHUNK = 1024 * 1024

_ERROR = re.compile(rb'<c\b([^>]*? t="e"[^>]*)>')
_REFERENCE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_BARE_FORMULA = re.compile(
    rb'<c r="([A-Z]+\d+)"[^>]*>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_NEGATIVE = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*>\s*<v>(-[0-9.eE+-]+)</v>')
_WIDE = re.compile(rb' r="([A-Z]{2,3})\d+"')
_ROW = re.compile(rb'<row\b[^>]*? r="(\d+)"')
_DATE_1904 = re.compile(rb'date1904="(1|true)"')
# A cell that is not only formatted.
_FILLED = re.compile(rb'<c r="([A-Z]+)(\d+)"(?:[^>/]|/(?!>))*+>(?!\s*</c>)')
_MOST_ROWS = 1_048_576  # of Excel
# Some programs write <x:row> for <row>.
_PREFIX = re.compile(rb"<(\w+):worksheet\b")

# Dates before 1900 are few; this avoids keeping a sheet of negative numbers twice.
_MOST_NEGATIVES = 100_000


async def read_cells(archive: zipfile.ZipFile, most: int, breathe: Breathe) -> BookCells:
    """Scan the sheets of an .xlsx file.

    :param most: how many cells a sheet may have. If it seems to have more, cells that are only
        formatted are left out.
    :param breathe: awaited with positions in the file.

    Raises:
        UNREADABLE_ZIP, SyntaxError: it can't be read.
    """
    workbook = archive.read(WORKBOOK)
    sheets: dict[str, Cells] = {}
    for name, part in _parts(archive, workbook):
        if part in archive.namelist():
            cells = sheets[name] = await _cells(archive, part, breathe)
            if cells.rows * cells.columns > most and cells.rows <= _MOST_ROWS:
                await _leave_out_empty(cells, archive, part, breathe)
    return BookCells(sheets, bool(_DATE_1904.search(workbook)))


def _parts(archive: zipfile.ZipFile, workbook: bytes) -> list[tuple[str, str]]:
    """Return the names of the sheets, each with its path in the archive."""
    # Not at the top: every start would wait for the parser, which few visits need.
    from xml.etree import ElementTree

    paths = paths_of(archive, WORKBOOK)
    parts = []
    for element in ElementTree.fromstring(workbook).iter():
        if element.tag.rpartition("}")[2] != "sheet":
            continue
        ids = [value for key, value in element.items() if key.endswith("}id")]
        parts.append((element.get("name", ""), paths.get(ids[0] if ids else "", "")))
    return parts


def paths_of(archive: zipfile.ZipFile, workbook: str) -> dict[str, str]:
    """Return the paths of a workbook's parts, by their ids."""
    from xml.etree import ElementTree

    folder, _, name = workbook.rpartition("/")
    paths = {}
    for one in ElementTree.fromstring(archive.read(f"{folder}/_rels/{name}.rels")):
        target = one.get("Target", "")
        path = target[1:] if target.startswith("/") else str(PurePosixPath(folder) / target)
        paths[one.get("Id", "")] = path
    return paths


async def _cells(archive: zipfile.ZipFile, part: str, breathe: Breathe) -> Cells:
    cells = Cells()
    async for text in _texts(archive, part, breathe):
        _look(cells, text)
    return cells


async def _leave_out_empty(
    cells: Cells, archive: zipfile.ZipFile, part: str, breathe: Breathe
) -> None:
    filled = Cells()
    async for text in _texts(archive, part, breathe):
        for letters, row in _FILLED.findall(text):
            filled.reach(int(row), _column(letters))
    cells.rows, cells.columns = filled.rows, filled.columns


async def _texts(archive: zipfile.ZipFile, part: str, breathe: Breathe) -> AsyncIterator[bytes]:
    """Yield the XML of a sheet, cut between cells."""
    rest = b""
    prefix: bytes | None = None
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            text = rest + chunk
            if prefix is None:
                found = _PREFIX.search(text[:2000])
                prefix = found[1] + b":" if found else b""
            if prefix:
                text = text.replace(b"<" + prefix, b"<").replace(b"</" + prefix, b"</")
            end = text.rfind(b"</c>") + 4
            if end < 4:
                end = max(0, len(text) - _CHUNK)  # no cells, or a very long one
            rest = text[end:]
            yield text[:end]
            await breathe(archive.fp.tell() if archive.fp else 0)
    yield rest


def _look(cells: Cells, text: bytes) -> None:
    last = text.rfind(b"<row ")
    row = _ROW.match(text, last) if last >= 0 else None
    if row is not None:
        cells.rows = max(cells.rows, int(row[1]))
    for letters in set(_WIDE.findall(text)):
        cells.columns = max(cells.columns, _column(letters))
    if b't="e"' in text:
        for attributes in _ERROR.findall(text):
            where = _REFERENCE.search(attributes)
            place = (int(where[2]) - 1, _column(where[1]) - 1) if where else NOWHERE
            cells.errors.append(place)
    if b"<f" in text:
        cells.formulas += [one.decode() for one in _BARE_FORMULA.findall(text)]
    if b"<v>-" in text and len(cells.negatives) < _MOST_NEGATIVES:
        cells.negatives |= {ref.decode(): float(value) for ref, value in _NEGATIVE.findall(text)}


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
