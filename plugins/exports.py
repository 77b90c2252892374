"""Exports data from the browser: a database as a SQLite file, all databases as a zip file, and all
rows of a table, view or query, not just a page of them, as newline-delimited JSON.

Datasette itself exports CSV and JSON. The exports are in Datasette's menus and require the same
permissions as its pages.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import Database
from datasette.utils import CustomJSONEncoder, named_parameters, remove_infinites
from datasette.utils.asgi import Forbidden, NotFound, Request, Response
from datasette.views.base import DatasetteError
from datasette.views.database import MagicParameters
from datasette.views.table import table_view_data

from engine.datasette.all_rows import all_rows
from engine.datasette.downloads import (
    Download,
    database_file,
    download_path,
    may_download,
    streamed,
    zip_parts,
)

Links = list[dict[str, str]]

CONTENT_TYPE = "application/x-ndjson; charset=utf-8"

# Parameters of a table page's address that are about the page rather than the rows.
_OF_THE_PAGE = ("_next", "_size", "_extra", "_shape", "_nl", "_labels", "_dl", "_stream")

_LIMIT = re.compile(r" limit \d+$")


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add the downloads of databases."""
    return [
        (r"/-/download\.zip$", _download_all),
        (r"/-/download/(?P<database>[^\/\.]+)\.db$", _download),
    ]


@hookimpl
def homepage_actions(datasette: Datasette, actor: Any) -> Callable[[], Awaitable[Links]]:
    """Offer all databases."""

    async def links() -> Links:
        if not await _downloadable(datasette, actor):
            return []
        return [
            {
                "href": datasette.urls.path("/-/download.zip"),
                "label": "Download all databases",
                "description": "A zip file with a SQLite file for each of them.",
            }
        ]

    return links


@hookimpl
def database_actions(
    datasette: Datasette, actor: Any, database: str
) -> Callable[[], Awaitable[Links]]:
    """Offer the database."""

    async def links() -> Links:
        if not await may_download(datasette, actor, datasette.get_database(database)):
            return []
        return [
            {
                "href": download_path(datasette, database),
                "label": "Download database",
                "description": "A SQLite file with everything in it.",
            }
        ]

    return links


@hookimpl
def table_actions(datasette: Datasette, database: str, table: str, request: Request) -> Links:
    """Offer the table's rows."""
    path = datasette.urls.table(database, table, format="ndjson")
    return [_as_ndjson(path, _filters(request))]


@hookimpl
def view_actions(datasette: Datasette, database: str, view: str, request: Request) -> Links:
    """Offer the view's rows."""
    path = datasette.urls.table(database, view, format="ndjson")
    return [_as_ndjson(path, _filters(request))]


@hookimpl
def query_actions(
    datasette: Datasette, database: str, query_name: str | None, request: Request, sql: str | None
) -> Links:
    """Offer the query's rows."""
    if not sql:
        return []
    if query_name is None:
        path = f"{datasette.urls.database(database)}/-/query.ndjson"
    else:
        path = datasette.urls.query(database, query_name, format="ndjson")
    return [_as_ndjson(path, parse_qsl(request.query_string, keep_blank_values=True))]


@hookimpl
def register_output_renderer() -> dict[str, Any]:
    """Add the format "ndjson" to tables, views and queries."""
    return {"extension": "ndjson", "render": _render, "can_render": _can_render}


def _as_ndjson(path: str, query: list[tuple[str, str]]) -> dict[str, str]:
    return {
        "href": f"{path}?{urlencode(query)}" if query else path,
        "label": "Download as NDJSON",
        "description": "All of these rows, one line of JSON for each.",
    }


def _filters(request: Request) -> list[tuple[str, str]]:
    """Return the parameters of a table page's address that select rows."""
    pairs = parse_qsl(request.query_string, keep_blank_values=True)
    return [
        (name, value)
        for name, value in pairs
        if name not in _OF_THE_PAGE and not name.startswith("_facet")
    ]


