"""Explains what keeps SQLite from showing a page: it takes too long, or the data is damaged.

Datasette explains this for queries only; for tables, views and rows its page says
"QueryInterrupted: interrupted", as if there were an error in the program.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

from datasette import handle_exception as datasettes
from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.utils.asgi import Request
from datasette.views.base import DatasetteError


@hookimpl
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Callable[[], Awaitable[Any]] | None:
    """Answer for an error of SQLite."""
    if isinstance(exception, QueryInterrupted):
        seconds = datasette.sql_time_limit_ms / 1000
        title = "This takes too long"
        message = (
            f"It would take longer than {seconds:g} seconds to read this, so it was stopped."
            " Nothing is lost. Pages with a filter or of another table may work."
        )
    elif isinstance(exception, sqlite3.DatabaseError):
        title = "SQLite cannot read this"
        message = f"SQLite says: {exception}. Other pages of this database may work."
    else:
        return None
    known = DatasetteError(message, title=title, status=400)
    answer: Callable[[], Awaitable[Any]] = datasettes.handle_exception(datasette, request, known)
    return answer
