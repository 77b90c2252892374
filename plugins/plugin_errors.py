"""Names the plugin that caused an error during a request.

The page is Datasette's own for errors; with the name on it, a person knows what to remove or
update. Datasette itself reports all other errors, and those that plugins raise to be shown as they
are (not found, forbidden)."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Base400, Request, Response
from datasette.views.base import DatasetteError

from engine.packages import plugin_loading


@hookimpl
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Callable[[], Awaitable[Any]] | None:
    """Answer for an error that came from a plugin of a package."""
    if isinstance(exception, (Base400, DatasetteError)):
        return None
    package = plugin_loading.culprit(exception)
    if package is None:
        return None
    message = (
        f"The plugin {package} failed with {plugin_loading.in_words(exception)}."
        f" {plugin_loading.reason(exception)}The rest of Datasette still works. Remove the"
        " plugin or install another version on the page “Plugins”."
    )

    async def answer() -> Any:
        traceback.print_exception(exception)
        if request.path.partition("?")[0].endswith(".json"):
            error = {"ok": False, "error": message, "status": 500, "title": None}
            return Response.json(error, status=500)
        context = {"ok": False, "error": message, "status": 500, "title": f"Error in {package}"}
        template = datasette.get_jinja_environment(request).select_template(
            ["500.html", "error.html"]
        )
        page = await template.render_async(
            {**context, "urls": datasette.urls, "menu_links": lambda: []}
        )
        return Response.html(page, status=500)

    return answer
