"""Keeps Datasette's links right below a base URL.

Datasette makes some links from `request.path`, which here has the base URL in it, and then puts the
base URL in front once more: facets, sorting, the filter form, paging. (Behind a proxy that takes
the prefix off, those links are right and others are wrong.) Datasette has a type for paths that
have had their prefix, and adds none to those; so this makes `request.path` say which kind it is.
Plugins also hand such a path to `datasette.client`, as text that has lost that type.
It can go when `datasette serve --setting base_url /x/` links facets without a doubled /x/x/, see
https://github.com/simonw/datasette/issues/1619.
"""

from __future__ import annotations

from typing import Any

from datasette.app import DatasetteClient
from datasette.utils import PrefixedUrlString
from datasette.utils.asgi import Request

_plain_path = Request.path.fget
_plain_fix = DatasetteClient._fix


def _path(request: Any) -> str:
    path: str = _plain_path(request)
    # Datasette's router leaves this when it took the base URL off for itself.
    if "route_path" in request.scope:
        path = PrefixedUrlString(path)
    return path


def _fix(client: Any, path: str, avoid_path_rewrites: bool = False) -> str:
    base: str = client.ds.setting("base_url")
    # "/app/t" may also be the table t of a database called app.
    is_database = base.strip("/") in client.ds.databases
    if base != "/" and path.startswith(base) and not is_database:
        path = PrefixedUrlString(path)
    fixed: str = _plain_fix(client, path, avoid_path_rewrites)
    return fixed


def install() -> None:
    """Change Datasette's requests, of browsers and plugins; doing it again changes nothing."""
    Request.path = property(_path, doc=Request.path.__doc__)
    DatasetteClient._fix = _fix
