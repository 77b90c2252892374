"""Lets SQL that people run take as long as it needs, while other pages are answered.

Datasette is made for servers that strangers use, so it ends each query after a second. Here, people
wait for queries of their own. A query of the query page that does not finish within a second starts
again in the background (running_queries.py), and the page shows how long it has been running and
can cancel it. If the configuration sets a limit (sql_time_limit_ms), that limit applies instead.
A database that does not fit into memory cannot be copied, so its queries have Datasette's limit.
It can go when Datasette can run a query in the background.

Datasette also keeps what people wrote only if SQLite finds an error, not if it refuses the query
itself; here it does in both cases.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.utils import InvalidSql, named_parameters
from datasette.utils.asgi import Request
from datasette.views import database as database_views
from datasette.views.database import QueryView

from engine.datasette import site
from engine.datasette.running_queries import (
    ABANDONED,
    LIMIT,
    LIMIT_WITHOUT_PAUSES,
    Key,
    RunningQueries,
    RunningQuery,
)
from engine.sqlite import faults

#: The ms that a query may take before it gets a page of its own.
QUICK = 1000

#: The request for which a query page runs its query.
_request: ContextVar[Request | None] = ContextVar("request", default=None)

#: Whether Datasette refused the query of that page.
_refused: ContextVar[bool] = ContextVar("refused", default=False)

_plain_get = QueryView.get
_plain_execute = Datasette.execute
_plain_validate = database_views.validate_sql_select


class _Refused(InvalidSql, sqlite3.OperationalError):  # type: ignore[misc]
    """A query that is not a SELECT, which Datasette takes for an error of SQLite."""


class StillRunning(Exception):
    """Says that the result of a page's query is not there yet."""

    def __init__(self, query: RunningQuery) -> None:
        super().__init__("The query is still running.")
        self.query = query


def queries_of(datasette: Datasette) -> RunningQueries:
    """Return the queries that run for a Datasette."""
    queries = getattr(datasette, "_running_queries", None)
    if queries is None:
        queries = datasette._running_queries = RunningQueries()
    return queries


async def _get(self: Any, request: Request, datasette: Datasette) -> Any:
    token, refused = _request.set(request), _refused.set(False)
    try:
        response = await _plain_get(self, request, datasette)
        if _refused.get():
            response.status = 400
        return response
    finally:
        _request.reset(token)
        _refused.reset(refused)


def _validate(sql: str) -> None:
    """Have the page of a refused query keep it in the editor, as it does if SQLite finds an error.

    Other formats run the query that a page shows, so there it stays an error of its own.
    """
    request = _request.get()
    try:
        _plain_validate(sql)
    except InvalidSql as error:
        if request is None or request.url_vars.get("format") is not None:
            raise
        # The page of a stored query that writes looks, too, whether it is a SELECT.
        _refused.set("sql" in request.args)
        raise _Refused(str(error)) from error


async def _execute(
    self: Datasette, db_name: str, sql: str, params: Any = None, *more: Any, **options: Any
) -> Any:
    request = _request.get()
    has_limit = _limit_is_set(self, options) or _stays_partial(self, db_name)
    if request is None or not options.get("truncate") or has_limit:
        return await _plain_execute(self, db_name, sql, params, *more, **options)
    queries = queries_of(self)
    key = _key(db_name, sql, params or {})
    query = queries.find(key)
    if query is None:
        try:
            return await _plain_execute(
                self, db_name, sql, params, *more, **options, custom_time_limit=QUICK
            )
        except QueryInterrupted:
            query = await _started(self, queries, key, params or {})
    if query.ended is None:
        if request.url_vars.get("format") is None:
            raise StillRunning(query)
        await _ended(query)
    return queries.take(query)


async def _ended(query: RunningQuery) -> None:
    """Wait for a query to end; meanwhile, it is not abandoned."""
    assert query.task is not None
    while query.ended is None:
        query.wanted()
        await asyncio.wait([query.task], timeout=ABANDONED / 3)


async def _started(
    datasette: Datasette, queries: RunningQueries, key: Key, params: Any
) -> RunningQuery:
    """Run a query in the background, or, where that is impossible, to its end."""
    names = named_parameters(key[1])
    values = {name: params[name] for name in names if name in params or name.startswith("_")}
    pause = site.pause()
    if pause is None:
        query = RunningQuery(key, values, LIMIT_WITHOUT_PAUSES)
        await query.run(datasette, None)
    else:
        query = RunningQuery(key, values, LIMIT)
        queries.start(datasette, query, pause)
    return query


def _limit_is_set(datasette: Datasette, options: dict[str, Any]) -> bool:
    settings = (datasette.config or {}).get("settings") or {}
    return bool(options.get("custom_time_limit")) or "sql_time_limit_ms" in settings


def _stays_partial(datasette: Datasette, name: str) -> bool:
    database = datasette.databases.get(name)
    path = None if database is None else database.path
    return path is not None and faults.stays_partial(Path(path))


def _key(database: str, sql: str, params: Any) -> Key:
    # Magic parameters, which begin with _, may have another value each time.
    names = [name for name in named_parameters(sql) if not name.startswith("_")]
    return database, sql, tuple((name, str(params.get(name))) for name in names)


def install() -> None:
    """Change Datasette's query page; doing it again changes nothing."""
    QueryView.get = _get
    database_views.validate_sql_select = _validate
    Datasette.execute = _execute
