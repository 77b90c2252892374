"""Small files in formats that the standard library does not write, and packed ones."""

from __future__ import annotations

import base64
import io
import zipfile

from openpyxl import Workbook

#: A Parquet file as pyarrow wrote it, compressed with Snappy: column `n` is 1, 2, 3, fifty times.
PARQUET = base64.b64decode(
    "UEFSMRUAFb4JFWQsFawCFQAVBhUGHAAAAN8EOAMAAACsAgEBAAAAAgAAAAEP/gwA/gwA/gwA/gwA/gwA/gwA/gwA"
    "/gwA/gwALgwAFQQZLDUAGAZzY2hlbWEVAgAVAiUCGAFuABasAhkcGRwmABwVAhklBgAZGAFuFQIWrAIW6AkWjgEm"
    "CEkcFQAVABUCADwpBhkmAKwCAAAAFugJFqwCJggWjgEAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAu"
    "MRkcHAAAAIIAAABQQVIx"
)


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip file with these files in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook(sheets: dict[str, list[list[str | int]]]) -> bytes:
    """Return an Excel file with these sheets."""
    book = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
