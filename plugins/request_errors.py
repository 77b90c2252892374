"""Explains why a request fails where Datasette would only report an internal error.

Such requests are for data that takes too long to read or is damaged (Datasette explains that only
for queries), have a form without one of its fields, or a path with a file as a folder.
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
    """Answer in Datasette's way, but with a fitting sentence and status."""
    known = _explained(exception, request.method, datasette.sql_time_limit_ms / 1000)
    if known is None:
        return None
    answer: Callable[[], Awaitable[Any]] = datasettes.handle_exception(datasette, request, known)
    return answer


def _explained(exception: Exception, method: str, seconds: float) -> Any:
    match exception:
        case QueryInterrupted():
            return DatasetteError(
                f"It would take longer than {seconds:g} seconds to read this, so it was stopped."
                " Nothing is lost. Pages with a filter, or of other tables, may work.",
                title="This takes too long",
                status=400,
            )
        case sqlite3.DatabaseError():
            return DatasetteError(
                f"SQLite says: {exception}. Other pages of this database may work.",
                title="SQLite cannot do this",
                status=400,
            )
        case KeyError(args=(str(field), *_)) if method == "POST":
            return DatasetteError(
                f"The request has no field “{field}”, which this form needs.",
                title="Incomplete form",
                status=400,
            )
        case NotADirectoryError() | IsADirectoryError():
            return DatasetteError("There is no such file.", title="Not found", status=404)
    return None
