"""Explains, on the page of a table, why it or a column cannot be read, or is sorted differently.

engine/sqlite/unreadable.py knows why a table cannot be read, and
engine/datasette/adaptations/introspection.py keeps it from affecting the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.resources import TableResource
from datasette.utils.asgi import Request, Response
from datasette.views.base import DatasetteError
from markupsafe import Markup

from engine.datasette.adaptations import unchanged
from engine.sqlite.connections import BUILT_IN, DAMAGED, collations_in
from engine.sqlite.names import quote
from engine.sqlite.unreadable import (
    Unreadable,
    reason_of,
    unreadable,
    unreadable_columns,
    unreadable_indexes,
)

_SORTED_HERE = (
    "Only the program that made this database has the collation “{}”, by which it orders text of"
    " this table. Here text is compared character by character. Before that program uses a"
    " downloaded copy, have it run {}."
)

_NOT_SEARCHED = "This table cannot be searched here, because of “{}”. {}"


@hookimpl
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Callable[[], Awaitable[Any]] | None:
    """Answer for a table that cannot be read, or a query that needs a missing feature."""
    if not isinstance(exception, (*DAMAGED, DatasetteError)):
        return None

    async def answer() -> Any:
        found = await _find(datasette, request)
        is_page = "." not in request.path.rpartition("/")[2]
        if found is not None and is_page and request.method == "GET":
            database, table, why = found
            context = {"database": database, "table": table, "why": why}
            page = await datasette.render_template("lite_unreadable.html", context, request)
            return Response.html(page)
        said = found[2].error if found else str(exception)
        reason = found[2].reason if found else reason_of(said)
        if reason is None:
            return None
        return await _error(datasette, request, f"{reason} SQLite says: {said}.", is_page)

    return answer


async def _find(datasette: Datasette, request: Request) -> tuple[str, str, Unreadable] | None:
    """Return the table that a request is about, if it cannot be read."""
    if "table" not in (request.url_vars or {}):
        return None
    try:
        resolved = await datasette.resolve_table(request)
    except Exception:
        return None  # no such table, or not even the database can be read
    database, table = resolved.db, resolved.table

    if not await _may_see(datasette, request, database.name, table):
        return None
    why = await database.execute_fn(lambda connection: unreadable(connection, table))
    if why is None:
        return None
    instead = [
        name for name in why.instead if await _may_see(datasette, request, database.name, name)
    ]
    return database.name, table, replace(why, instead=instead)


async def _may_see(datasette: Datasette, request: Request, database: str, table: str) -> bool:
    resource = TableResource(database, table)
    seen: bool = await datasette.allowed(
        action="view-table", resource=resource, actor=request.actor
    )
    return seen


async def _error(datasette: Datasette, request: Request, message: str, is_page: bool) -> Response:
    if not is_page:
        return Response.json({"ok": False, "error": message, "status": 400, "title": None}, 400)
    context = {"ok": False, "error": message, "status": 400, "title": "This cannot be read here"}
    template = datasette.get_jinja_environment(request).select_template(["400.html", "error.html"])
    page = await template.render_async(
        {**context, "urls": datasette.urls, "menu_links": lambda: []}
    )
    return Response.html(page, status=400)


@hookimpl
def top_table(
    datasette: Datasette, request: Request, database: str, table: str
) -> Callable[[], Awaitable[str]]:
    """Say that a table's values are compared differently than at its origin, left out, or not
    searched.
    """

    async def notes() -> str:
        sentences = []
        shown = datasette.get_database(database)
        known = unchanged.memory(shown, "unreadable parts")
        if table not in known:
            known[table] = await shown.execute_fn(
                lambda connection: (
                    _own_collations(connection, table),
                    unreadable_columns(connection, table),
                    unreadable_indexes(connection, table),
                )
            )
        names, damaged, indexes = known[table]
        if names:
            again = " and ".join(f"REINDEX {quote(name)}" for name in names)
            sentences.append(_SORTED_HERE.format("” and “".join(names), again))
        if damaged:
            sentences.append(_columns_left_out(len(damaged)))
        for name, why in indexes.items():
            if await _may_see(datasette, request, database, name):
                sentences.append(_NOT_SEARCHED.format(name, why.reason))
        paragraph = Markup('<p class="message-warning">{}</p>')
        return Markup("").join(paragraph.format(sentence) for sentence in sentences)

    return notes


def _columns_left_out(count: int) -> str:
    if count == 1:
        return "1 column is left out here, since its name is not valid UTF-8."
    return f"{count:,} columns are left out here, since their names are not valid UTF-8."


def _own_collations(connection: Any, table: str) -> list[str]:
    """Return the collations of a table and its indexes that have substitutes here."""
    sql = " ".join(
        row[0]
        for row in connection.execute(
            "SELECT sql FROM main.sqlite_master WHERE tbl_name = ? AND sql LIKE '%collate%'",
            [table],
        ).fetchall()
    )
    return [name for name in collations_in(sql) if name.upper() not in BUILT_IN]
