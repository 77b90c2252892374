"""Adds a link to the site's page "Saved data" to Datasette's menu."""

from __future__ import annotations

from datasette import hookimpl
from datasette.app import Datasette


@hookimpl(trylast=True)
def menu_links(datasette: Datasette) -> list[dict[str, str]]:
    """Link to saved.html, which is beside the app/ folder that base_url is in."""
    base_url: str = datasette.setting("base_url")
    site_root = base_url[: base_url.rindex("/app/") + 1]
    return [{"href": f"{site_root}saved.html", "label": "Saved data"}]
