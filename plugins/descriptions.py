"""Forms for what Datasette displays: titles, descriptions, sorting, facets and the like.

All of it can be downloaded, as Datasette reads it from metadata.yaml and datasette.yaml.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils.asgi import Forbidden, Request, Response

from engine.datasette import site
from engine.datasette.contents import may_change
from engine.datasette.descriptions import FIELDS, Descriptions, wrong_field
from engine.datasette.downloads import content_disposition

Links = list[dict[str, str]]

_DATABASE, _TABLE = r"/(?P<database>[^\/\.]+)", r"/(?P<table>[^\/\.]+)"


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add the forms and the files."""
    return [
        (rf"(?:{_DATABASE}(?:{_TABLE})?)?/-/describe$", _describe),
        (r"/-/(?P<kind>metadata|datasette)\.yaml$", _yaml),
    ]


@hookimpl
def homepage_actions(datasette: Datasette, actor: Any) -> Links:
    """Offer the form for everything, and the files."""
    if not may_change(datasette, actor):
        return []
    return [
        _form(datasette.urls.path("/-/describe"), "The title and description of this page."),
        {
            "href": datasette.urls.path("/-/metadata.yaml"),
            "label": "Download metadata.yaml",
            "description": "All titles and descriptions.",
        },
        {
            "href": datasette.urls.path("/-/datasette.yaml"),
            "label": "Download datasette.yaml",
            "description": "Sorting, facets, hidden tables and saved queries.",
        },
    ]


@hookimpl
def database_actions(datasette: Datasette, actor: Any, database: str) -> Links:
    """Offer the form for the database."""
    if not may_change(datasette, actor):
        return []
    path = f"{datasette.urls.database(database)}/-/describe"
    return [_form(path, "The title, description and source of this database.")]


@hookimpl
def table_actions(datasette: Datasette, actor: Any, database: str, table: str) -> Links:
    """Offer the form for the table."""
    if not may_change(datasette, actor):
        return []
    path = f"{datasette.urls.table(database, table)}/-/describe"
    return [_form(path, "Title, descriptions of columns, sorting, facets.")]


@hookimpl
def view_actions(datasette: Datasette, actor: Any, database: str, view: str) -> Links:
    """Offer the form for the view."""
    return table_actions(datasette, actor, database, view)  # type: ignore[no-any-return]


def _form(path: str, description: str) -> dict[str, str]:
    return {"href": path, "label": "Edit description", "description": description}


async def _yaml(request: Request, datasette: Datasette) -> Response:
    """Answer with one of the files."""
    descriptions = _descriptions(request, datasette)
    kind = request.url_vars["kind"]
    is_metadata = kind == "metadata"
    text = await (descriptions.metadata_yaml() if is_metadata else descriptions.config_yaml())
    headers = {"content-disposition": content_disposition(f"{kind}.yaml")}
    return Response(text, headers=headers, content_type="application/yaml; charset=utf-8")


def _descriptions(request: Request, datasette: Datasette) -> Descriptions:
    if not may_change(datasette, request.actor) or site.folder is None:
        raise Forbidden("Only the root user may change how this is presented.")
    return Descriptions(datasette, site.folder)


async def _describe(request: Request, datasette: Datasette) -> Response:
    """Show the form, or save what it contains."""
    descriptions = _descriptions(request, datasette)
    database: str | None = None
    table: str | None = None
    is_view = False
    if request.url_vars.get("table") is not None:
        resolved = await datasette.resolve_table(request)
        database, table, is_view = resolved.db.name, resolved.table, resolved.is_view
    elif request.url_vars.get("database") is not None:
        database = (await datasette.resolve_database(request)).name
    values = await descriptions.metadata(database, table)
    columns: dict[str, str] = {}
    config: dict[str, Any] = {}
    if database is not None and table is not None:
        columns = await descriptions.columns(database, table)
        config = await datasette.table_config(database, table)
    error = ""
    if request.method == "POST":
        form = await request.form()
        values = {name: (form.get(name) or "").strip() for name in FIELDS}
        names = list(columns)
        columns = {
            name: (form.get(f"column-{number}") or "").strip() for number, name in enumerate(names)
        }
        error = wrong_field(values)
        if not error:
            await descriptions.describe(database, table, values, columns)
            if database is not None and table is not None:
                chosen = {names[int(number)] for number in form.getlist("facet")}
                descriptions.present(database, table, _presentation(form, names, config, chosen))
            datasette.add_message(request, "The description was saved.")
            return Response.redirect(_page(datasette, database, table))
    context = {
        "database": database,
        "database_color": datasette.get_database(database).color if database else "",
        "table": table,
        "is_view": is_view,
        "fields": [(name, label, values[name]) for name, label in FIELDS.items()],
        "columns": columns,
        "facets": [one for one in config.get("facets") or [] if isinstance(one, str)],
        "config": config,
        "error": error,
        "page": _page(datasette, database, table),
        "action": f"{_page(datasette, database, table).rstrip('/')}/-/describe",
    }
    page = await datasette.render_template("lite_describe.html", context, request=request)
    return Response.html(page, status=400 if error else 200)


def _presentation(
    form: Any, columns: list[str], config: dict[str, Any], chosen: set[str]
) -> dict[str, Any]:
    """Return the configuration that a form says; columns are named by their position."""

    def column(field: str) -> str | None:
        position = form.get(field) or ""
        return columns[int(position)] if position else None

    descending = bool(form.get("descending"))
    others = [one for one in config.get("facets") or [] if not isinstance(one, str)]
    return {
        "label_column": column("label"),
        "sort": None if descending else column("sort"),
        "sort_desc": column("sort") if descending else None,
        "facets": [name for name in columns if name in chosen] + others,
        "hidden": bool(form.get("hidden")),
    }


def _page(datasette: Datasette, database: str | None, table: str | None) -> str:
    if database is None:
        path = datasette.urls.instance()
    elif table is None:
        path = datasette.urls.database(database)
    else:
        path = datasette.urls.table(database, table)
    return str(path)
