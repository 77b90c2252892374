"""Removes and renames the databases and tables of an instance.

Everything that knows of them agrees afterwards: the files, Datasette, its internal database, and
the list of sources. The caller checks who may do it and that it is meant.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from datasette.app import Datasette
from datasette.database import Database

from engine.datasette import removals, site
from engine.datasette.descriptions import forgotten, only, renamed
from engine.errors import LiteError
from engine.folder import Folder
from engine.importing.configuration import merged
from engine.sqlite import faults
from engine.sqlite.table_changes import drop_table, rename_table

# Of Datasette's internal database, with the column that names a table, if there is one. Its
# catalogue is not among them: Datasette keeps that up to date by itself.
_INTERNAL = {
    "metadata_databases": None,
    "metadata_resources": "resource_name",
    "metadata_columns": "resource_name",
    "column_types": "resource_name",
    "queries": None,
}

#: Whether a table is being removed or renamed, which changes the data of no table that remains.
rearranges: ContextVar[bool] = ContextVar("rearranges", default=False)

# As long as a file's name may be, with room for SQLite's suffixes.
_LONGEST = 200  # bytes


def may_change(datasette: Datasette, actor: Any) -> bool:
    """Tell whether somebody may change what is open, and how it is described."""
    is_root = datasette.root_enabled and actor and actor.get("id") == "root"
    return bool(is_root and site.folder is not None)


class Contents:
    """The databases of `datasette`, whose files are in `folder`."""

    def __init__(self, datasette: Datasette, folder: Folder) -> None:
        self._datasette = datasette
        self._folder = folder

    async def remove_database(self, name: str) -> None:
        """Remove a database with everything in it."""
        kept = await self._keep(f"The database “{name}”", name, None)
        self._datasette.remove_database(name)
        self._folder.remove_database(name)
        await self._forget_internally(name, None)
        self._forget_presentation(name, None)
        await self._datasette.refresh_schemas(force=True)
        self._folder.last_removed = kept

    async def rename_database(self, old: str, new: str) -> None:
        """Rename a database.

        Raises:
            LiteError: it cannot have that name, or is too large to be renamed.
        """
        self._check_database_name(old, new)
        datasette = self._datasette
        order = [new if name == old else name for name in datasette.databases]
        await faults.gather(self._folder.database(old))
        datasette.remove_database(old)
        self._folder.rename_database(old, new)
        path = str(self._folder.database(new))
        datasette.add_database(Database(datasette, path=path, is_mutable=True), name=new)
        datasette.databases = {name: datasette.databases[name] for name in order}
        await self._rename_internally("database_name", new, old, None)
        self._rename_presentation(old, None, new)
        await datasette.refresh_schemas(force=True)

    async def remove_table(self, database: str, table: str) -> None:
        """Drop a table or view, with the full-text indexes that it has."""
        kept = await self._keep(f"The table “{table}”", database, table)
        db = self._datasette.get_database(database)
        with _rearranging():
            await db.execute_write_fn(lambda connection: drop_table(connection, table))
            if not faults.is_read_by_block(self._folder.database(database)):
                await db.execute_write_fn(_give_room_back, transaction=False)
        if kept is not None:
            # At once: what others write from now on must not be undone.
            kept.stamp = removals.stamp_of(self._folder, database)
        self._folder.forget_table(database, table)
        await self._forget_internally(database, table)
        self._forget_presentation(database, table)
        await self._datasette.refresh_schemas(force=True)
        self._folder.last_removed = kept

    @property
    def last_removed(self) -> removals.Removed | None:
        """What can be brought back: what was removed last, unless its database has changed."""
        removed: removals.Removed | None = self._folder.last_removed
        if removed is None or not removed.copy.exists():
            return None
        if removals.stamp_of(self._folder, removed.database) != removed.stamp:
            return None
        return removed

    async def bring_back(self) -> str:
        """Bring back what was removed last; return what that is.

        Raises:
            LiteError: there is nothing, or its database was changed meanwhile.
        """
        removed = self.last_removed
        if removed is None:
            raise LiteError(
                "This cannot be undone any more.",
                hint="The database was changed meanwhile, or the workspace was started again.",
            )
        datasette, name = self._datasette, removed.database
        if name in datasette.databases:
            datasette.remove_database(name)
        removals.bring_back(self._folder, removed)
        path = str(self._folder.database(name))
        datasette.add_database(Database(datasette, path=path, is_mutable=True), name=name)
        order = [one for one in self._folder.database_names() if one in datasette.databases]
        rest = {one: db for one, db in datasette.databases.items() if one not in order}
        datasette.databases = {**rest, **{one: datasette.databases[one] for one in order}}

        def restore(connection: sqlite3.Connection) -> None:
            for table, columns, rows in removed.internal:
                marks = ", ".join("?" * len(columns))
                insert = f"insert or replace into {table} ({', '.join(columns)}) values ({marks})"
                connection.executemany(insert, rows)

        await datasette.get_internal_database().execute_write_fn(restore)
        metadata, edited, config = removed.presentation
        datasette.config = merged([datasette.config or {}, config])
        if metadata or edited:
            self._folder.keep_edits(
                merged([self._folder.edits("metadata"), metadata]),
                merged([self._folder.edits("config"), edited]),
            )
        await datasette.refresh_schemas(force=True)
        return removed.what

    async def _keep(self, what: str, database: str, table: str | None) -> removals.Removed | None:
        """Keep what is about to be removed, unless that would take too much memory."""
        if not removals.may_keep(self._folder, database):
            removals.discard(self._folder)
            return None
        await faults.make_whole(self._folder.database(database))
        internal: list[removals.Rows] = []
        for name, where, values in _rows_about(database, table):
            found = await self._datasette.get_internal_database().execute(
                f"select * from {name} where {where}", values
            )
            internal.append((name, found.columns, [tuple(row) for row in found.rows]))
        documents = [
            self._folder.edits("metadata"),
            self._folder.edits("config"),
            self._datasette.config or {},
        ]
        presentation = [only(document, database, table) for document in documents]
        return removals.keep(self._folder, what, database, internal, presentation)

    async def rename_table(self, database: str, old: str, new: str) -> None:
        """Rename a table; its indexes, triggers and full-text indexes go with it.

        Raises:
            LiteError: it cannot have that name.
        """
        db = self._datasette.get_database(database)
        rows = (await db.execute("select name from sqlite_master")).rows
        _check_table_name(new, {_fold(row[0]) for row in rows} - {_fold(old)})
        with _rearranging():
            await db.execute_write_fn(lambda connection: rename_table(connection, old, new))
        self._folder.rename_table(database, old, new)
        await self._rename_internally("resource_name", new, database, old)
        self._rename_presentation(database, old, new)
        await self._datasette.refresh_schemas(force=True)

    def _forget_presentation(self, database: str, table: str | None) -> None:
        """Forget edited descriptions, so that they don't apply to what gets the same name later."""
        metadata, config = (self._folder.edits(kind) for kind in ("metadata", "config"))
        if metadata or config:
            self._datasette.config = forgotten(self._datasette.config or {}, database, table)
            self._folder.keep_edits(
                forgotten(metadata, database, table), forgotten(config, database, table)
            )

    def _rename_presentation(self, database: str, table: str | None, new: str) -> None:
        config = self._datasette.config or {}
        self._datasette.config = renamed(config, database, table, new)
        metadata, config = (self._folder.edits(kind) for kind in ("metadata", "config"))
        if metadata or config:
            self._folder.keep_edits(
                renamed(metadata, database, table, new), renamed(config, database, table, new)
            )

    def _check_database_name(self, old: str, new: str) -> None:
        _check_name("database", new)
        if "/" in new or "\\" in new:
            raise _bad_name("database", new, "A slash cannot be part of it.")
        if new.startswith(("@", "_")):
            raise _bad_name("database", new, "Names that begin with @ or _ are reserved.")
        if new.strip(". ") in ("", "-"):
            raise _bad_name("database", new, "It needs a letter or a digit.")
        if len(new.encode()) > _LONGEST:
            raise _bad_name("database", new, "It is too long.")
        taken = {_fold(name) for name in self._datasette.databases} - {_fold(old)}
        if _fold(new) in taken:
            raise _bad_name("database", new, "There is already a database with this name.")

    async def _forget_internally(self, database: str, table: str | None) -> None:
        def forget(connection: sqlite3.Connection) -> None:
            for name, where, values in _rows_about(database, table):
                connection.execute(f"delete from {name} where {where}", values)

        await self._datasette.get_internal_database().execute_write_fn(forget)

    async def _rename_internally(
        self, column: str, new: str, database: str, table: str | None
    ) -> None:
        def rename(connection: sqlite3.Connection) -> None:
            for name, where, values in _rows_about(database, table):
                update = f"update or replace {name} set {column} = ? where {where}"
                connection.execute(update, [new, *values])

        await self._datasette.get_internal_database().execute_write_fn(rename)


