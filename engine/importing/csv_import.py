"""Imports a CSV file into a SQLite table, without ever blocking the program for long.

The caller gets the file and names the table. Other modules do the parts: csv_dialect.py
(encoding, layout), csv_records.py (reading), column_types.py (types), importing/csv_values.py
(decimal commas, dates and the like), csv_plan.py (what a row becomes), names.py (columns),
file_kinds.py (files of other formats).

**Two passes.** The first reads the whole file to learn the types, the second reads it again and
inserts. Inserting with types guessed from the first rows and widening them later would save one
reading, a fifth of the time. But text that became numbers can't be turned back (``007``,
``1.50``), so a late surprise would mean starting again. sqlite-utils inserts text and rewrites the
table, which blocks everything else for seconds. With two passes the types are exact before the
first row is written, each row is written once, and only one slice of rows is in memory.

**Values** become the same as with ``sqlite-utils insert --csv``: numbers by SQLite's column
affinity, an empty string NULL in a number column and ``''`` in a text column. The differences,
besides those that column_types.py lists:

- encoding and delimiter are recognised, and so are Excel's ``sep=`` line, titles and comments
  above the header, and backslashes as escape characters;
- a quotation mark that does not enclose a whole value is part of it, and swallows no other row;
- ``\\N``, which MySQL writes for NULL, is NULL;
- newlines inside quotes are kept as they are, not turned into ``\\n``;
- blank lines are not rows;
- header cells are stripped, empty ones named ``untitled_N``, repeated ones get ``_2``, ``_3``
  (sqlite-utils keeps only the last of them);
- values beyond the last column are kept, as a JSON array in a column ``_extra``, unless all of
  them are empty, as in a file where every line ends with commas;
- a file with only a header becomes an empty table, with text columns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.errors import SourceError
from engine.importing.column_types import ColumnType, ColumnTypes
from engine.importing.csv_dialect import Dialect, detect_dialect
from engine.importing.csv_notes import Ragged, notes_on
from engine.importing.csv_plan import Plan, Survey
from engine.importing.csv_records import CsvRecords, Misquoted
from engine.importing.csv_values import Conversion
from engine.importing.file_kinds import empty_source
from engine.importing.imported import Imported, Rejected, names_of
from engine.importing.options import ImportOptions
from engine.pace import Pace, Pause, Report
from engine.sqlite import faults
from engine.sqlite.names import extra_column_name

# Where each part ends, as shares of the whole time.
_DETECTED = 0.02
_SURVEYED = 0.43
_INSERTED = 1.0


async def import_csv(
    path: Path,
    conn: sqlite3.Connection,
    table: str,
    *,
    source: str,
    report: Report,
    pause: Pause,
    options: ImportOptions = ImportOptions(),  # noqa: B008, it cannot be changed
) -> Imported:
    """Import a CSV file as a new table, all of it or nothing.

    :param conn: not to be used for anything else until this returns: such statements would
        become part of this import. If no transaction is open, one is begun and committed.
    :param source: what to call the file in errors: its URL, or the name of a dropped file.
    :param report: called with bytes done, bytes in all and rows, over the whole import. Both
        passes count, so the bytes are not a position in the file.
    :param pause: awaited after about every 0.05 s of work, so that other work gets a turn. An
        exception from it, such as a cancellation, ends the import.
    :param options: names, types, primary key and the like. Options not given cost nothing.

    Raises:
        SourceError: the file is not CSV, or can't be stored. Nothing of the table remains.
    """
    pace = Pace(path.stat().st_size, report, pause)
    imported = await import_csv_at(path, conn, table, source, options, pace)
    pace.finish()
    return imported


async def import_csv_at(
    path: Path,
    conn: sqlite3.Connection,
    table: str,
    source: str,
    options: ImportOptions,
    pace: Pace,
    share: float = 1,
) -> Imported:
    """Import a CSV file as import_csv does, as part of a longer task.

    :param share: the part of that task that this is.

    Raises:
        SourceError: as import_csv.
    """
    try:
        return await _import(path, conn, table, source, options, pace, share)
    except faults.PartAbsent as error:
        if faults.stays_partial(path):
            raise SourceError(
                f"{source} has a row or a line above the table of more than 4 MB, and all of the"
                " file does not fit into memory.",
                source=source,
                hint="A quotation mark that is never closed can make a row that long. Split the"
                " file, or open it on a device with more memory.",
            ) from error
    await faults.make_whole(path)
    return await _import(path, conn, table, source, options, pace, share)


async def _import(
    path: Path,
    conn: sqlite3.Connection,
    table: str,
    source: str,
    options: ImportOptions,
    pace: Pace,
    share: float,
) -> Imported:
    """Import a CSV file.

    Raises:
        SourceError: as import_csv.
        faults.PartAbsent: a row is too long for the part of the file that is in memory.
    """
    try:
        dialect = await detect_dialect(path, source, pace.part(0, _DETECTED * share), options)
        columns = column_limit(conn)
        try:
            survey = await _survey(path, dialect, source, columns, pace, options, share)
        except Misquoted:
            dialect = replace(dialect, tokenized=True)
            survey = await _survey(path, dialect, source, columns, pace, options, share)
        plan = Plan.of(survey, options, source)
        with _all_or_nothing(conn):
            conn.execute(plan.create_table(table))
            rejected = Rejected(conn, table, survey.all_names)
            rows = await _insert(path, dialect, source, conn, table, plan, rejected, pace, share)
    except sqlite3.Error as error:
        raise SourceError(
            f"{source} could not be stored in table {table!r}: {error}.", source=source
        ) from error
    except MemoryError as error:
        raise SourceError(
            f"{source} could not be imported: there is not enough memory.",
            source=source,
            hint="Close other tabs, or use a file with fewer rows or columns.",
        ) from error
    return Imported(
        plan.columns, plan.text_columns, rows, rejected.count, plan.notes, rejected.first_line
    )


async def _survey(
    path: Path,
    dialect: Dialect,
    source: str,
    column_limit: int,
    pace: Pace,
    options: ImportOptions,
    share: float,
) -> Survey:
    breathe = pace.part(_DETECTED * share, _SURVEYED * share)
    with CsvRecords(path, dialect, source) as records:
        await records.ready()
        header = records.header()
        if header is None:
            raise empty_source(source)
        width = len(header)
        refuse_too_many(width, column_limit, source)
        if options.header is False:
            records.unread(header)
            header = [""] * width
        types = ColumnTypes(width)
        usual = dialect.habits.are_usual
        conversion = None if usual else Conversion(dialect.habits, width)
        rows = 0
        is_ragged = has_extra = False
        async for batch in records.slices():
            rows += len(batch)
            if set(map(len, batch)) != {width}:
                is_ragged = True
                has_extra = has_extra or any(any(row[width:]) for row in batch)
                batch = [row[:width] + [""] * (width - len(row)) for row in batch]
            types.see(batch if conversion is None else conversion.see(batch))
            await breathe(records.position)
    names = names_of(header, options.rename)
    if has_extra:
        refuse_too_many(width + 1, column_limit, source)
    return Survey(
        names=names,
        types=types.types if rows else [ColumnType.TEXT] * width,
        blanks=types.blanks,
        long=types.long,
        rows=rows,
        is_ragged=is_ragged,
        extra_name=extra_column_name(names) if has_extra else None,
        conversion=conversion,
    )


async def _insert(
    path: Path,
    dialect: Dialect,
    source: str,
    conn: sqlite3.Connection,
    table: str,
    plan: Plan,
    rejected: Rejected,
    pace: Pace,
    share: float,
) -> int:
    """Insert all rows and return how many fitted. Notes on them go to the plan."""
    breathe = pace.part(_SURVEYED * share, _INSERTED * share)
    statement = plan.insert(table)
    survey, convert = plan.survey, plan.convert
    rows = seen = 0
    ragged = Ragged(len(survey.names)) if survey.is_ragged else None
    rounding = plan.rounding
    numbered = bool(plan.fits) or ragged is not None or bool(rounding)
    with CsvRecords(path, dialect, source, numbered=numbered) as records:
        await records.ready()
        header = records.header()
        if plan.has_no_header and header is not None:
            records.unread(header)
        async for batch in records.slices():
            fitted: Iterable[Sequence[str | None]] = batch
            if ragged is not None:
                ragged.see(batch, records.lines)
                fitted = map(survey.fit, batch)
            if plan.fits:
                numbers = zip(range(seen + 1, seen + len(batch) + 1), records.lines, strict=True)
                rows += plan.insert_checked(conn, statement, fitted, list(numbers), rejected)
            else:
                if convert is not None:
                    fitted = map(convert, fitted)
                if rounding:
                    fitted = list(fitted)
                    rounding.see(fitted, records.lines)
                conn.executemany(statement, fitted if plan.keep is None else map(plan.keep, fitted))
                rows += len(batch)
            seen += len(batch)
            pace.count(len(batch))
            await breathe(records.position)
        plan.notes[:0] = notes_on(
            dialect, records.oddities, ragged, survey.extra_name, survey.conversion
        )
        plan.notes.extend(rounding.notes())
    return rows


@contextmanager
def _all_or_nothing(conn: sqlite3.Connection) -> Iterator[None]:
    # A savepoint, not BEGIN: it works whatever transaction mode the connection is in.
    conn.execute("SAVEPOINT csv_import")
    try:
        yield
        conn.execute("RELEASE csv_import")
    except BaseException:  # a cancellation too
        # After a full disk or the like SQLite has already rolled back.
        if conn.in_transaction:
            conn.execute("ROLLBACK TO csv_import")
            conn.execute("RELEASE csv_import")
        raise


def column_limit(conn: sqlite3.Connection) -> int:
    """Return how many columns a table can have."""
    return conn.getlimit(sqlite3.SQLITE_LIMIT_COLUMN)


def refuse_too_many(columns: int, limit: int, source: str) -> None:
    """Refuse a file with more columns than a table can have.

    Raises:
        SourceError: there are too many columns.
    """
    if columns > limit:
        raise SourceError(
            f"{source} has {columns:,} columns; a SQLite table can have no more than {limit:,}.",
            source=source,
            hint="Leave out columns, or swap rows and columns if the table is on its side.",
        )
