"""Remembers what was changed here since it was loaded, for the page “Manage data”.

This is about each source: what loading it again would undo. Whether a whole workspace was changed,
so that deleting it loses work, its record says (`edited` and `onlyAdded` of SavedInstance): that
must be known before Python runs, and of every kind of app.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from datasette import hookimpl
from datasette.utils import tilde_decode
from datasette.utils.asgi import Request

from engine.datasette import contents, site


@hookimpl
def write_wrapper(
    database: str, request: Request | None
) -> Callable[[sqlite3.Connection], Iterator[None]] | None:
    """Note what is written to: the table that the request names, or else all of the database.

    If a table is removed or renamed, only a database that was loaded as a whole differs.
    """
    folder = site.folder
    if folder is None or database not in folder.database_names():
        return None
    table = request.url_vars.get("table") if request is not None else None
    tables = None if table is None else [tilde_decode(table)]
    if contents.rearranges.get():
        tables = []

    def wrapper(conn: sqlite3.Connection) -> Iterator[None]:
        yield
        folder.mark_edited(database, tables)

    return wrapper
