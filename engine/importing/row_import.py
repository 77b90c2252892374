"""Imports rows that JavaScript reads from a file, as it does for Parquet.

This module only turns their values into SQLite's.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Protocol

from engine.errors import LiteError, SourceError
from engine.importing.imported import Imported
from engine.importing.json_shapes import decoded_value
from engine.importing.loose_table import LooseTable
from engine.importing.options import ImportOptions
from engine.pace import Pace


class RowReader(Protocol):
    """Where rows come from."""

    #: Each with "name" and "type": "text", "integer", "float", "blob" or "json".
    columns: list[dict[str, str]]

    @property
    def done(self) -> int:
        """Bytes read so far, of `total`."""

    @property
    def total(self) -> int:
        """Bytes in all."""

    async def next(self) -> list[list[Any]] | None:
        """Return the next rows, or None at the end.

        Integers beyond 2^53 are text, bytes {"$base64": true, "encoded": …}.

        Raises:
            ValueError: the rest of the file can't be read.
        """


async def import_rows(
    rows: RowReader,
    conn: sqlite3.Connection,
    table: str,
    source: str,
    options: ImportOptions,
    pace: Pace,
    share: float = 1,
) -> Imported:
    """Import rows as a new table, within the transaction of the caller."""
    declared = {column["name"]: column["type"] for column in rows.columns}
    loose = LooseTable(conn, source, declared)
    loose.widen(declared)
    kinds = [column["type"] for column in rows.columns]
    integers = [place for place, kind in enumerate(kinds) if kind == "integer"]
    nested = [place for place, kind in enumerate(kinds) if kind in ("blob", "json")]
    try:
        while (batch := await rows.next()) is not None:
            for row in batch:
                for place in integers:
                    if isinstance(row[place], str):
                        row[place] = int(row[place])
                for place in nested:
                    row[place] = decoded_value(row[place])
            loose.add_lists(batch)
            pace.count(len(batch))
            await pace.part(0, share * 0.7, rows.total)(rows.done)
    except LiteError:
        raise
    except ValueError as error:
        raise SourceError(
            f"{source} could not be read completely: {error}.",
            source=source,
            hint="It may be damaged or cut off. Try again, or get a fresh copy of the file.",
        ) from error
    return await loose.finish(table, options, pace.part(share * 0.7, share, loose.rows))
