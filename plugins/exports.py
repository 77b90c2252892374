"""Exports whole databases: one as a SQLite file, as an Excel workbook or as Parquet files, and all
of them as a zip file of SQLite files.

The exports are in Datasette's menus and require the permission to download the database.
row_exports.py has those of single tables and queries.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.database import Database
from datasette.utils import escape_sqlite
from datasette.utils.asgi import Forbidden, NotFound, Request, Response

from engine.datasette import row_formats
from engine.datasette.all_rows import RowReader, frozen
from engine.datasette.downloads import (
    Body,
    Download,
    can_download,
    database_file,
    download_path,
    fits,
    may_download,
    streamed,
    zip_parts,
)
from engine.datasette.row_formats import Part

Links = list[dict[str, str]]

Write = Callable[[Sequence[Part]], AsyncGenerator[bytes]]

#: What else than a SQLite file a database can become: content type and content.
_ALL_TABLES: dict[str, tuple[str, Write]] = {
    "xlsx": (row_formats.XLSX, row_formats.xlsx_of_all),
    "parquet.zip": ("application/zip", row_formats.parquet_of_all),
}


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add the downloads of databases."""
    return [
        (r"/-/download\.zip$", _download_all),
        (
            r"/-/download/(?P<database>[^\/\.]+)\.(?P<format>db|xlsx|parquet\.zip)$",
            _download,
        ),
    ]


@hookimpl
def homepage_actions(datasette: Datasette, actor: Any) -> Callable[[], Awaitable[Links]]:
    """Offer all databases."""

    async def links() -> Links:
        if not await _downloadable(datasette, actor):
            return []
        return [
            {
                "href": datasette.urls.path("/-/download.zip"),
                "label": "Download all databases",
                "description": "A zip file with a SQLite file for each of them.",
            }
        ]

    return links


@hookimpl
def database_actions(
    datasette: Datasette, actor: Any, database: str
) -> Callable[[], Awaitable[Links]]:
    """Offer the database."""

    async def links() -> Links:
        db = datasette.get_database(database)
        if not await can_download(datasette, actor, db):
            return []
        return [
            {
                "href": download_path(datasette, database, format),
                "label": label,
                "description": description,
            }
            for format, label, description in (
                ("db", "Download database", "A SQLite file with everything in it."),
                ("xlsx", "Download as Excel", "A workbook with a sheet for each table."),
                ("parquet.zip", "Download as Parquet", "A zip file with a file for each table."),
            )
            if format == "db" or fits(db)
        ]

    return links


async def _downloadable(datasette: Datasette, actor: Any) -> list[Database]:
    databases = datasette.databases.values()
    return [each for each in databases if await may_download(datasette, actor, each) and fits(each)]


async def _download(request: Request, datasette: Datasette) -> Response:
    """Answer with a database, in the format that the address names."""
    database = await datasette.resolve_database(request)
    if database.is_memory:
        raise NotFound(
            f"The database {database.name} exists only in memory, so there is no file of it."
        )
    if not await may_download(datasette, request.actor, database):
        raise Forbidden(f"The database {database.name} may not be downloaded.")
    format = request.url_vars["format"]
    name = f"{database.name}.{format}"
    if format == "db":
        return Download(database_file(Path(database.path)), name, "application/vnd.sqlite3")
    content_type, write = _ALL_TABLES[format]
    return Download(_tables(datasette, database, write), name, content_type)


@asynccontextmanager
async def _tables(
    datasette: Datasette,
    database: Database,
    write: Write,
) -> AsyncIterator[Body]:
    """Send all tables of a database as they are at one moment; hidden ones belong to SQLite."""
    hidden = await database.hidden_table_names()
    names = [name for name in await database.table_names() if name not in hidden]
    async with frozen(datasette, database) as connection:
        tables = [
            Part(name, RowReader(connection, f"select * from {escape_sqlite(name)}", {}))
            for name in names
        ]
        yield Body(write(tables))


async def _download_all(request: Request, datasette: Datasette) -> Response:
    """Answer with all databases that the visitor can download."""
    databases = await _downloadable(datasette, request.actor)
    if not databases:
        raise NotFound("There is no database here that can be downloaded.")
    files = [(f"{database.name}.db", Path(database.path)) for database in databases]
    return Download(streamed(zip_parts(files)), "databases.zip", "application/zip")
