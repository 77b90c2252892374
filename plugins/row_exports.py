"""Exports all rows of a table, view or query, not just a page of them: as an Excel workbook, as a
Parquet file and as newline-delimited JSON.

Datasette itself exports CSV and JSON. Links are next to those and in Datasette's menus. The link to
CSV downloads a file, too, instead of showing text.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request, Response
from datasette.views.base import DatasetteError

from engine.datasette import row_formats
from engine.datasette.all_rows import RowReader, row_reader
from engine.datasette.downloads import Body, Download
from engine.datasette.row_queries import filters, parameters_of, query_of_table, query_parameters

Links = list[dict[str, str]]


class _Format(NamedTuple):
    extension: str
    label: str
    description: str
    content_type: str
    write: Callable[[str, RowReader], AsyncGenerator[bytes]]


_FORMATS = (
    _Format(
        "xlsx",
        "Download as Excel",
        "All of these rows in a spreadsheet.",
        row_formats.XLSX,
        row_formats.xlsx,
    ),
    _Format(
        "parquet",
        "Download as Parquet",
        "All of these rows, with their types.",
        row_formats.PARQUET,
        row_formats.parquet,
    ),
    _Format(
        "ndjson",
        "Download as NDJSON",
        "All of these rows, one line of JSON for each.",
        row_formats.NDJSON,
        row_formats.ndjson,
    ),
)


@hookimpl
def table_actions(datasette: Datasette, database: str, table: str, request: Request) -> Links:
    """Offer the table's rows."""
    return _links(lambda format: datasette.urls.table(database, table, format), filters(request))


@hookimpl
def view_actions(datasette: Datasette, database: str, view: str, request: Request) -> Links:
    """Offer the view's rows."""
    return _links(lambda format: datasette.urls.table(database, view, format), filters(request))


@hookimpl
def query_actions(
    datasette: Datasette, database: str, query_name: str | None, request: Request, sql: str | None
) -> Links:
    """Offer the query's rows."""
    if not sql:
        return []

    def path(format: str) -> str:
        if query_name is None:
            return f"{datasette.urls.database(database)}/-/query.{format}"
        stored: str = datasette.urls.query(database, query_name, format)
        return stored

    return _links(path, parameters_of(request))


def _links(path: Callable[[str], str], query: list[tuple[str, str]]) -> Links:
    return [
        {
            "href": path(one.extension) + (f"?{urlencode(query)}" if query else ""),
            "label": one.label,
            "description": one.description,
        }
        for one in _FORMATS
    ]


@hookimpl
def register_output_renderer() -> list[dict[str, Any]]:
    """Add the formats to tables, views and queries."""
    return [
        {"extension": one.extension, "render": _renderer(one), "can_render": _can_render}
        for one in _FORMATS
    ]


@hookimpl
def extra_template_vars(
    datasette: Datasette, request: Request | None, table: str | None, view_name: str | None
) -> dict[str, str]:
    """Have the link “CSV” download a file, of a table with all rows, as the other formats do."""
    if request is None or view_name not in ("table", "database"):
        return {}
    if view_name == "table":
        query = [*filters(request), ("_labels", "on"), ("_stream", "on")]
    else:
        query = parameters_of(request)
    path = f"{request.scope.get('route_path', request.path)}.csv"
    whole = urlencode([*query, ("_size", "max"), ("_dl", "1")])
    return {"url_csv": datasette.urls.path(f"{path}?{whole}")}


def _can_render(request: Request, sql: str | None) -> bool:
    """Leave out a row's page, which is one line, and a query's page that has no SQL yet."""
    return bool(sql) and "pks" not in request.url_vars


def _renderer(format: _Format) -> Callable[..., Any]:
    async def render(
        datasette: Datasette,
        request: Request,
        database: str,
        table: str | None,
        query_name: str | None,
        sql: str | None,
        rows: list[Any],
        columns: list[str],
        error: str | None,
    ) -> Response:
        """Answer with all rows of a page's table or query. Datasette checked the permissions."""
        if error is not None:
            raise DatasetteError(error, title="Invalid SQL", status=400)
        name = query_name or table or database

        @asynccontextmanager
        async def body() -> AsyncIterator[Body]:
            if "pks" in request.url_vars:
                yield Body(format.write(name, RowReader.of(columns, rows)))
                return
            if table is not None:
                query, parameters = await query_of_table(datasette, request)
            else:
                query = sql or ""
                parameters = await query_parameters(datasette, request, query, query_name)
            shown = datasette.get_database(database)
            async with row_reader(datasette, shown, query, parameters) as reader:
                yield Body(format.write(name, reader))

        return Download(body(), f"{name}.{format.extension}", format.content_type)

    return render
