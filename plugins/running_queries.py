"""The page of a query that is still running: how long it has been, and a button to cancel it.

engine/datasette/long_queries.py decides when a query gets this page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Request, Response

from engine.datasette import site
from engine.datasette.long_queries import StillRunning, queries_of

PATH = "/-/running-query"


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add what the page asks."""
    return [(PATH + r"/(?P<id>[\w-]+)\.json$", _status)]


@hookimpl
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Callable[[], Awaitable[Response]] | None:
    """Answer with the page."""
    if not isinstance(exception, StillRunning):
        return None
    query = exception.query

    async def page() -> Response:
        database, sql, _ = query.key
        context = {
            "database": database,
            "database_color": datasette.get_database(database).color,
            "sql": sql,
            "seconds": query.seconds,
            "status": datasette.urls.path(f"{PATH}/{query.id}.json"),
            "shell_url": site.shell_url,
        }
        html = await datasette.render_template("lite_running.html", context, request=request)
        return Response.html(html, headers={"cache-control": "no-store"})

    return page


async def _status(request: Request, datasette: Datasette) -> Response:
    """Tell whether a query still runs, and for how many seconds; cancel it if that is wanted.

    Its id is known only to the page that shows it.
    """
    query = queries_of(datasette).get(request.url_vars["id"])
    if query is None:
        return Response.json({"running": False})
    if request.args.get("cancel"):
        query.cancel()
    answer: dict[str, Any] = {"running": query.ended is None, "seconds": query.seconds}
    return Response.json(answer, headers={"cache-control": "no-store"})