@contextmanager
def _rearranging() -> Iterator[None]:
    token = rearranges.set(True)
    try:
        yield
    finally:
        rearranges.reset(token)


def _rows_about(database: str, table: str | None) -> list[tuple[str, str, list[Any]]]:
    """Return table, condition and its values, for all in the internal database about something."""
    if table is None:
        return [(name, "database_name = ?", [database]) for name in _INTERNAL]
    return [
        (name, f"database_name = ? and {column} = ?", [database, table])
        for name, column in _INTERNAL.items()
        if column is not None
    ]


def _give_room_back(connection: sqlite3.Connection) -> None:
    """Make the file smaller if most of it is empty: then that is quick, and worth it."""
    [pages] = connection.execute("pragma page_count").fetchone()
    [free] = connection.execute("pragma freelist_count").fetchone()
    if free > pages / 2:
        connection.execute("vacuum")


def _check_table_name(name: str, taken: set[str]) -> None:
    _check_name("table", name)
    if _fold(name).startswith("sqlite_"):
        raise _bad_name("table", name, "SQLite reserves names that begin with sqlite_.")
    if _fold(name) in taken:
        raise _bad_name("table", name, "This name is already taken in this database.")


def _check_name(kind: str, name: str) -> None:
    if name.strip() == "":
        raise LiteError(f"A {kind} needs a name.")
    if not name.isprintable():
        raise _bad_name(kind, name, "It contains an invisible character.")


def _bad_name(kind: str, name: str, why: str) -> LiteError:
    return LiteError(f"A {kind} cannot be called “{name}”.", hint=why)


def _fold(name: str) -> str:
    return name.lower()
