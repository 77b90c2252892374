"""Keeps the last thing that a person removed, so that they can have it back.

The copy is in the folder of what is not saved, so it is there until the workspace starts again.
It cannot be brought back once the database has changed, since that would undo the change as well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.folder import Folder
from engine.sqlite import faults, journals

#: Bytes of the largest database that is kept: the copy takes that much memory.
MOST = 64_000_000

_COPY = "removed.db"

#: Rows of a table of Datasette's internal database: its name, columns and rows.
Rows = tuple[str, Sequence[str], Sequence[Sequence[Any]]]

#: Size and time of a database and of its write-ahead log, where there is one.
Stamp = tuple[tuple[int, int], ...]


@dataclass
class Before:
    """What the folder remembered of databases and sources."""

    databases: list[str]
    table_database: str | None
    sources: list[dict[str, Any]]


@dataclass
class Removed:
    """What was removed, and all that knew of it."""

    what: str  # "the table “birds”"
    database: str
    copy: Path  # of the whole database, as it was before
    before: Before
    internal: list[Rows]
    #: The metadata and the configuration about it that people edited, and all its configuration.
    presentation: list[dict[str, Any]]
    #: Sizes and times of the database's files just afterwards; None where it is gone.
    stamp: Stamp | None = None


def may_keep(folder: Folder, database: str) -> bool:
    """Return whether a database is small enough to be kept, and all of it can be in memory."""
    path = folder.database(database)
    if not path.exists() or faults.stays_partial(path):
        return False
    return path.stat().st_size <= MOST


def keep(
    folder: Folder,
    what: str,
    database: str,
    internal: list[Rows],
    presentation: list[dict[str, Any]],
) -> Removed:
    """Copy a database from which something is about to be removed; all of it is in memory."""
    copy = folder.aside(_COPY)
    discard(folder)
    with (
        closing(sqlite3.connect(folder.database(database))) as there,
        closing(sqlite3.connect(copy)) as target,
    ):
        there.backup(target)
    before = Before(folder.database_names(), folder.table_database(), folder.sources())
    return Removed(what, database, copy, before, internal, presentation)


def stamp_of(folder: Folder, database: str) -> Stamp | None:
    """Return what changes whenever a database is written to; None if there is none."""
    path = folder.database(database)
    return journals.stamp(path) if path.exists() else None


def discard(folder: Folder) -> None:
    """Remove the copy; nothing can be brought back then."""
    folder.last_removed = None
    folder.aside(_COPY).unlink(missing_ok=True)


def bring_back(folder: Folder, removed: Removed) -> None:
    """Put the copy in the place of the database, which is not open."""
    path = folder.database(removed.database)
    journals.discard(path)
    removed.copy.replace(path)
    order = removed.before.databases
    others = [name for name in folder.database_names() if name not in order]
    folder.remember(
        databases=[*order, *others],
        table_database=folder.table_database() or removed.before.table_database,
        sources=_sources(folder.sources(), removed),
    )
    folder.last_removed = None


def _sources(now: list[dict[str, Any]], removed: Removed) -> list[dict[str, Any]]:
    """Return the sources of the database as they were, and the others as they are by now."""

    def is_here(source: dict[str, Any]) -> bool:
        return any(one["database"] == removed.database for one in source["added"])

    sources = [one for one in now if not is_here(one)]
    for source in filter(is_here, removed.before.sources):
        ids = {int(one["id"]) for one in sources}
        # One that was opened meanwhile may have got its number.
        id = max(ids) + 1 if int(source["id"]) in ids else source["id"]
        sources.append({**source, "id": str(id)})
    return sorted(sources, key=lambda one: int(one["id"]))
