"""The page "Manage data": lists what is open, with its source and size, and has forms to rename and
remove it. Loading from the source again and copying links needs the page's script,
shell/page/datasette/sources-page.js.

All who may see the data may see the page; only the root user may change something.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import Database, QueryInterrupted
from datasette.resources import TableResource
from datasette.utils import escape_sqlite, tilde_encode
from datasette.utils.asgi import Forbidden, NotFound, Request, Response
from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from engine.datasette import removals, site
from engine.datasette.contents import Contents, may_change
from engine.datasette.downloads import can_download, download_path
from engine.datasette.save_back import is_database, table_path
from engine.errors import LiteError
from engine.sqlite import faults
from engine.sqlite.names import database_name, table_name

PAGE = "/-/sources"

# The most ms to count a table's rows; the page should not wait for larger tables.
COUNTING = 100

Links = list[dict[str, str]]
Source = dict[str, Any]


@hookimpl
def prepare_jinja2_environment(env: Environment) -> None:
    """Add the templates beside this file."""
    templates = FileSystemLoader(Path(__file__).parent / "templates")
    env.loader = ChoiceLoader([env.loader, templates] if env.loader else [templates])


@hookimpl(trylast=True)
def menu_links(datasette: Datasette) -> Links:
    """Link to the page."""
    return [{"href": datasette.urls.path(PAGE), "label": "Manage data"}]


@hookimpl(tryfirst=True)
def homepage_actions(datasette: Datasette, actor: Any) -> Links:
    """Link to the page from the homepage's actions."""
    changes = ": load again, rename, remove" if may_change(datasette, actor) else ""
    return [
        {
            "href": datasette.urls.path(PAGE),
            "label": "Manage data",
            "description": f"What is open here, and where it came from{changes}.",
        }
    ]


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add the page, and the pages of its forms."""
    return [
        (rf"{PAGE}$", _page),
        (rf"{PAGE}/(?P<change>rename|remove)$", _change),
        (rf"{PAGE}/undo$", _undo),
    ]


async def _page(request: Request, datasette: Datasette) -> Response:
    await datasette.ensure_permission(action="view-instance", actor=request.actor)
    await datasette.refresh_schemas()
    page = await datasette.allowed_resources("view-database", request.actor)
    allowed = {resource.parent async for resource in page.all()}
    sources = _Sources()
    databases = [
        await _database(datasette, request.actor, database, sources)
        for name, database in datasette.databases.items()
        if name in allowed
    ]
    context = {
        "databases": databases,
        "left_out": _left_out(datasette, request.actor, sources),
        "may_change": may_change(datasette, request.actor),
        "settings": sources.settings(),
        "any_file": any(database["download"] for database in databases),
        "page": datasette.urls.path(PAGE),
        "shell_url": site.shell_url,
        "removed": _removed(datasette, request.actor),
    }
    return Response.html(
        await datasette.render_template("lite_sources.html", context, request=request)
    )


def _left_out(datasette: Datasette, actor: Any, sources: _Sources) -> list[dict[str, Any]]:
    """Return the databases that could not be opened."""
    if not may_change(datasette, actor) or site.folder is None:
        return []
    names = [name for name in site.folder.database_names() if name not in datasette.databases]
    return [{"name": name, "source": sources.of(name, None)} for name in names]


def _removed(datasette: Datasette, actor: Any) -> str | None:
    """Return what the page offers to bring back."""
    if not may_change(datasette, actor) or site.folder is None:
        return None
    removed = Contents(datasette, site.folder).last_removed
    return None if removed is None else removed.what


class _Sources:
    """The records of where databases and tables are from."""

    def __init__(self) -> None:
        self._all: list[Source] = site.folder.sources() if site.folder is not None else []
        self._of: dict[tuple[str, str | None], Source] = {}
        for source in self._all:
            for added in source["added"]:
                # Only the first source counts, not later additions to a table.
                self._of.setdefault((added["database"], added["table"]), source)

    def of(self, database: str, table: str | None) -> dict[str, Any] | None:
        """Return the page's data on the source of a database or table, if it has one."""
        source = self._of.get((database, table))
        return None if source is None else _described(source, database, table)

    def settings(self) -> list[dict[str, Any]]:
        """Return the page's data on metadata and configuration, which have no table."""
        return [
            {"name": source["url"].rpartition("/")[2], "source": _described(source)}
            for source in self._all
            if source["parameter"] in ("metadata", "config")
        ]

    def tables(self, database: str) -> list[str]:
        """Return the tables of a database that have a source of their own."""
        return [table for where, table in self._of if where == database and table is not None]


def _described(
    source: Source, database: str | None = None, table: str | None = None
) -> dict[str, Any]:
    origin = source["origin"]
    address = origin.get("url") or source["url"]
    is_web = address.startswith(("https://", "http://"))
    kind = origin.get("kind") or ("link" if is_web else "file")
    loaded = origin.get("loadedAt")
    moment = None if loaded is None else datetime.fromtimestamp(loaded / 1000, UTC)
    return {
        "id": source["id"],
        "kind": kind,
        "name": origin.get("file") or address,
        "address": address if is_web else None,
        "size": origin.get("size"),
        "loaded": moment,
        "notes": source.get("notes", []),
        "can_reload": kind in ("link", "site"),
        "again": _again(source) if kind == "file" else None,
        "is_alone": len(source["added"]) == 1,
        "edited": any(one.get("edited") for one in source["added"]),
        # Earlier versions of the site did not note it.
        "may_be_edited": any(one.get("edited", True) for one in source["added"]),
        "link": None
        if database is None or kind not in ("link", "site")
        else _link(source, address, database, table),
    }


