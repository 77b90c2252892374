"""Which files on a person's device data can be saved back to; plugins/save_back.py serves it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple
from urllib.parse import urlencode

from datasette.app import Datasette

from engine.datasette import row_formats
from engine.datasette.all_rows import RowReader

PAGE = "/-/sources/file"


class Format(NamedTuple):
    """How the rows of a table become a file."""

    write: Callable[[str, RowReader], AsyncGenerator[bytes]]
    content_type: str


#: By the ending of a file's name. Excel workbooks are left out: their formulas, formatting and
#: other sheets would be lost.
FORMATS = {
    "csv": Format(row_formats.csv_text, row_formats.CSV),
    "ndjson": Format(row_formats.ndjson, row_formats.NDJSON),
    "jsonl": Format(row_formats.ndjson, row_formats.NDJSON),
    "parquet": Format(row_formats.parquet, row_formats.PARQUET),
}

_DATABASES = ("db", "db3", "sqlite", "sqlite3")


def table_path(datasette: Datasette, database: str, table: str, file: str) -> str | None:
    """Return where a table is served as the kind of file that `file` is; None if it cannot be."""
    extension = _extension(file)
    if extension not in FORMATS:
        return None
    query = urlencode({"database": database, "table": table})
    path: str = datasette.urls.path(f"{PAGE}.{extension}?{query}")
    return path


def is_database(file: str) -> bool:
    """Tell whether a database can be saved back to a file of this name."""
    return _extension(file) in _DATABASES


def _extension(file: str) -> str:
    return file.rpartition(".")[2].lower()
