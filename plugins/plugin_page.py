"""The page "Plugins": lists active plugins, searches a catalogue, and installs and removes plugins.

Installing needs the page's script, shell/page/datasette/plugins-page.js, since the service worker
fetches packages and restarts the instance. The catalogue is catalogue.json beside this file.

All who may see the data may see the page; only the root user can change something.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import datasette
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import DEFAULT_PLUGINS, get_plugins
from datasette.utils.asgi import Request, Response
from datasette.version import __version__
from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from engine.datasette import site
from engine.packages.wheels import INSTALLED

PAGE = "/-/install"
CATALOGUE = Path(__file__).parent / "catalogue.json"
CATEGORIES = Path(__file__).parent / "categories.json"

#: States of entries that can be installed: tried, or not because a package was out of reach.
_OFFERED = ("works", "untried")

Links = list[dict[str, str]]


@hookimpl
def prepare_jinja2_environment(env: Environment) -> None:
    """Add the templates beside this file."""
    templates = FileSystemLoader(Path(__file__).parent / "templates")
    env.loader = ChoiceLoader([env.loader, templates] if env.loader else [templates])


@hookimpl(trylast=True)
def menu_links(datasette: Datasette, request: Request | None) -> Links:
    """Link to the page, which then links back to the page it was opened from."""
    return [{"href": _address(datasette, request), "label": "Plugins"}]


@hookimpl
def homepage_actions(datasette: Datasette, actor: Any, request: Request) -> Links:
    """Link to the page from the homepage's actions."""
    if not _may_change(datasette, actor):
        return []
    return [
        {
            "href": _address(datasette, request),
            "label": "Plugins",
            "description": "Maps, charts and more: add what others have made for Datasette.",
        }
    ]


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add the page."""
    return [(rf"{PAGE}$", _page)]


def _address(datasette: Datasette, request: Request | None) -> str:
    """Return the page's address, as linked from the requested page."""
    page: str = datasette.urls.path(PAGE)
    if request is None or request.path == page:
        return page
    return f"{page}?{urlencode({'back': request.full_path})}"


def _may_change(datasette: Datasette, actor: Any) -> bool:
    return bool(
        datasette.root_enabled and actor and actor.get("id") == "root" and site.folder is not None
    )


def _back(datasette: Datasette, request: Request) -> str:
    """Return the address to go back to, if the page was given one in this instance."""
    back: str = request.args.get("back") or ""
    page = datasette.urls.path(PAGE)
    is_here = back.startswith(datasette.setting("base_url")) and not back.startswith("//")
    return back if is_here and not back.startswith(page) else ""


async def _page(request: Request, datasette: Datasette) -> Response:
    await datasette.ensure_permission(action="view-instance", actor=request.actor)
    entries = _catalogue()
    context = {
        "version": __version__,
        "version_is_sites": not _is_installed(),
        "active": _active(),
        "categories": _by_category([one for one in entries if one["state"] in _OFFERED]),
        "others": [one for one in entries if one["state"] not in _OFFERED],
        "may_change": _may_change(datasette, request.actor),
        "back": _back(datasette, request),
        "home": datasette.urls.instance(),
        "shell_url": site.shell_url,
    }
    return Response.html(
        await datasette.render_template("lite_plugins.html", context, request=request)
    )


def _is_installed() -> bool:
    """Return whether this Datasette was requested by a link and is not the site's own."""
    return INSTALLED in Path(datasette.__file__).parents


def _catalogue() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(CATALOGUE.read_text())
    return sorted(entries, key=lambda entry: entry["title"].casefold())


def _by_category(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return categories and their entries, each with the most useful ones first."""
    named = {entry["name"]: entry for entry in entries}
    categories = [
        {
            "title": category["title"],
            "entries": [named.pop(name) for name in category["plugins"] if name in named],
        }
        for category in json.loads(CATEGORIES.read_text())
    ]
    categories.append({"title": "More", "entries": list(named.values())})
    return [category for category in categories if category["entries"]]


def _active() -> list[dict[str, str]]:
    """Return names and versions of the plugins that Datasette runs, except its own."""
    found = [
        {"name": plugin["name"], "version": plugin.get("version") or ""}
        for plugin in get_plugins()
        if plugin["name"] not in DEFAULT_PLUGINS
    ]
    return sorted(found, key=lambda plugin: plugin["name"].casefold())
