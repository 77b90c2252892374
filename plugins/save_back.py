"""Serves a table as the kind of file that it came from, for “Save back” on the page “Manage data”.

Unlike the downloads of rows, this has all rows and exactly the table's columns, so no rowid. If
something goes wrong on the way, the response is cut off, and the page leaves the file as it was.

The page asks for the revision before it reads the data, and names it after the file was written.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from datasette import hookimpl
from datasette.app import Datasette
from datasette.resources import TableResource
from datasette.utils import escape_sqlite
from datasette.utils.asgi import NotFound, Request, Response

from engine.datasette import site
from engine.datasette.all_rows import row_reader
from engine.datasette.contents import may_change
from engine.datasette.downloads import Body, Download
from engine.datasette.posted import posted_object
from engine.datasette.save_back import FORMATS, PAGE


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add the files."""
    return [
        (rf"{PAGE}\.(?P<extension>{'|'.join(FORMATS)})$", _file),
        (rf"{PAGE}/revision$", _revision),
    ]


async def _file(request: Request, datasette: Datasette) -> Response:
    name, table = (request.args.get(one) or "" for one in ("database", "table"))
    resource = TableResource(name, table)
    await datasette.ensure_permission(action="view-table", resource=resource, actor=request.actor)
    database = datasette.databases.get(name)
    if database is None or not await database.table_exists(table):
        raise NotFound(f"There is no table “{table}” in a database “{name}”.")
    extension = request.url_vars["extension"]
    format = FORMATS[extension]

    @asynccontextmanager
    async def body() -> AsyncIterator[Body]:
        query = f"select * from {escape_sqlite(table)}"
        async with row_reader(datasette, database, query, {}) as reader:
            yield Body(format.write(table, reader))

    return Download(body(), f"{table}.{extension}", format.content_type)


async def _revision(request: Request, datasette: Datasette) -> Response:
    """Return the revision of what is here; a POST says that a source has it now."""
    folder = site.folder
    if folder is None or not may_change(datasette, request.actor):
        return Response.json({"error": "Only the root user may save data back."}, status=403)
    if request.method == "POST":
        said = await posted_object(request)
        if said is None or not {"source", "revision"} <= said.keys():
            return Response.json({"error": "This needs a source and a revision."}, status=400)
        folder.mark_saved_back(str(said["source"]), str(said["revision"]))
    return Response.json({"revision": folder.revision})
