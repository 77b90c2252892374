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
        self._csv_database: Path | None = None
        self._csv_tables: set[str] = set()
        self._server: Server | None = None

    async def add_source(
        self, parameter: str, url: str, file: Path, report: Callable[[int, int], None]
    ) -> None:
        """Take a fetched source in; `file` is used up.

        `parameter` is the link's: "url" for a SQLite file, "csv" for a CSV file. `report` is called
        with bytes done and bytes in all.

        Raises:
            SourceError: the file is not what the parameter says, or cannot be read.
        """
        if parameter == "url":
            sqlite_file.prepare(file, url)
            file.rename(self._new_database(url))
        else:
            await self._import_csv(url, file, report)

    async def _import_csv(self, url: str, file: Path, report: Callable[[int, int], None]) -> None:
        if self._csv_database is None:
            self._csv_database = self._new_database(CSV_DATABASE)
        connection = sqlite3.connect(self._csv_database)
        try:
            table = table_name(url, self._csv_tables)
            await import_csv(file, connection, table, source=url, report=report, pause=_pause)
            self._csv_tables.add(table)
        finally:
            connection.close()
            file.unlink()

    def _new_database(self, url: str) -> Path:
        """Return where the database goes that is named after `url`."""
        name = database_name(url, set(self._databases))
        self._databases.append(name)
        return self._folder.database(name)

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
        self._folder.remember_databases(self._databases)
        self._server = server

    async def handle(self, head: RequestHead, body: RequestBody, response: Response) -> None:
        """Answer a request. The instance must be open."""
        assert self._server is not None
        await self._server.handle(head, body, response)

    async def close(self) -> None:
        """Shut Datasette down."""
        if self._server is not None:
            await self._server.shutdown()


async def _pause() -> None:
    await asyncio.sleep(0)
