"""Shows binary values of views.

Datasette links a binary value to its row's page. Rows of a view have none, so each page of a view
with a binary value was an error. Here the link names the value by its hash, as those on pages of
queries do; it leads to the value if that is among the view's first rows.
It can go when Datasette shows `create view v as select x'00' as b`.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

import datasette.utils
import datasette.views.base
import datasette.views.table
from datasette.url_builder import Urls

_plain_path = datasette.utils.path_from_row_pks
_plain_row_blob = Urls.row_blob


class _ViewRow(str):
    """The path of a row that has none."""

    row: Any


def _path(row: Any, pks: Any, use_rowid: bool, quote: bool = True) -> str:
    try:
        path: str = _plain_path(row, pks, use_rowid, quote)
    except (IndexError, KeyError):
        if not use_rowid:
            raise
        path = _ViewRow()
        path.row = row
    return path


def _row_blob(urls: Urls, database: str, table: str, row_path: str, column: str) -> str:
    if not isinstance(row_path, _ViewRow):
        url: str = _plain_row_blob(urls, database, table, row_path, column)
        return url
    digest = hashlib.sha256(row_path.row[column]).hexdigest()
    query = urlencode({"_blob_column": column, "_blob_hash": digest, "_size": "max"})
    return f"{urls.table(database, table, format='blob')}?{query}"


def install() -> None:
    """Change Datasette's functions; doing it again changes nothing."""
    datasette.views.table.path_from_row_pks = _path
    datasette.views.base.path_from_row_pks = _path
    Urls.row_blob = _row_blob
