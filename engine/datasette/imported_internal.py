"""Reading an internal database that came with an import.

It is a stranger's file: Datasette would show HTML in it as HTML, run triggers in it, and trust
queries in it. So Datasette never opens it. The tables known here are read field by field, and what
is valid goes through Datasette's own API into the new internal database. Everything else is left
out: other tables, those of plugins among them, and what could run code. HTML in metadata can still
come from the metadata file itself, which asks for consent; see configuration.py.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasette.app import Datasette

from engine.errors import LiteError
from engine.importing.configuration import can_run_code, without_code
from engine.sqlite.names import quote
from engine.sqlite.whole_copy import copy_table

#: Rows of one table, and characters of one value. What people write by hand is far below both.
MOST_ROWS = 2_000
LONGEST = 100_000

_NAMES = {
    "metadata_instance": (),
    "metadata_databases": ("database_name",),
    "metadata_resources": ("database_name", "resource_name"),
    "metadata_columns": ("database_name", "resource_name", "column_name"),
}
_COLUMN_TYPES = ("database_name", "resource_name", "column_name", "column_type", "config")
_QUERIES = (
    "database_name",
    "name",
    "sql",
    "title",
    "description",
    "description_html",
    "options",
    "parameters",
    "is_write",
    "is_private",
    "source",
    "owner_id",
)
# Of a query's options. A redirect could lead anywhere, and on_success_message_sql is not shown.
_OPTIONS = ("hide_sql", "fragment", "on_success_message", "on_error_message")

Row = tuple[Any, ...]


@dataclass
class _Internal:
    """What is taken over, and the names of what is not."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


async def adopt(datasette: Datasette, path: Path, *, keep_others: bool = False) -> LiteError | None:
    """Add to Datasette what an imported internal database says, then remove the file.

    What Datasette knows already, such as from a metadata file, stays as it is.

    :param keep_others: whether to copy tables that are not known here as well, without triggers.
        For workspaces that an older version saved: they may hold what the person did in plugins.

    Returns:
        A notice, if something was left out.
    """
    if not path.exists():
        return None
    try:
        found = _read(path)
        await _add_metadata(datasette, found)
        await _add_column_types(datasette, found)
        await _add_queries(datasette, found)
        if keep_others:
            await datasette.get_internal_database().execute_write_fn(
                lambda conn: _copy_others(conn, path, found), transaction=False
            )
    except sqlite3.Error as error:
        return LiteError(
            f"Stored queries, descriptions and column types of this import were left out: its"
            f" internal database cannot be read ({error}).",
            hint="The data is complete. Export it again where it comes from to get the rest.",
        )
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    if not found.left_out:
        return None
    names = list(dict.fromkeys(found.left_out))
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return LiteError(
        f"Left out of this import: {shown}.",
        hint="It could run code here, or this site does not know what it is. The data is complete.",
    )


# --- Reading ------------------------------------------------------------------------------------


def _read(path: Path) -> _Internal:
    found = _Internal()
    conn = sqlite3.connect(path, isolation_level=None)
    try:
        conn.execute("PRAGMA trusted_schema = OFF")
        conn.execute("PRAGMA cell_size_check = ON")
        conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 10 * LONGEST)
        columns = {
            **{table: (*names, "key", "value") for table, names in _NAMES.items()},
            "column_types": _COLUMN_TYPES,
            "queries": _QUERIES,
        }
        for table, wanted in columns.items():
            found.rows[table] = list(_rows(conn, table, wanted, found.left_out))
        found.left_out += _others(conn, columns)
    finally:
        conn.close()
    return found


def _rows(
    conn: sqlite3.Connection, table: str, wanted: tuple[str, ...], left_out: list[str]
) -> Iterator[Row]:
    where = "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ?"
    kinds = [kind for (kind,) in conn.execute(where, [table])]
    # A view or a virtual table of this name would run what its maker wrote.
    if kinds != ["table"]:
        left_out.extend([table] if kinds else [])
        return
    # Nor is a generated column a value.
    info = conn.execute(f"PRAGMA table_xinfo({quote(table)})")
    there = {name for _, name, *_, hidden in info if hidden == 0}
    chosen = ", ".join(
        quote(name) if name in there else f"NULL AS {quote(name)}" for name in wanted
    )
    rows = conn.execute(f"SELECT {chosen} FROM {quote(table)} LIMIT {MOST_ROWS + 1}")
    for number, row in enumerate(rows):
        if number == MOST_ROWS:
            left_out.append(f"{table} beyond {MOST_ROWS:,} rows")
        elif all(_is_plain(value) for value in row):
            yield row
        else:
            left_out.append(f"a row of {table}")


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST
    return value is None or isinstance(value, int | float)


def _others(conn: sqlite3.Connection, known: dict[str, Any]) -> list[str]:
    """Return the tables that hold something nobody here knows, such as a plugin's."""
    names = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [
        str(name)
        for (name,) in names.fetchall()
        if name not in known and not str(name).startswith(("sqlite_", "catalog_", "_sqlite_"))
    ]


