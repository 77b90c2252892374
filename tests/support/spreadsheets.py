"""Spreadsheets in the formats of other programs, for tests to open."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import odf.opendocument
import odf.table
import odf.text
import xlwt


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
