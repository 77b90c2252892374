"""Adds a link to the site's page "Saved data" to Datasette's menu."""

from __future__ import annotations

from datasette import hookimpl
from datasette.app import Datasette

from engine.datasette import site


@hookimpl(trylast=True)
def menu_links(datasette: Datasette) -> list[dict[str, str]]:
    """Link to saved.html, which is beside the app/ folder that base_url is in."""
    root = site.root(datasette.setting("base_url"))
    return [{"href": f"{root}saved.html", "label": "Saved data"}]