def _copy_others(conn: sqlite3.Connection, path: Path, found: _Internal) -> None:
    """Copy ordinary tables and their indexes; into one that its plugin has just made, the rows.
    What cannot be copied stays among `left_out`.
    """
    conn.execute("ATTACH ? AS old", [str(path)])
    try:
        there = {name for (name,) in conn.execute("SELECT name FROM main.sqlite_master")}
        kinds = conn.execute("SELECT name, type FROM pragma_table_list WHERE schema = 'old'")
        plain = {name for name, kind in kinds if kind == "table"}
        for name in [name for name in found.left_out if name in plain]:
            if name in there:
                _copy_common(conn, name)
            else:
                copy_table(conn, "old", name)
            found.left_out.remove(name)
    finally:
        conn.commit()
        conn.execute("DETACH old")


def _copy_common(conn: sqlite3.Connection, table: str) -> None:
    columns = [
        [name for _, name, *_, hidden in conn.execute(pragma) if hidden == 0]
        for pragma in (f"PRAGMA {schema}.table_xinfo({quote(table)})" for schema in ("old", "main"))
    ]
    common = ", ".join(quote(name) for name in columns[0] if name in columns[1])
    if common:
        insert = f"INSERT OR IGNORE INTO main.{quote(table)} ({common})"
        conn.execute(f"{insert} SELECT {common} FROM old.{quote(table)}")


# --- Adding -------------------------------------------------------------------------------------


async def _add_metadata(datasette: Datasette, found: _Internal) -> None:
    for table, names in _NAMES.items():
        columns = (*names, "key", "value")
        internal = datasette.get_internal_database()
        there = await internal.execute(f"SELECT {', '.join(columns[:-1])} FROM {table}")
        known = {tuple(row) for row in there.rows}
        added = []
        for row in found.rows[table]:
            *where, value = row
            if not all(isinstance(name, str) for name in where) or value is None:
                found.left_out.append(f"a row of {table}")
            elif tuple(where) in known:
                continue
            elif can_run_code(where[-1], value) or _holds_code(value):
                found.left_out.append(".".join(where))
            else:
                added.append(row)
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        await internal.execute_write_many(insert, added)


async def _add_column_types(datasette: Datasette, found: _Internal) -> None:
    if found.rows["column_types"] and not hasattr(datasette, "set_column_type"):
        found.left_out.append("column_types")  # an older Datasette, which a link can ask for
        return
    for *names, kind, config in found.rows["column_types"]:
        settings, is_valid = _json_object(config)
        if not is_valid or not all(isinstance(one, str) for one in (*names, kind)):
            found.left_out.append("a row of column_types")
            continue
        try:
            await datasette.set_column_type(*names, kind, settings or None)
        except ValueError:
            found.left_out.append(f"the type of {'.'.join(names)}")


async def _add_queries(datasette: Datasette, found: _Internal) -> None:
    if found.rows["queries"] and not hasattr(datasette, "add_query"):
        found.left_out.append("queries")
        return
    for row in found.rows["queries"]:
        query = dict(zip(_QUERIES, row, strict=True))
        database, name = query["database_name"], query["name"]
        # Datasette adds those of its configuration itself.
        if query["source"] == "config":
            continue
        texts = [query["title"], query["description"], query["owner_id"]]
        options, has_options = _json_object(query["options"])
        parameters = _names(query["parameters"])
        if (
            not all(isinstance(one, str) and one for one in (database, name, query["sql"]))
            or not all(one is None or isinstance(one, str) for one in texts)
            or not has_options
            or parameters is None
        ):
            found.left_out.append("a row of queries")
            continue
        if await datasette.get_query(database, name) is not None:
            continue
        known = {key: options[key] for key in _OPTIONS if isinstance(options.get(key), str | bool)}
        others = [key for key in options if key not in known]
        others += ["description_html"] if query["description_html"] else []
        found.left_out += [f"{database}.queries.{name}.{key}" for key in others]
        await datasette.add_query(
            database,
            name,
            query["sql"],
            title=query["title"],
            description=query["description"],
            parameters=parameters,
            is_write=bool(query["is_write"]),
            is_private=bool(query["is_private"]),
            # One that is trusted would run with more rights than the person who runs it.
            is_trusted=False,
            source="user",
            owner_id=query["owner_id"],
            **known,
        )


def _holds_code(value: Any) -> bool:
    """Return whether a text is JSON with code in it: Datasette keeps objects so."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return False
    try:
        return bool(without_code({"": json.loads(value)})[1])
    except (ValueError, RecursionError):
        return False


def _json_object(text: Any) -> tuple[dict[str, Any], bool]:
    """Return the object in JSON without what could run code, and whether it was one or nothing."""
    if text is None or text == "":
        return {}, True
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}, False
    return (without_code(value)[0], True) if isinstance(value, dict) else ({}, False)


def _names(text: Any) -> list[str] | None:
    """Return the list of names in JSON, or None if it is none."""
    try:
        value = json.loads(text or "[]")
    except (TypeError, ValueError, RecursionError):
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        return None
    return value