def _again(source: Source) -> dict[str, str] | None:
    """Return what local-files.js needs to open a file again; None if that cannot replace what was
    made from it.
    """
    origin = source["origin"]
    # Of a database with its journal, the file alone is not all.
    if origin.get("member") or origin.get("journals") or source["options"].get("exists") == "add":
        return None
    return {"addition": origin.get("addition") or ""}


def _link(source: Source, address: str, database: str, table: str | None) -> str:
    """Return the data, as JSON, that sources-page.js turns into a launcher link."""
    options = dict(source["options"])
    path = [database] if table is None else [database, table]
    named = database_name(address, set()) if table is None else table_name(address, set())
    # The link passes on the names of renamed tables.
    if len(source["added"]) == 1 and path[-1] != named:
        options["name"] = path[-1]
    return json.dumps(
        {
            "parameter": source["parameter"],
            "value": address,
            "options": options,
            "path": "/".join(map(tilde_encode, path)),
        }
    )


async def _database(
    datasette: Datasette, actor: Any, database: Database, sources: _Sources
) -> dict[str, Any]:
    name = database.name
    hidden = set(await database.hidden_table_names())
    names = [table for table in await database.table_names() if table not in hidden]
    source = sources.of(name, None)
    has_file = await can_download(datasette, actor, database)
    # For a database from a single file, list only added tables; it may have hundreds of others.
    own = set(sources.tables(name))
    shown = [table for table in names if table in own or (source is None and name != "_memory")]
    return {
        "name": name,
        "color": database.color,
        "in_memory": database.is_memory,
        "size": None if database.is_memory else database.size,
        "on_host": not database.is_memory and faults.is_on_host(Path(database.path or "")),
        "count": len(names),
        "source": source,
        "download": download_path(datasette, name) if has_file else None,
        "back": download_path(datasette, name)
        if has_file and source and source["again"] and is_database(source["name"])
        else None,
        "tables": [
            {
                "name": table,
                "rows": await _count(database, table),
                "source": (found := sources.of(name, table)),
                "back": _back(datasette, name, table, found),
            }
            for table in shown
            if await datasette.allowed(
                action="view-table", resource=TableResource(name, table), actor=actor
            )
        ],
    }


def _back(
    datasette: Datasette, database: str, table: str, source: dict[str, Any] | None
) -> str | None:
    """Return the address of a table as the kind of file that it came from, if it can be one."""
    if not source or not source["again"] or not source["is_alone"]:
        return None
    return table_path(datasette, database, table, source["name"])


async def _count(database: Database, table: str) -> int | None:
    """Return how many rows a table has, or None if counting takes too long."""
    try:
        counted = await database.execute(
            f"select count(*) from {escape_sqlite(table)}", custom_time_limit=COUNTING
        )
    except QueryInterrupted:
        return None
    count: int = counted.single_value()
    return count


async def _change(request: Request, datasette: Datasette) -> Response:
    """Show the form that renames or removes a database or table, or do it."""
    if not may_change(datasette, request.actor) or site.folder is None:
        raise Forbidden("Only the root user may change what is open.")
    change = request.url_vars["change"]
    name, table = request.args.get("database") or "", request.args.get("table")
    database = datasette.databases.get(name)
    if database is None or name not in site.folder.database_names():
        raise NotFound(f"There is no database “{name}” here that can be changed.")
    if table is not None and not await database.table_exists(table):
        raise NotFound(f"There is no table “{table}” in the database “{name}”.")
    what = f"the database “{name}”" if table is None else f"the table “{table}”"
    error: LiteError | None = None
    wanted = name if table is None else table
    if request.method == "POST":
        contents = Contents(datasette, site.folder)
        try:
            if change == "remove":
                await _remove(contents, name, table)
                done = f"{what[0].upper()}{what[1:]} was removed"
            else:
                wanted = ((await request.post_vars()).get("name") or "").strip()
                await _rename(contents, name, table, wanted)
                done = f"{what[0].upper()}{what[1:]} is now called “{wanted}”"
        except LiteError as refused:
            error = refused
        else:
            datasette.add_message(request, f"{done}.")
            return Response.redirect(datasette.urls.path(PAGE))
    context = {
        "change": change,
        "what": what,
        "database": name,
        "table": table,
        "database_color": database.color,
        "wanted": wanted,
        "error": error,
        "source": _Sources().of(name, table),
        "rows": None if table is None else await _count(database, table),
        "tables": len(await database.table_names()),
        "page": datasette.urls.path(PAGE),
        "download": download_path(datasette, name)
        if await can_download(datasette, request.actor, database)
        else None,
        "can_undo": removals.may_keep(site.folder, name),
    }
    page = await datasette.render_template("lite_change.html", context, request=request)
    return Response.html(page, status=200 if error is None else 400)


async def _undo(request: Request, datasette: Datasette) -> Response:
    """Bring back what was removed last."""
    if not may_change(datasette, request.actor) or site.folder is None:
        raise Forbidden("Only the root user may change what is open.")
    if request.method == "POST":
        try:
            what = await Contents(datasette, site.folder).bring_back()
            datasette.add_message(request, f"{what} is back.")
        except LiteError as refused:
            datasette.add_message(request, f"{refused} {refused.hint}", datasette.ERROR)
    return Response.redirect(datasette.urls.path(PAGE))


async def _remove(contents: Contents, database: str, table: str | None) -> None:
    if table is None:
        await contents.remove_database(database)
    else:
        await contents.remove_table(database, table)


async def _rename(contents: Contents, database: str, table: str | None, new: str) -> None:
    if table is None:
        await contents.rename_database(database, new)
    else:
        await contents.rename_table(database, table, new)
