"""Opening an Excel file with openpyxl, in slices where its own way takes seconds at a stretch.

Not responsible for what is in the sheets (excel_import.py). Imported only when there is such a
file, since importing openpyxl takes a while.
"""

from __future__ import annotations

from typing import Any, BinaryIO
from xml.etree.ElementTree import iterparse

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.xml.constants import SHARED_STRINGS

from engine.pace import Breathe

_SLICE_TEXTS = 200

# Bytes. Styles, names and relations are read in one go, at some 10 MB a second in WebAssembly.
_MOST_AT_ONCE = 20_000_000
_MOST_IN_ALL = 2_000_000_000

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_TEXT_ITEM = f"{_MAIN}si"
_PLAIN_TEXT = f"{_MAIN}t"


async def open_workbook(file: BinaryIO, breathe: Breathe) -> Any:
    """Return openpyxl's workbook, read-only and with the values of formulas.

    :param breathe: awaited with positions in the file.

    Raises:
        Exception: it can't be read; openpyxl raises nearly anything.
    """
    await breathe(0)
    reader = _Reader(file, read_only=True, data_only=True)
    _check_sizes(reader.archive)
    await reader.read_strings_in_slices(file, breathe)
    reader.read()
    return reader.wb


def _check_sizes(archive: Any) -> None:
    """Raise a ValueError if a part is too large that is read in one go, or all together."""
    in_all = 0
    for part in archive.infolist():
        in_all += part.file_size
        is_in_slices = (
            part.filename.startswith("xl/worksheets/") or "sharedStrings" in part.filename
        )
        if part.file_size > _MOST_AT_ONCE and not is_in_slices and part.filename.endswith(".xml"):
            raise ValueError(f"{part.filename} has {part.file_size:,} bytes")
    if in_all > _MOST_IN_ALL:
        raise ValueError(f"unpacked, it has {in_all:,} bytes")


class _Sheet(ReadOnlyWorksheet):
    def _get_size(self) -> None:
        """Leave it open, so that rows end where they do: what files say of it is often wrong.

        Where one does not say it, openpyxl would read the whole sheet to find out.
        """


class _Reader(ExcelReader):
    shared_strings: list[str]
    archive: Any
    package: Any
    parser: Any
    valid_files: Any
    wb: Any

    async def read_strings_in_slices(self, file: BinaryIO, breathe: Breathe) -> None:
        """Read the texts that cells refer to by their numbers."""
        self.read_manifest()
        texts = self.package.find(SHARED_STRINGS)
        if texts is None:
            return
        rich: Any = Text
        with self.archive.open(texts.PartName[1:]) as part:
            for _, node in iterparse(part):
                if node.tag != _TEXT_ITEM:
                    continue
                plain = node[0] if len(node) == 1 and node[0].tag == _PLAIN_TEXT else None
                text = rich.from_tree(node).content if plain is None else plain.text or ""
                self.shared_strings.append(text.replace("x005F_", ""))  # as openpyxl does
                node.clear()
                if len(self.shared_strings) % _SLICE_TEXTS == 0:
                    await breathe(file.tell())

    def read_strings(self) -> None:
        """Keep those that were read in slices."""

    def read_worksheets(self) -> None:
        """List the sheets; charts are no tables."""
        for sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                found = _Sheet(self.wb, sheet.name, relation.target, self.shared_strings)
                found.sheet_state = sheet.state
                self.wb._sheets.append(found)
