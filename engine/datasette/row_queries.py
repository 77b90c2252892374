"""The SQL behind a table, view or query page, for all of its rows rather than one page of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from datasette.app import Datasette
from datasette.utils import named_parameters
from datasette.utils.asgi import Request
from datasette.views.database import MagicParameters
from datasette.views.table import table_view_data

# Parameters of a table page's address that are about the page rather than the rows.
_OF_THE_PAGE = ("_next", "_size", "_extra", "_shape", "_nl", "_labels", "_dl", "_stream")

_LIMIT = re.compile(r" limit \d+$")


def filters(request: Request) -> list[tuple[str, str]]:
    """Return the parameters of a table page's address that select or sort rows."""
    return [
        (name, value)
        for name, value in parameters_of(request)
        if name not in _OF_THE_PAGE and not name.startswith("_facet")
    ]


def parameters_of(request: Request) -> list[tuple[str, str]]:
    """Return all parameters of an address, empty ones included."""
    return parse_qsl(request.query_string, keep_blank_values=True)


async def query_of_table(datasette: Datasette, request: Request) -> tuple[str, Mapping[str, Any]]:
    """Return SQL and parameters for all rows of a table page, with its filters and order.

    The caller checks whether the table may be seen.
    """
    # Datasette is only needed for the SQL, so let it read as little as possible.
    query = [*filters(request), ("_extra", "query"), ("_nocount", "1"), ("_size", "1")]
    scope = dict(request.scope, query_string=urlencode(query).encode())
    resolved = await datasette.resolve_table(request)
    data, *_ = await table_view_data(datasette, Request(scope, request.receive), resolved)
    limited: str = data["query"]["sql"]
    return _LIMIT.sub("", limited), data["query"]["params"]


async def query_parameters(
    datasette: Datasette, request: Request, sql: str, query_name: str | None = None
) -> Mapping[str, Any]:
    """Return the values for a query's :parameters; `query_name` is that of a stored query."""
    given = {name: request.args.get(name) for name in request.args}
    for name in named_parameters(sql):
        if query_name is None or not name.startswith("_"):
            given.setdefault(name, "")
    if query_name is None:
        return given
    magic: Mapping[str, Any] = MagicParameters(sql, given, request, datasette)
    await magic.execute_params()  # type: ignore[attr-defined]
    return magic
