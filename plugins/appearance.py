"""Gives Datasette's pages a dark theme, if the visitor's system prefers one, and a compact form for
pages that are embedded in another page.

Remove this file from plugins/ to have Datasette's own look: always light, always whole.
"""

from __future__ import annotations

from datasette import hookimpl
from datasette.utils.asgi import Request
from jinja2 import Environment

from engine.datasette import site

SCRIPT = "page/appearance.js"
STYLESHEET = "page/looks.css"


@hookimpl
def prepare_jinja2_environment(env: Environment) -> None:
    """Make error pages look the same, which Datasette renders without the hooks below."""
    env.globals["extra_js_urls"] = [{"url": site.shell_url + SCRIPT}]
    env.globals["extra_css_urls"] = [{"url": site.shell_url + STYLESHEET}]


@hookimpl
def extra_js_urls(request: Request | None) -> list[str]:
    """Add the script that decides on the look before anything is drawn."""
    return _urls(request, SCRIPT)


@hookimpl
def extra_css_urls(request: Request | None) -> list[str]:
    """Add the styles of these looks."""
    return _urls(request, STYLESHEET)


def _urls(request: Request | None, name: str) -> list[str]:
    # Whole addresses, since Datasette would put base_url before a path.
    if request is None:
        return []
    return [f"{request.scheme}://{request.host}{site.shell_url}{name}"]
