"""Small files in formats that the standard library does not write, and packed ones."""

from __future__ import annotations

import base64
import io
import zipfile

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
    """Return an Excel file with these sheets, as small as the format lets one be."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    names = list(sheets)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        + "".join(
            f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
            for number, name in enumerate(names, 1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        + "".join(
            f'<Relationship Id="r{number}" Type="{office}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
            for number in range(1, len(names) + 1)
        )
        + "</Relationships>",
    }
    for number, rows in enumerate(sheets.values(), 1):
        cells = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        )
    return zipped({name: f'<?xml version="1.0"?>{part}'.encode() for name, part in parts.items()})


def _cell(value: str | int) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<c><v>{value}</v></c>"
