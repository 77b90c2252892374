"""Spreadsheets in the formats of other programs, for tests to open."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import odf.opendocument
import odf.table
import odf.text
import openpyxl
import xlwt


def xlsx(fill: Callable[[Any], None]) -> bytes:
    """Return an .xlsx file whose sheet was filled by a function."""
    book = openpyxl.Workbook()
    fill(book.active)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls(sheets: dict[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    """Return an .xls file with these sheets; dates are written as such."""
    book = xlwt.Workbook()
    date = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        sheet.visibility = int(name in hidden)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                style = (date,) if hasattr(value, "year") else ()
                sheet.write(number, column, value, *style)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods(rows: Sequence[Sequence[tuple[str, str]]]) -> bytes:
    """Return an .ods file with one sheet; cells are a type, such as "float", and a value."""
    document = odf.opendocument.OpenDocumentSpreadsheet()
    table = odf.table.Table(name="S")
    attributes = {"date": "datevalue", "boolean": "booleanvalue", "float": "value"}
    for row in rows:
        line = odf.table.TableRow()
        for kind, value in row:
            more = {attributes[kind]: value} if kind in attributes else {}
            cell = odf.table.TableCell(valuetype=kind, **more)
            cell.addElement(odf.text.P(text=value))
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    return _saved(document)


def odt() -> bytes:
    """Return an OpenDocument text."""
    return _saved(odf.opendocument.OpenDocumentText())


def _saved(document: Any) -> bytes:
    file = io.BytesIO()
    document.write(file)
    return file.getvalue()


_NAMESPACES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
}


def ods_of(sheets: Mapping[str, str]) -> bytes:
    """Return an .ods file; the rows of each sheet are XML."""
    tables = "".join(
        f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in sheets.items()
    )
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        "</manifest:manifest>"
    )
    return _zip({"mimetype": mime, "META-INF/manifest.xml": manifest, "content.xml": content})


def ods_text(value: str) -> str:
    """Return the XML of a cell with text."""
    return (
        f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    )


def ods_row(*cells: str, repeated: int = 1) -> str:
    """Return the XML of a row."""
    inner = "".join(cells)
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inner}</table:table-row>'


class ErrorValue(str):
    """A cell with an error; the text is its code, such as "\x2a" for #N/A."""


def xlsb(cells: Mapping[tuple[int, int], str | float], sheet: str = "S") -> bytes:
    """Return an .xlsb file with one sheet; cells are by row and column, which count from 0."""
    data, last = b"", -1
    for (row, column), value in sorted(cells.items()):
        if row != last:
            data += _record(0, struct.pack("<II", row, 0) + bytes(9))
            last = row
        place = struct.pack("<II", column, 0)
        if isinstance(value, ErrorValue):
            data += _record(3, place + value.encode())
        elif isinstance(value, str):
            data += _record(6, place + _wide(value))
        else:
            data += _record(5, place + struct.pack("<d", value))
    size = struct.pack("<4I", 0, 1, 0, 1)  # what it says of its size need not be true
    data = _record(129) + _record(148, size) + _record(145) + data + _record(146) + _record(130)
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide(sheet)
    workbook = _record(131) + _record(143) + _record(156, bundle) + _record(144) + _record(132)
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return _zip(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/_rels/workbook.bin.rels": "<Relationships xmlns="
            '"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship'
            f' Id="rId1" Type="{relations}/worksheet" Target="worksheets/sheet1.bin"/>'
            "</Relationships>",
            "xl/workbook.bin": workbook,
            "xl/worksheets/sheet1.bin": data,
        }
    )


def _record(kind: int, data: bytes = b"") -> bytes:
    """Return a record of an .xlsb file, of less than 128 bytes."""
    assert len(data) < 128
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(data)]) + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _zip(files: Mapping[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()
