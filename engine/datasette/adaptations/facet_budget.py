"""Limits how long the facets of a page may take in all, and keeps what was found out for them until
the database is written to: it took a third of the time of a table's page.

When the time is up, Datasette suggests those facets that it has found so far, and names those of
the address that are missing.
It can go when Datasette has such a limit.
"""

from __future__ import annotations

import functools
from typing import Any

from datasette.plugins import pm
from datasette.views import table_extras

from engine.datasette.adaptations import query_budget, unchanged

#: Seconds for the suggestions of a page. 40 columns of a small table take some 0.2 s.
SUGGESTIONS = 1.0

#: Seconds for the facets that the address or the metadata asks for.
RESULTS = 5.0

# Datasette's own plugins, whose filters and facets depend on the address and the rows alone.
_OWN_PLUGINS = ("datasette.filters", "datasette.facets")

_plain_suggestions = table_extras.SuggestedFacetsExtra.resolve
_plain_results = table_extras.FacetResultsExtra.resolve


async def _memory(context: Any) -> query_budget.Memory | None:
    """Return where to remember the facets of a page; None if they may change without a write."""
    if context.is_view or "_where" in context.request.args:
        return None  # may ask for the time, or for random rows
    for hook in (pm.hook.filters_from_request, pm.hook.register_facet_classes):
        if any(one.plugin_name not in _OWN_PLUGINS for one in hook.get_hookimpls()):
            return None
    if context.table_name not in await unchanged.own_tables(context.db):
        return None
    return unchanged.memory(context.db, "facets")


@functools.wraps(_plain_suggestions)
async def _suggestions(self: Any, context: Any, facet_instances: Any) -> Any:
    with query_budget.budget(SUGGESTIONS, await _memory(context)):
        return await _plain_suggestions(self, context, facet_instances)


@functools.wraps(_plain_results)
async def _results(self: Any, context: Any, facet_instances: Any) -> Any:
    with query_budget.budget(RESULTS, await _memory(context)):
        return await _plain_results(self, context, facet_instances)


def install() -> None:
    """Change Datasette's facets; doing it again changes nothing."""
    query_budget.install()
    unchanged.install()
    table_extras.SuggestedFacetsExtra.resolve = _suggestions
    table_extras.FacetResultsExtra.resolve = _results
