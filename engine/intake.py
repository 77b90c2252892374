"""Taking a source in: a file becomes a database, or tables of one.

Responsible for the order of things and for what is remembered of a source. How each kind of file
is read is the business of its own module, serving is instance.py's.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from datasette.utils import tilde_encode

from engine import sqlite_file
from engine.csv_import import import_csv
from engine.folder import Folder
from engine.names import database_name, table_name
from engine.options import Request
from engine.pace import Report, give_way

# Where tables go, as in the first Datasette Lite.
TABLE_DATABASE = "data.db"


class Intake:
    """Takes sources into an instance's folder."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        #: Whether Datasette answers from the databases meanwhile.
        self.is_served = False

    async def take(self, request: Request, file: Path, report: Report) -> dict[str, Any]:
        """Take a source in; `file` is used up.

        Returns:
            "path": where Datasette shows it, relative to the base URL; "added": what it became,
            each with "database", "table" and "rows" (null for a database); "notes": sentences
            about what did not go as asked.

        Raises:
            SourceError: the file is not what was said, or cannot be read.
            Cancelled: `report` said so.
        """
        try:
            if request.parameter == "url":
                result = self._take_database(request, file)
            else:
                result = await self._import_csv(request, file, report)
        finally:
            file.unlink(missing_ok=True)
        self._remember(request, result["added"])
        return result

    def _take_database(self, request: Request, file: Path) -> dict[str, Any]:
        sqlite_file.prepare(file, request.url)
        name = database_name(request.options.name or request.url, set(self._databases()))
        file.rename(self._folder.database(name))
        added = [{"database": name, "table": None, "rows": None}]
        return {"path": tilde_encode(name), "added": added, "notes": []}

    async def _import_csv(self, request: Request, file: Path, report: Report) -> dict[str, Any]:
        url = request.url
        name = self._folder.table_database() or database_name(TABLE_DATABASE, self._databases())
        database = self._folder.database(name)
        # An import takes its time, and a transaction that long would keep others from writing.
        target = file.with_suffix(".import") if self.is_served else database
        table = table_name(request.options.name or url, _tables_in(database))
        connection = sqlite3.connect(target)
        try:
            rows = await import_csv(
                file, connection, table, source=url, report=report, pause=give_way
            )
            if target != database:
                _copy_table(table, target, database)
        finally:
            connection.close()
            if target != database:
                target.unlink(missing_ok=True)
        self._folder.remember(table_database=name)
        return {
            "path": f"{tilde_encode(name)}/{tilde_encode(table)}",
            "added": [{"database": name, "table": table, "rows": rows}],
            "notes": [],
        }

    def _databases(self) -> set[str]:
        return set(self._folder.database_names())

    def _remember(self, request: Request, added: list[dict[str, Any]]) -> None:
        sources = self._folder.sources()
        number = max((int(source["id"]) for source in sources), default=0) + 1
        entry = {
            "id": str(number),
            "parameter": request.parameter,
            "url": request.url,
            "origin": dict(request.origin),
            "options": dict(request.given),
            "added": [{"database": one["database"], "table": one["table"]} for one in added],
        }
        self._folder.remember(sources=[*sources, entry])


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
