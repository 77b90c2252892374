"""Remembers what was changed here since it was loaded, for the page “Manage data”."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from datasette import hookimpl
from datasette.utils import tilde_decode
from datasette.utils.asgi import Request

from engine.datasette import site


@hookimpl
def write_wrapper(
    database: str, request: Request | None
) -> Callable[[sqlite3.Connection], Iterator[None]] | None:
    """Note what is written to: the table that the request names, or else all of the database."""
    folder = site.folder
    if folder is None or database not in folder.database_names():
        return None
    table = request.url_vars.get("table") if request is not None else None

    def wrapper(conn: sqlite3.Connection) -> Iterator[None]:
        yield
        folder.mark_edited(database, None if table is None else tilde_decode(table))

    return wrapper
