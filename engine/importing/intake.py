"""Takes in a source: turns a file into a database, or into tables of one.

This module runs the steps in order and records what became of a source. Each kind of file has its
own module that reads it, landing.py brings tables into a database, and instance.py serves it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from datasette.utils import tilde_encode

from engine.errors import SourceError
from engine.folder import Folder
from engine.importing import sqlite_file
from engine.importing.configuration import read_configuration
from engine.importing.csv_import import import_csv_at
from engine.importing.excel_import import Workbook, import_sheet
from engine.importing.excel_notes import hidden_in_words, no_sheets
from engine.importing.file_kinds import Kind, kind_of, read_head, text_called_spreadsheet
from engine.importing.finishing import NewTable
from engine.importing.json_import import import_json
from engine.importing.landing import Landing, drop_leftovers
from engine.importing.options import ImportOptions, Request, notes_on_options
from engine.importing.replacing import check_replacement, made_before
from engine.importing.row_import import RowReader, import_rows
from engine.importing.sql_import import import_script, read_script
from engine.pace import Pace, Pause, Report, give_way
from engine.sqlite import faults, journals
from engine.sqlite.connections import DAMAGED, rebuild_indexes
from engine.sqlite.names import find_name, new_database_name, quote

# The share of an import that is done once its tables are made and only have to land.
_MADE = 0.85

# SQLite's types, as options name them. Others hold anything.
_OPTION_TYPES = {"INTEGER": "integer", "INT": "integer", "REAL": "float", "FLOAT": "float"}


class Intake:
    """Takes sources into an instance's folder.

    :param pause: lets other work run.
    """

    def __init__(self, folder: Folder, pause: Pause = give_way) -> None:
        self._folder = folder
        self._pause = pause
        # Two at once would both find that there is no database for tables yet.
        self._turn = asyncio.Lock()
        #: Whether Datasette answers from the databases meanwhile.
        self.is_served = False
        #: Called with the name of a database whose file is about to be replaced.
        self.release: Callable[[str], None] = lambda name: None

    async def take(self, request: Request, file: Path, report: Report) -> dict[str, Any]:
        """Take in a source; `file` is consumed.

        Returns:
            "id": of the source; "path": where Datasette shows it, relative to the base URL;
            "added": what it became, each with "database", "table" and "rows" (null for a
            database); "notes": sentences about what did not work as requested.

        Raises:
            SourceError: the file is of another kind than stated, or cannot be read.
            Cancelled: `report` returned false.
        """
        async with self._turn:
            return await self._take(request, file, report)

    async def _take(self, request: Request, file: Path, report: Report) -> dict[str, Any]:
        try:
            if there := await self._added_before(request):
                return there
            pace = Pace(file.stat().st_size, report, self._pause)
            head = await faults.complete(lambda: read_head(file))
            kind = kind_of(head, request.url, request.parameter)
            check_replacement(self._folder, request, is_database=kind == "sqlite")
            if kind not in ("sqlite", "csv"):
                await faults.make_whole(file)
            if kind == "sqlite":
                result = await self._take_database(request, file)
            elif kind in ("metadata", "config"):
                return self._take_configuration(request, kind, file)
            else:
                result = await self._take_tables(request, kind, file, None, pace)
                if kind == "csv" and text_called_spreadsheet(head, request.url):
                    note = f"{request.url} is not a spreadsheet but text, and was read as CSV."
                    result["notes"].insert(0, note)
                elif kind == "json" and request.parameter == "csv":
                    note = f"{request.url} is not CSV but JSON, and was read as that."
                    result["notes"].insert(0, note)
        finally:
            file.unlink(missing_ok=True)
            journals.discard(file)
        pace.finish()
        return self._remembered(request, result)

    async def take_rows(
        self, request: Request, rows: RowReader, aside: Path, report: Report
    ) -> dict[str, Any]:
        """Take in rows that are read elsewhere; see take.

        :param aside: a path that nothing else uses, beside the databases.
        """
        async with self._turn:
            if there := await self._added_before(request):
                return there
            check_replacement(self._folder, request, is_database=False)
            pace = Pace(rows.total, report, self._pause)
            result = await self._take_tables(request, "parquet", aside, rows, pace)
            pace.finish()
            return self._remembered(request, result)

    async def clear_up(self) -> None:
        """Remove leftovers of interrupted imports."""
        self._folder.forget_imports()
        database = self._folder.table_database()
        if database is not None:
            await faults.complete(partial(drop_leftovers, self._folder.database(database)))

    # --- Databases and configuration ------------------------------------------------------------

    async def _take_database(self, request: Request, file: Path) -> dict[str, Any]:
        # A first visit waits for the site's own data, which the site's owner should have checked.
        seconds = 0 if request.origin.get("kind") == "site" else sqlite_file.LOOK_SECONDS
        if faults.is_read_by_block(file):
            notes = await faults.complete(partial(sqlite_file.prepare_large, file, request.url))
        else:
            notes = await sqlite_file.prepare(file, request.url, self._pause, seconds=seconds)
        collations, more = await faults.complete(partial(_put_in_order, file))
        notes += [*more, *notes_on_options("sqlite", request)]
        taken = set(self._folder.database_names())
        options = request.options
        wanted = options.name
        before = made_before(self._folder, request)
        if before and before[0]["table"] is None:
            wanted, options = before[0]["database"], replace(options, exists="replace")
        name = new_database_name(wanted, request.url, set())
        there = find_name(name, sorted(taken))
        if there is not None and options.exists == "replace":
            name = there
            self.release(name)
            journals.discard(self._folder.database(name))
        elif there is not None:
            if options.exists == "add":
                notes.append("A whole database can't be added to another, so it got a new name.")
            name = new_database_name(wanted, request.url, taken)
        file.replace(self._folder.database(name))
        in_order = {**self._folder.indexes_in_order(), name: collations}
        self._folder.remember(indexes_in_order=in_order)
        added = [{"database": name, "table": None, "rows": None}]
        return {"path": tilde_encode(name), "added": added, "notes": notes}

    def _take_configuration(self, request: Request, kind: Kind, file: Path) -> dict[str, Any]:
        cleaned = read_configuration(file.read_bytes(), request.url)
        result: dict[str, Any] = {"path": "", "added": [], "notes": cleaned.notes}
        result = self._remembered(replace(request, parameter=kind), result)
        self._folder.keep_configuration(result["id"], cleaned.whole)
        return result

    # --- Tables ---------------------------------------------------------------------------------

    async def _take_tables(
        self, request: Request, kind: Kind, file: Path, rows: RowReader | None, pace: Pace
    ) -> dict[str, Any]:
        before = made_before(self._folder, request)
        chosen = request.options.database
        if before and before[0]["table"] is not None:
            chosen = before[0]["database"]
        database = self._folder.database_for_tables(chosen)
        path = self._folder.database(database)
        if chosen is None and faults.stays_partial(path):
            database = new_database_name(database, request.url, set(self._folder.database_names()))
            path = self._folder.database(database)
        # Tables are brought into it in transactions that go on for many steps.
        await faults.make_whole(path)
        if path.exists():
            # Here a start looks for what an interrupted import has left.
            self._folder.remember(table_database=database)
        aside = file.with_name(f"{file.name}.import")
        landing = Landing(path, aside, is_served=self.is_served, source=request.url)
        with landing:
            if kind == "sql":
                script = read_script(file, request.url)
                tables_before = [one["table"] for one in before]
                may_change = request.may_change
                tables = await import_script(
                    script, landing, request.url, pace, tables_before, may_change=may_change
                )
            elif kind == "excel":
                tables = await self._sheets(request, file, landing, pace)
                await landing.land(tables, pace, _MADE)
            else:
                tables = [await self._table(request, kind, file, rows, landing, pace)]
                await landing.land(tables, pace, _MADE)
        self._folder.remember(table_database=database)
        shown = tilde_encode(database)
        if len(tables) == 1:
            shown += f"/{tilde_encode(tables[0].name)}"
        return {
            "path": shown,
            "added": [_added(database, table) for table in tables],
            "notes": [
                *dict.fromkeys(note for one in tables for note in one.imported.notes),
                *notes_on_options(kind, request),
            ],
        }

    async def _table(
        self,
        request: Request,
        kind: Kind,
        file: Path,
        rows: RowReader | None,
        landing: Landing,
        pace: Pace,
    ) -> NewTable:
        url = request.url
        options = request.options
        if before := made_before(self._folder, request):
            options = replace(options, name=before[0]["table"], exists="replace")
        options, making = _for_making(landing, url, options)
        work, conn = landing.new_name(), landing.connection
        if rows is not None:
            made = await import_rows(rows, conn, work, url, making, pace, _MADE)
        elif kind == "json":
            made = await import_json(file, conn, work, url, making, pace, _MADE)
        elif kind == "parquet":
            raise SourceError(f"{url} is not a Parquet file.", source=url, hint=_NOT_PARQUET)
        else:
            made = await import_csv_at(file, conn, work, url, making, pace, _MADE)
        return NewTable(work, url, options, made)

    async def _sheets(
        self, request: Request, file: Path, landing: Landing, pace: Pace
    ) -> list[NewTable]:
        url, tables = request.url, []
        before = {one.get("source"): one["table"] for one in made_before(self._folder, request)}
        opened = _MADE * 0.2
        book = await Workbook.open(file, url, pace.part(0, opened))
        try:
            sheets = list(book.sheets(request.options))
            if not sheets:
                raise no_sheets(url, book.left_out)
            for number, (sheet, options) in enumerate(sheets):
                if len(sheets) > 1 and not options.name:
                    prefix = f"{request.options.name}_" if request.options.name else ""
                    options = replace(options, name=prefix + sheet.name)
                elif not options.name:
                    options = replace(options, name=request.options.name)
                if sheet.name in before:
                    options = replace(options, name=before[sheet.name], exists="replace")
                options, making = _for_making(landing, url, options)
                work = landing.new_name()
                start, end = (
                    opened + (_MADE - opened) * (number + done) / len(sheets) for done in (0, 1)
                )
                made = await import_sheet(
                    sheet, landing.connection, work, url, making, pace, start, end
                )
                tables.append(NewTable(work, url, options, made, part=sheet.name))
        finally:
            book.close()
        if book.left_out:
            tables[0].imported.notes.append(hidden_in_words(book.left_out))
        return tables

    # --- What is remembered ---------------------------------------------------------------------

    async def _added_before(self, request: Request) -> dict[str, Any] | None:
        """Return what `take` returned for the same addition, if the worker was stopped after it.

        The added data and this record of it are saved together, so both are there or neither is.
        """
        wanted = [request.origin.get(name) for name in ("addition", "member")]
        if wanted[0] is None or request.id is not None:
            return None
        for entry in self._folder.sources():
            if [entry["origin"].get(name) for name in ("addition", "member")] == wanted:
                added = [
                    {
                        **{name: value for name, value in one.items() if name != "edited"},
                        "rows": await faults.complete(partial(self._count, one)),
                    }
                    for one in entry["added"]
                ]
                places = [(one["database"], one["table"]) for one in added[:1]]
                path = "/".join(tilde_encode(name) for place in places for name in place if name)
                return {"path": path, "added": added, "notes": [], "id": entry["id"]}
        return None

    def _count(self, added: Mapping[str, Any]) -> int | None:
        """Return how many rows a table has; None for a database."""
        if added["table"] is None:
            return None
        with closing(sqlite3.connect(self._folder.database(added["database"]))) as conn:
            statement = f"SELECT count(*) FROM {quote(added['table'])}"
            count: int = conn.execute(statement).fetchone()[0]
            return count

    def _remembered(self, request: Request, result: dict[str, Any]) -> dict[str, Any]:
        """Record where the result is from, and return it."""
        database = self._folder.table_database()
        if request.may_change and database is not None:
            self._folder.mark_edited(database, None)
        elif request.options.exists == "add":
            for one in result["added"]:
                self._folder.mark_edited(one["database"], one["table"] and [one["table"]])
        sources = self._folder.sources()
        ids = [int(one["id"]) for one in sources]
        id = request.id if request.id is not None else str(max(ids, default=0) + 1)
        added = [
            {**{k: v for k, v in one.items() if k != "rows"}, "edited": False}
            for one in result["added"]
        ]
        entry = {
            "id": id,
            "parameter": request.parameter,
            "url": request.url,
            "origin": dict(request.origin),
            "options": dict(request.given),
            "added": added,
            "notes": result["notes"],
        }
        if request.options.exists == "replace" or request.id is not None:
            sources = _without(sources, added, id)
        if any(one["id"] == id for one in sources):
            sources = [entry if one["id"] == id else one for one in sources]
        else:
            sources.append(entry)
        self._folder.remember(sources=sources)
        return {**result, "id": id}


_NOT_PARQUET = "Its first bytes are not those of one. It may be a web page, or a part of a file."


def _put_in_order(file: Path) -> tuple[list[str], list[str]]:
    """Make the indexes of a database fit the collations that are available.

    Returns:
        Names of the collations that are missing, and sentences about them.
    """
    try:
        missing = rebuild_indexes(file)
    except DAMAGED as error:
        return [], [f"The indexes of this database could not be rebuilt: {error}."]
    return missing, [
        f"Only the program that made this database has its collation “{name}”. Here such text is"
        " compared character by character, so sorting may differ."
        for name in missing
    ]


def _for_making(
    landing: Landing, url: str, options: ImportOptions
) -> tuple[ImportOptions, ImportOptions]:
    """Return the options to land with, and those to make the table with.

    Rows that are added to a table must have its types; its primary key is checked when they are
    added.
    """
    known = landing.known(url, options)
    if known is None or options.exists != "add":
        return options, options
    types = {
        name: _OPTION_TYPES[kind]
        for name, kind in landing.columns_of(known)
        if kind in _OPTION_TYPES
    }
    return options, replace(options, pk=(), types={**options.types, **types})


def _without(
    sources: list[dict[str, Any]], added: list[dict[str, Any]], id: str
) -> list[dict[str, Any]]:
    """Return the sources without the tables that were replaced, which now have another source."""
    places = [(one["database"], one["table"]) for one in added]
    kept = []
    for source in sources:
        left = [one for one in source["added"] if (one["database"], one["table"]) not in places]
        if source["id"] == id or left or not source["added"]:
            kept.append({**source, "added": left})
    return kept


def _added(database: str, table: NewTable) -> Mapping[str, Any]:
    rows = table.imported.rows if table.added_to is None else table.added_to
    added = {"database": database, "table": table.name, "rows": rows}
    return {**added, "source": table.part} if table.part else added
