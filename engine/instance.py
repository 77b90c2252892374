"""One Datasette with its data: takes sources in, then serves.

Responsible for how sources become databases and how Datasette is set up. Where its files lie is
folder.py's business, reading CSV is csv_import.py's, HTTP is asgi.py's, and where the bytes of a
source come from is the worker's.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

from datasette.app import Datasette
from datasette.database import Database
from datasette.utils import tilde_encode

from engine import sqlite_file
from engine.adaptations import base_url, row_counts
from engine.adaptations.referrer import same_origin_referrer
from engine.asgi import RequestBody, RequestHead, Response, Server
from engine.cookies import Cookies
from engine.csv_import import import_csv
from engine.errors import LiteError
from engine.folder import Folder
from engine.names import database_name, table_name

FOLDER = Path("/instance")
PLUGINS = Path("/plugins")

# Where the tables of CSV files go, as in the first Datasette Lite.
CSV_DATABASE = "data.db"


class Instance:
    """A Datasette at `base_url`, the path of its address with both slashes."""

    def __init__(self, base_url: str, folder: Path = FOLDER, plugins: Path = PLUGINS) -> None:
        self._base_url = base_url
        self._folder = Folder(folder)
        self._plugins = plugins
        self._databases = self._folder.database_names()
        self._csv_database = self._folder.csv_database()
        self._datasette: Datasette | None = None
        self._server: Server | None = None

    async def add_source(
        self, parameter: str, url: str, file: Path, report: Callable[[int, int], None]
    ) -> str:
        """Take a source in, before or after `open`; `file` is used up.

        `parameter` is the link's: "url" for a SQLite file, "csv" for a CSV file. `url` may be the
        name of a file as well. `report` is called with bytes done and bytes in all.

        Returns:
            Where Datasette shows it, relative to the base URL.

        Raises:
            SourceError: the file is not what the parameter says, or cannot be read.
        """
        try:
            if parameter == "url":
                path = self._take_database(url, file)
            else:
                path = await self._import_csv(url, file, report)
        finally:
            file.unlink(missing_ok=True)
        await self._serve_new()
        return path

    def _take_database(self, url: str, file: Path) -> str:
        sqlite_file.prepare(file, url)
        name = database_name(url, set(self._databases))
        file.rename(self._folder.database(name))
        self._databases.append(name)
        return name

    async def _import_csv(self, url: str, file: Path, report: Callable[[int, int], None]) -> str:
        name = self._csv_database or database_name(CSV_DATABASE, set(self._databases))
        database = self._folder.database(name)
        # An import takes its time, and a transaction that long would keep others from writing.
        target = database if self._datasette is None else file.with_suffix(".import")
        table = table_name(url, _tables_in(database))
        connection = sqlite3.connect(target)
        try:
            await import_csv(file, connection, table, source=url, report=report, pause=_pause)
            if target != database:
                _copy_table(table, target, database)
        finally:
            connection.close()
            if target != database:
                target.unlink(missing_ok=True)
        if self._csv_database is None:
            self._csv_database = name
            self._databases.append(name)
        return f"{name}/{tilde_encode(table)}"

    async def _serve_new(self) -> None:
        """Have a Datasette that is already open show what was added."""
        datasette = self._datasette
        if datasette is None:
            return
        for name in self._databases:
            if name not in datasette.databases:
                path = str(self._folder.database(name))
                datasette.add_database(Database(datasette, path=path, is_mutable=True), name=name)
        await datasette.refresh_schemas()
        self._folder.remember(self._databases, self._csv_database)

    async def open(self, memory: bool) -> None:
        """Start Datasette on what was added, or on what was saved; `memory` adds its in-memory
        database.

        Raises:
            LiteError: Datasette or a plugin could not start.
        """
        base_url.install()
        row_counts.install()
        self._folder.forget_shared_memory()
        try:
            datasette = Datasette(
                [str(self._folder.database(name)) for name in self._databases],
                memory=memory,
                internal=str(self._folder.internal_database),
                secret=self._folder.secret(),
                plugins_dir=str(self._plugins) if self._plugins.is_dir() else None,
                # WebAssembly has no threads here: queries run where they are asked for.
                settings={"num_sql_threads": 0, "base_url": self._base_url},
            )
            server = Server(same_origin_referrer(datasette.app()), Cookies(self._folder.cookies))
            await server.startup()
            # Else the first page would do it, and wait until what it writes is saved.
            await datasette.refresh_schemas()
        except LiteError:
            raise
        except Exception as error:
            raise LiteError(
                f"Datasette could not start: {type(error).__name__}: {error}",
                hint="A plugin or the data is the likely cause.",
            ) from error
        self._folder.remember(self._databases, self._csv_database)
        self._datasette = datasette
        self._server = server

    async def handle(self, head: RequestHead, body: RequestBody, response: Response) -> None:
        """Answer a request. The instance must be open."""
        assert self._server is not None
        await self._server.handle(head, body, response)

    async def close(self) -> None:
        """Shut Datasette down."""
        if self._server is not None:
            await self._server.shutdown()


def _tables_in(database: Path) -> set[str]:
    if not database.exists():
        return set()
    connection = sqlite3.connect(database)
    try:
        return {name for (name,) in connection.execute("select name from sqlite_master")}
    finally:
        connection.close()


def _copy_table(table: str, source: Path, target: Path) -> None:
    """Copy a table without indexes from one database into another, where its name is free."""
    name = '"' + table.replace('"', '""') + '"'
    connection = sqlite3.connect(target)
    try:
        connection.execute("attach ? as source", [str(source)])
        where = "select sql from source.sqlite_master where name = ?"
        [(schema,)] = connection.execute(where, [table]).fetchall()
        with connection:
            connection.execute("begin")
            connection.execute(schema)
            connection.execute(f"insert into main.{name} select * from source.{name}")
    finally:
        connection.close()


async def _pause() -> None:
    await asyncio.sleep(0)
