"""Exports the saved queries of a database as a SQL script, and imports queries from one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.resources import DatabaseResource
from datasette.utils import InvalidSql, validate_sql_select
from datasette.utils.asgi import Forbidden, Request, Response

from engine.datasette.downloads import content_disposition
from engine.datasette.query_files import QueryText, free_name, from_script, to_script

Links = list[dict[str, str]]

# More than anybody saves by hand.
_MOST = 1000


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add the export, and the page of the import."""
    return [
        (r"/(?P<database>[^\/\.]+)/-/queries\.sql$", _export),
        (r"/(?P<database>[^\/\.]+)/-/queries/import$", _import),
    ]


@hookimpl
def database_actions(
    datasette: Datasette, actor: Any, database: str
) -> Callable[[], Awaitable[Links]]:
    """Offer both, the import to those who may save queries."""

    async def links() -> Links:
        path = f"{datasette.urls.database(database)}/-/queries"
        found = []
        if await _queries(datasette, actor, database):
            found.append(
                {
                    "href": f"{path}.sql",
                    "label": "Export saved queries",
                    "description": "A .sql file with all of them.",
                }
            )
        if await _may_save(datasette, actor, database):
            found.append(
                {
                    "href": f"{path}/import",
                    "label": "Import queries",
                    "description": "Save the queries of a .sql file here.",
                }
            )
        return found

    return links


async def _may_save(datasette: Datasette, actor: Any, database: str) -> bool:
    for action in ("execute-sql", "store-query"):
        resource = DatabaseResource(database)
        if not await datasette.allowed(action=action, resource=resource, actor=actor):
            return False
    return True


async def _queries(datasette: Datasette, actor: Any, database: str) -> list[Any]:
    page = await datasette.list_queries(database, actor=actor, limit=_MOST, include_private=True)
    found: list[Any] = page.queries
    return found


async def _export(request: Request, datasette: Datasette) -> Response:
    """Answer with the queries that the visitor may see."""
    database = await datasette.resolve_database(request)
    queries = await _queries(datasette, request.actor, database.name)
    script = to_script(
        QueryText(one.name, one.title or "", one.description or "", one.sql) for one in queries
    )
    headers = {"content-disposition": content_disposition(f"{database.name} queries.sql")}
    return Response(script, headers=headers, content_type="application/sql; charset=utf-8")


async def _import(request: Request, datasette: Datasette) -> Response:
    """Show the form, or save what it contains."""
    database = await datasette.resolve_database(request)
    if not await _may_save(datasette, request.actor, database.name):
        raise Forbidden(f"You may not save queries for {database.name}.")
    script, error = "", ""
    if request.method == "POST":
        form = await request.form(files=True)
        script = form.get("sql") or ""
        file = form.get("file")
        if file is not None and file.filename:
            script = (await file.read()).decode("utf-8-sig", errors="replace")
        error = await _save(request, datasette, database.name, script)
        if not error:
            return Response.redirect(f"{datasette.urls.database(database.name)}/-/queries")
    context = {
        "database": database.name,
        "database_color": database.color,
        "script": script,
        "error": error,
    }
    page = await datasette.render_template("lite_import_queries.html", context, request=request)
    return Response.html(page, status=400 if error else 200)


async def _save(request: Request, datasette: Datasette, database: str, script: str) -> str:
    """Save queries; return why none of them was saved, or ""."""
    queries = from_script(script)
    if not queries:
        return "There is no query in this text."
    for number, query in enumerate(queries, 1):
        try:
            validate_sql_select(query.sql)
        except InvalidSql:
            return (
                f"Query {number} (“{query.title or query.name}”) is not a SELECT. Only queries"
                " that read can be imported; nothing was saved. Remove this one, then try again."
            )
    there = {one.name: one.sql for one in await _queries(datasette, request.actor, database)}
    # A query has the address that a table of its name would have.
    names = {*there, *await datasette.databases[database].table_names()}
    saved = 0
    for query in queries:
        if there.get(query.name, "").strip() == query.sql:
            continue
        name = free_name(query.name, names)
        await datasette.add_query(
            database,
            name,
            query.sql,
            title=query.title or None,
            description=query.description or None,
            is_private=True,
            source="user",
            owner_id=(request.actor or {}).get("id"),
            replace=False,
        )
        names.add(name)
        saved += 1
    known = len(queries) - saved
    words = f"{saved} {'query was' if saved == 1 else 'queries were'} saved"
    also = f"; {known} {'was' if known == 1 else 'were'} here already" if known else ""
    datasette.add_message(request, f"{words}{also}.")
    return ""
