"""Limits how long the facets of a page may take in all.

When the time is up, Datasette suggests those facets that it has found so far, and names those of
the address that are missing.
It can go when Datasette has such a limit.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from datasette.views import table_extras

from engine.datasette.adaptations import query_budget

#: Seconds for the suggestions of a page. 40 columns of a small table take some 0.2 s.
SUGGESTIONS = 1.0

#: Seconds for the facets that the address or the metadata asks for.
RESULTS = 5.0

_plain_suggestions = table_extras.SuggestedFacetsExtra.resolve
_plain_results = table_extras.FacetResultsExtra.resolve


def _within(
    seconds: Callable[[], float], resolve: Callable[..., Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    # Datasette decides by the names of the parameters what to call it with.
    @functools.wraps(resolve)
    async def resolve_within(*arguments: Any, **named: Any) -> Any:
        with query_budget.budget(seconds()):
            return await resolve(*arguments, **named)

    return resolve_within


def install() -> None:
    """Change Datasette's facets; doing it again changes nothing."""
    query_budget.install()
    table_extras.SuggestedFacetsExtra.resolve = _within(lambda: SUGGESTIONS, _plain_suggestions)
    table_extras.FacetResultsExtra.resolve = _within(lambda: RESULTS, _plain_results)
