"""The column overview: what is in each column of a table, view or query, from all of its rows.

It is at /DATABASE/TABLE/-/columns, with the filters of the table's page, and at
/DATABASE/-/columns?sql=… . The same address with .json has the result, with _stream=on as well a
line of JSON each time that more of the rows were read. Tables and queries link to the page.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple
from urllib.parse import urlencode

from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import Database
from datasette.resources import DatabaseResource, TableResource
from datasette.utils import InvalidSql, validate_sql_select
from datasette.utils.asgi import Forbidden, Request, Response
from datasette.views.base import DatasetteError
from markupsafe import Markup

from engine.datasette import site
from engine.datasette.column_overview import column_overview
from engine.datasette.downloads import Download, streamed
from engine.datasette.row_formats import NDJSON
from engine.datasette.row_queries import filters, parameters_of, query_of_table, query_parameters

_FORMAT = r"(?:\.(?P<format>json))?$"

_LINK = Markup('<p class="lite-overview-link"><a href="{}">Column overview</a></p>')


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add the overview of a table or view, and that of a query."""
    return [
        (r"/(?P<database>[^\/\.]+)/(?P<table>[^\/\.]+)/-/columns" + _FORMAT, _of_table),
        (r"/(?P<database>[^\/\.]+)/-/columns" + _FORMAT, _of_query),
    ]


@hookimpl
def top_table(datasette: Datasette, request: Request, database: str, table: str) -> str:
    """Link to the overview of a table's page, with its filters."""
    return _LINK.format(
        _address(f"{datasette.urls.table(database, table)}/-/columns", filters(request))
    )


@hookimpl
def top_query(request: Request, datasette: Datasette, database: str, sql: str | None) -> str | None:
    """Link to the overview of a query."""
    if not sql:
        return None
    return _LINK.format(
        _address(f"{datasette.urls.database(database)}/-/columns", parameters_of(request))
    )


@hookimpl
def top_stored_query(
    datasette: Datasette, request: Request, database: str, query_name: str
) -> Callable[[], Awaitable[str | None]]:
    """Link to the overview of a stored query that reads, if its visitor may run its SQL."""

    async def link() -> str | None:
        query = await datasette.get_query(database, query_name)
        if query is None or query.is_write or ":_" in query.sql:
            return None
        if not await _may_query(datasette, request, database):
            return None
        given = [("sql", query.sql), *parameters_of(request)]
        return _LINK.format(_address(f"{datasette.urls.database(database)}/-/columns", given))

    return link


def _address(path: str, parameters: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path


async def _may_query(datasette: Datasette, request: Request, database: str) -> bool:
    may: bool = await datasette.allowed(
        action="execute-sql", resource=DatabaseResource(database), actor=request.actor
    )
    return may


class _Rows(NamedTuple):
    """What an overview is about; `page` shows the rows themselves, `table` is "" for a query."""

    database: Database
    table: str
    sql: str
    parameters: Mapping[str, Any]
    declared: Mapping[str, str]
    page: str


async def _of_table(request: Request, datasette: Datasette) -> Response:
    """Answer with the overview of a table or view."""
    resolved = await datasette.resolve_table(request)
    database, table = resolved.db, resolved.table
    resource = TableResource(database.name, table)
    if not await datasette.allowed(action="view-table", resource=resource, actor=request.actor):
        raise Forbidden(f"You may not see the table {table}.")
    sql, parameters = await query_of_table(datasette, request)
    details = await database.table_column_details(table)
    page = _address(datasette.urls.table(database.name, table), filters(request))
    declared = {one.name: one.type or "" for one in details}
    rows = _Rows(database, table, sql, parameters, declared, page)
    return await _answer(request, datasette, rows)


async def _of_query(request: Request, datasette: Datasette) -> Response:
    """Answer with the overview of a query that is in the address."""
    database = await datasette.resolve_database(request)
    if not await _may_query(datasette, request, database.name):
        raise Forbidden(f"You may not run SQL on {database.name}.")
    sql = request.args.get("sql") or ""
    try:
        validate_sql_select(sql)
    except InvalidSql as error:
        message = str(error) if sql else "?sql= is required"
        raise DatasetteError(message, title="Invalid SQL", status=400) from error
    parameters = await query_parameters(datasette, request, sql)
    page = _address(f"{datasette.urls.database(database.name)}/-/query", parameters_of(request))
    rows = _Rows(database, "", sql, parameters, {}, page)
    return await _answer(request, datasette, rows)


async def _answer(request: Request, datasette: Datasette, rows: _Rows) -> Response:
    if request.url_vars["format"] is None:
        context = {
            "database": rows.database.name,
            "database_color": rows.database.color,
            "table": rows.table,
            "sql": rows.sql,
            "is_filtered": bool(rows.table and filters(request)),
            "page": rows.page,
            "data": _address("columns.json", parameters_of(request)),
            "shell_url": site.shell_url,
        }
        page = await datasette.render_template("lite_columns.html", context, request=request)
        return Response.html(page)
    results = column_overview(datasette, rows.database, rows.sql, rows.parameters, rows.declared)
    if request.args.get("_stream"):
        return Download(streamed(_lines(results)), "columns.ndjson", NDJSON)
    last: dict[str, Any] = {}
    async with aclosing(results):
        async for result in results:
            last = result
    return Response.json(last)


async def _lines(results: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
    async with aclosing(results):
        async for result in results:
            yield (json.dumps(result, ensure_ascii=False) + "\n").encode()
