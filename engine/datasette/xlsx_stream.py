"""Writes Excel workbooks while their rows come, keeping nothing but the row at hand.

Libraries keep a sheet in memory, or in a temporary file, which in the browser is memory as well. A
worksheet needs neither if its texts stand in its cells ("inline strings"): then it is one XML
document, written from the first row to the last into a zip file that goes out as it is made.

ECMA-376, Part 1, 18.2 and 18.3, says what the parts must look like.
"""

from __future__ import annotations

import base64
import math
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import IO, Any

from markupsafe import escape

from engine.datasette.pipe import Pipe

#: What Excel reads: rows of a sheet, characters of a cell, characters of a sheet's name.
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
_MOST_CHARACTERS = 32_767
_MOST_NAME = 31

#: Bytes of a sheet's XML after which the next sheet begins; zip files have another format beyond
#: 2 GB, which Excel does not read everywhere.
_MOST_BYTES = 1_500_000_000

#: Integers beyond this are written as text, since Excel calculates with 15 digits.
_EXACT = 10**15

# The fastest compression; XML gets small by any.
_COMPRESSION = 1

# What XML cannot contain, and what Excel would take for an escape of its own.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")

_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class Workbook:
    """A workbook that is being written; `take` returns what is ready to be sent."""

    def __init__(self) -> None:
        self._pipe = Pipe()
        self._archive = zipfile.ZipFile(
            self._pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION
        )
        self._names: list[str] = []
        self._sheet: IO[bytes] | None = None
        self._title = ""
        self._header = b""
        self._rows = 0
        self._bytes = 0
        self._cut = 0
        self._left_out = 0
        self._notes: list[str] = []

    def start_sheet(self, title: str, columns: Sequence[str]) -> None:
        """Begin a sheet with a row of column names.

        Raises:
            ValueError: it has more columns than a sheet can have.
        """
        if len(columns) > MOST_COLUMNS:
            raise ValueError(
                f"“{title}” has {len(columns):,} columns; a sheet can have {MOST_COLUMNS:,}."
            )
        self._title = title
        header = "".join(f'<c t="inlineStr" s="1">{self._text(name)}</c>' for name in columns)
        self._header = f"<row>{header}</row>".encode()
        self._begin()

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows into the sheet, and into others like it if there are too many for one."""
        for row in rows:
            if self._rows >= MOST_ROWS or self._bytes >= _MOST_BYTES:
                self._begin()
            self._write(f"<row>{''.join(map(self._cell, row))}</row>".encode())

    def take(self) -> bytes:
        """Return the bytes that were made since the last time."""
        return self._pipe.take()

    def note(self, note: str) -> None:
        """Add a sentence to the sheet of notes, which comes last."""
        self._notes.append(note)

    def close(self) -> None:
        """Write what belongs at the end, with a note on what Excel could not hold, if anything."""
        notes = self._notes
        if self._cut:
            notes.append(
                f"{self._cut:,} of the texts have more than {_MOST_CHARACTERS:,} characters,"
                " the most that a cell can hold, and were cut."
            )
        if self._left_out:
            notes.append(f"{self._left_out:,} of the BLOBs are too large for a cell.")
        if notes:
            self.start_sheet("Notes", ["Notes on this file"])
            self.add([[note] for note in notes])
        self._end()
        for name, content in _parts(self._names):
            self._archive.writestr(name, _HEAD + content)
        self._archive.close()

    def _begin(self) -> None:
        self._end()
        self._names.append(_free_name(self._title, self._names))
        self._sheet = self._archive.open(f"xl/worksheets/sheet{len(self._names)}.xml", "w")
        self._bytes = 0
        self._write(
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            "</sheetView></sheetViews><sheetData>".encode()
        )
        self._rows = 0
        self._write(self._header)

    def _end(self) -> None:
        if self._sheet is not None:
            self._sheet.write(b"</sheetData></worksheet>")
            self._sheet.close()
            self._sheet = None

    def _write(self, xml: bytes) -> None:
        assert self._sheet is not None
        self._sheet.write(xml)
        self._rows += 1
        self._bytes += len(xml)

    def _cell(self, value: Any) -> str:
        if value is None:
            return "<c/>"
        if isinstance(value, int):
            if -_EXACT < value < _EXACT:
                return f"<c><v>{value}</v></c>"
            value = str(value)
        elif isinstance(value, float):
            if math.isfinite(value):
                return f"<c><v>{value!r}</v></c>"
            value = "Infinity" if value > 0 else "-Infinity"
        elif isinstance(value, bytes):
            if len(value) > _MOST_CHARACTERS // 4 * 3:
                self._left_out += 1
                value = f"Binary, {len(value):,} bytes"
            else:
                value = base64.b64encode(value).decode()
        return f'<c t="inlineStr">{self._text(value)}</c>'

    def _text(self, text: str) -> str:
        kept = _shortened(text, _MOST_CHARACTERS)
        if len(kept) < len(text):
            self._cut += 1
            text = kept
        text = _ILLEGAL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
        return f'<is><t xml:space="preserve">{escape(text)}</t></is>'


def _shortened(text: str, most: int) -> str:
    """Return the beginning of a text; Excel counts code units of UTF-16."""
    if 2 * len(text) <= most:
        return text
    units = text[:most].encode("utf-16-le", "surrogatepass")
    if len(text) <= most and len(units) <= 2 * most:
        return text
    return units[: 2 * most].decode("utf-16-le", "ignore")


def _free_name(wanted: str, taken: Sequence[str]) -> str:
    """Return a name that a sheet can have, and that no other has."""
    name = _ILLEGAL.sub("_", _NOT_IN_NAMES.sub("_", wanted)).strip("' ") or "Sheet"
    if name.lower() == "history":  # Excel's own
        name += "_"
    used = {one.lower() for one in taken}
    number, free = 1, _shortened(name, _MOST_NAME).rstrip("' ")
    while free.lower() in used:
        number += 1
        suffix = f" ({number})"
        free = _shortened(name, _MOST_NAME - len(suffix)) + suffix
    return free


def _parts(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return the small files of a workbook with these sheets."""
    numbers = range(1, len(names) + 1)
    overrides = [("workbook", "sheet.main"), ("styles", "styles")]
    overrides += [(f"worksheets/sheet{number}", "worksheet") for number in numbers]
    types = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPE}.{kind}+xml"/>'
        for part, kind in overrides
    )
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, names, strict=True)
    )
    relations = [("worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
    relations.append(("styles", "styles.xml"))
    return [
        (
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
        ),
        ("_rels/.rels", _relationships([("officeDocument", "xl/workbook.xml")])),
        (
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets>'
            "</workbook>",
        ),
        ("xl/_rels/workbook.xml.rels", _relationships(relations)),
        (
            "xl/styles.xml",  # the second is that of column names
            f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font/><font><b/></font></fonts>'
            '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
            '<borders count="1"><border/></borders>'
            '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
            '<cellXfs count="2"><xf/><xf fontId="1" applyFont="1"/></cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
            "</styleSheet>",
        ),
    ]


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{items}</Relationships>'
