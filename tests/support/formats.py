"""The same small table in every format that can be opened."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

#: The rows of every file.
ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "Mug", "price": 7.5},
    {"id": 2, "name": "Café table", "price": 120.25},
    {"id": 3, "name": "Bowl, blue", "price": 9.0},
]

_FIXTURES = Path(__file__).parent.parent / "fixtures"


@dataclass(frozen=True)
class Format:
    """One kind of file."""

    file: str
    content: bytes
    #: The launcher's parameter that opens it.
    parameter: str
    #: Where Datasette shows its table, relative to the instance.
    path: str = "data/items"
    #: Whether its import shows a note.
    noted: bool = False


def _csv(delimiter: str) -> bytes:
    lines = [delimiter.join(["id", "name", "price"])]
    for row in ROWS:
        lines.append(delimiter.join([str(row["id"]), f'"{row["name"]}"', str(row["price"])]))
    return "\r\n".join(lines).encode()


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _geojson() -> bytes:
    point = {"type": "Point", "coordinates": [8.5, 47.25]}
    features = [{"type": "Feature", "properties": row, "geometry": point} for row in ROWS]
    return _json({"type": "FeatureCollection", "features": features})


_SQL = (
    "begin;\n-- a comment; with a semicolon\n"
    "create table items (id integer primary key, name text, price float);\n"
    + "".join(f"insert into items values ({r['id']}, '{r['name']}', {r['price']});\n" for r in ROWS)
    + "commit;\n"
)


def _sqlite() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(_SQL)
    data = connection.serialize()
    connection.close()
    return data


def _excel() -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet("items")
    sheet.append(list(ROWS[0]))
    for row in ROWS:
        sheet.append(list(row.values()))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _zip(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._items", b"\0")
        archive.writestr(f"folder/{name}", content)
    return file.getvalue()


_LINES = b"\n".join(map(_json, ROWS))
_PARQUET = (_FIXTURES / "items.parquet").read_bytes()

#: By name, as shown in the tests' ids.
FORMATS: dict[str, Format] = {
    "CSV": Format("items.csv", _csv(","), "csv"),
    "TSV": Format("items.tsv", _csv("\t"), "csv"),
    "JSON list": Format("items.json", _json(ROWS), "json"),
    "JSON list in an object": Format(
        "items.json", _json({"count": 3, "all": ROWS}), "json", noted=True
    ),
    "JSON objects by key": Format(
        "items.json", _json({f"key {row['id']}": row for row in ROWS}), "json"
    ),
    "JSON lines": Format("items.ndjson", _LINES, "json"),
    "GeoJSON": Format("items.geojson", _geojson(), "json"),
    "SQLite": Format("shop.db", _sqlite(), "url", path="shop/items"),
    "Excel": Format("items.xlsx", _excel(), "excel"),
    "Parquet": Format("items.parquet", _PARQUET, "parquet"),
    "Arrow": Format("items.arrow", (_FIXTURES / "items.arrow").read_bytes(), "parquet"),
    "SQL": Format("items.sql", _SQL.encode(), "sql"),
    "CSV in gzip": Format("items.csv.gz", gzip.compress(_csv(",")), "csv"),
    "JSON in gzip": Format("items.json.gz", gzip.compress(_json(ROWS)), "json"),
    "SQLite in gzip": Format("shop.db.gz", gzip.compress(_sqlite()), "url", path="shop/items"),
    "CSV in zip": Format("archive.zip", _zip("items.csv", _csv(",")), "csv"),
    "SQLite in zip": Format("archive.zip", _zip("shop.db", _sqlite()), "url", path="shop/items"),
    "Excel in zip": Format("archive.zip", _zip("items.xlsx", _excel()), "excel"),
    "Parquet in zip": Format("archive.zip", _zip("items.parquet", _PARQUET), "parquet"),
}
