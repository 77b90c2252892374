"""Answers a page that does not exist with what there is instead, and the likely reason.

The reason is mostly that a link was shared: it names the data at its source, but not what the
sender added, renamed or removed in their own browser.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import (
    DatabaseNotFound,
    NotFound,
    Request,
    Response,
    RowNotFound,
    TableNotFound,
)

from engine.datasette import site
from engine.deferred_modules import NotHereYet, is_out_of_reach

#: Formats in which a program reads the answer; Datasette itself answers those.
_FOR_PROGRAMS = (".json", ".csv")

#: How many databases or tables are listed.
_MOST = 30

#: What Datasette says of an address that none of its pages has.
_NO_ROUTE = ("404",)

Links = list[dict[str, str]]


@hookimpl
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Callable[[], Awaitable[Response]] | None:
    """Answer with a page that leads on."""
    is_known = isinstance(exception, (DatabaseNotFound, TableNotFound, RowNotFound))
    if not is_known and not (isinstance(exception, NotFound) and exception.args == _NO_ROUTE):
        return None
    if request.path.endswith(_FOR_PROGRAMS):
        return None
    return lambda: _page(datasette, request, exception)


async def _page(datasette: Datasette, request: Request, exception: Exception) -> Response:
    # A whole address, since adaptations/root_paths.py would lead a path back into the workspace.
    root = site.root(datasette.setting("base_url"))
    context: dict[str, Any] = {"start_page": f"{request.scheme}://{request.host}{root}"}
    match exception:
        # Datasette keeps its own pages below “-”.
        case DatabaseNotFound() if exception.database_name != "-":
            name = exception.database_name
            context |= {"title": f"There is no database “{name}” here", "what": "database"}
            context |= _offer(name, await _databases(datasette, request), "Databases here")
        case TableNotFound():
            name, database = exception.table, exception.database_name
            context |= {"title": f"There is no table “{name}” in “{database}”", "what": "table"}
            tables = await _tables(datasette, request, database)
            context |= _offer(name, tables, f"Tables in “{database}”")
        case RowNotFound():
            name, database = exception.table_name, exception.database_name
            values = ", ".join(map(str, exception.pk_values))
            context |= {"title": f"There is no row {values} in “{name}”", "what": "row"}
            path = datasette.urls.table(database, name)
            context |= {"heading": "The table", "links": [{"href": path, "label": name}]}
        case _:
            context |= {"title": "There is no page at this address", "what": "page"}
            databases = await _databases(datasette, request)
            context |= {"heading": "Databases here", "links": databases[:_MOST]}
    page = await datasette.render_template("lite_not_found.html", context, request=request)
    return Response.html(page, status=404)


def _offer(name: str, there: Links, heading: str) -> dict[str, Any]:
    """Return what there is, and what may have been meant by a name."""
    by_name = {link["label"].lower(): link for link in there}
    return {
        "meant": by_name.get(_closest(name.lower(), list(by_name))),
        "heading": heading,
        "links": there[:_MOST],
        "more": max(0, len(there) - _MOST),
    }


def _closest(name: str, others: list[str]) -> str:
    """Return which of the others looks most like a name; "" if none does."""
    try:
        import difflib
    except NotHereYet:  # a part of Python that comes after the first page
        if not is_out_of_reach():
            raise
        return ""
    return next(iter(difflib.get_close_matches(name, others, n=1, cutoff=0.6)), "")


async def _databases(datasette: Datasette, request: Request) -> Links:
    page = await datasette.allowed_resources("view-database", request.actor)
    allowed = {resource.parent async for resource in page.all()}
    return [
        {"href": datasette.urls.database(name), "label": name}
        for name in datasette.databases
        if name in allowed
    ]


async def _tables(datasette: Datasette, request: Request, database: str) -> Links:
    page = await datasette.allowed_resources("view-table", request.actor, parent=database)
    hidden = set(await datasette.get_database(database).hidden_table_names())
    names = sorted({resource.child async for resource in page.all()} - hidden)
    return [{"href": datasette.urls.table(database, name), "label": name} for name in names]