async def _downloadable(datasette: Datasette, actor: Any) -> list[Database]:
    databases = datasette.databases.values()
    return [each for each in databases if await may_download(datasette, actor, each)]


async def _download(request: Request, datasette: Datasette) -> Response:
    """Answer with a database."""
    database = await datasette.resolve_database(request)
    if database.is_memory:
        raise NotFound(
            f"The database {database.name} exists only in memory, so there is no file of it."
        )
    if not await may_download(datasette, request.actor, database):
        raise Forbidden(f"The database {database.name} may not be downloaded.")
    body = database_file(Path(database.path))
    return Download(body, f"{database.name}.db", "application/vnd.sqlite3")


async def _download_all(request: Request, datasette: Datasette) -> Response:
    """Answer with all databases that the visitor may download."""
    databases = await _downloadable(datasette, request.actor)
    if not databases:
        raise NotFound("There is no database here that can be downloaded.")
    files = [(f"{database.name}.db", Path(database.path)) for database in databases]
    return Download(streamed(zip_parts(files)), "databases.zip", "application/zip")


def _can_render(request: Request, sql: str | None) -> bool:
    """Leave out a row's page, which is one line, and a query's page that has no SQL yet."""
    return bool(sql) and "pks" not in request.url_vars


async def _render(
    datasette: Datasette,
    request: Request,
    database: str,
    table: str | None,
    query_name: str | None,
    sql: str | None,
    rows: list[Any],
    error: str | None,
) -> Response:
    """Answer with all rows of a page's table or query. Datasette has checked the permissions."""
    if error is not None:
        raise DatasetteError(error, title="Invalid SQL", status=400)
    name = query_name or table or database
    if "pks" in request.url_vars:
        return Download(streamed(_lines(_one_batch(rows))), f"{name}.ndjson", CONTENT_TYPE)
    if table is not None:
        sql, parameters = await _query_of_table(datasette, request)
    else:
        parameters = await _parameters(datasette, request, sql or "", query_name)
    batches = all_rows(datasette, datasette.get_database(database), sql or "", parameters)
    return Download(streamed(_lines(batches)), f"{name}.ndjson", CONTENT_TYPE)


async def _query_of_table(datasette: Datasette, request: Request) -> tuple[str, Mapping[str, Any]]:
    """Return SQL and parameters for all rows of a table page, with its filters and order."""
    # Datasette is only needed for the SQL, so let it read as little as possible.
    query = [*_filters(request), ("_extra", "query"), ("_nocount", "1"), ("_size", "1")]
    scope = dict(request.scope, query_string=urlencode(query).encode())
    resolved = await datasette.resolve_table(request)
    data, *_ = await table_view_data(datasette, Request(scope, request.receive), resolved)
    limited: str = data["query"]["sql"]
    return _LIMIT.sub("", limited), data["query"]["params"]


async def _parameters(
    datasette: Datasette, request: Request, sql: str, query_name: str | None
) -> Mapping[str, Any]:
    """Return the values for a query's :parameters."""
    given = {name: request.args.get(name) for name in request.args}
    for name in named_parameters(sql):
        if query_name is None or not name.startswith("_"):
            given.setdefault(name, "")
    if query_name is None:
        return given
    magic: Mapping[str, Any] = MagicParameters(sql, given, request, datasette)
    await magic.execute_params()  # type: ignore[attr-defined]
    return magic


async def _one_batch(rows: list[Any]) -> AsyncGenerator[list[Any]]:
    yield rows


async def _lines(batches: AsyncGenerator[list[Any]]) -> AsyncGenerator[bytes]:
    """Yield rows as lines of JSON, with Datasette's JSON for bytes, and null for infinity."""
    encode = CustomJSONEncoder(ensure_ascii=False, allow_nan=False).encode
    async with aclosing(batches):
        async for rows in batches:
            lines = []
            for row in rows:
                values = dict(row)
                try:
                    lines.append(encode(values))
                except ValueError:
                    lines.append(encode(remove_infinites(values)))
            if lines:
                yield ("\n".join(lines) + "\n").encode()
