"""Reads what the schema says of a table once, until the database is written to.

Datasette reads it for each page, for all tables on some, and the same several times on most. Each
time is a query; here that takes as long as a hundred lines of Python.
It can go when Datasette remembers schemas.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from datasette.database import Database

from engine.datasette.adaptations import many_tables, unchanged

Method = Callable[..., Awaitable[Any]]


def _foreign_keys_by_table(found: dict[str, Any]) -> dict[str, Any]:
    return {
        table: {direction: _copies(keys) for direction, keys in both.items()}
        for table, both in found.items()
    }


def _copies(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(one) for one in found]


def _itself(found: Any) -> Any:
    return found


#: Methods of Datasette's Database, and what copies their results: pages may change theirs.
_COPIED: dict[str, Callable[[Any], Any]] = {
    "derived_table_dependencies": dict,
    "foreign_keys_for_table": _copies,
    "fts_table": _itself,
    "get_all_foreign_keys": _foreign_keys_by_table,
    "get_table_definition": _itself,
    "primary_keys": list,
    "table_column_details": list,
    "table_columns": list,
    "table_exists": _itself,
    "table_names": list,
    "view_exists": _itself,
    "view_names": list,
}

# Other versions of Datasette may have others.
_PLAIN: dict[str, Method] = {
    **{name: getattr(Database, name) for name in _COPIED if hasattr(Database, name)},
    "fts_table": many_tables.fts_table,
}

_plain_hidden_table_names = Database.hidden_table_names

# Beside results, which may be None.
_NOTHING = object()


def _remembering(name: str, plain: Method, copied: Callable[[Any], Any]) -> Method:
    @functools.wraps(plain)
    async def method(self: Any, *arguments: Any, **named: Any) -> Any:
        if named:
            return await plain(self, *arguments, **named)
        known = unchanged.memory(self, name)
        found = known.get(arguments, _NOTHING)
        if found is _NOTHING:
            found = await plain(self, *arguments)
            if await _is_certain(self, name, arguments, found):
                known[arguments] = found
        return copied(found)

    return method


async def _is_certain(database: Any, name: str, arguments: Any, found: Any) -> bool:
    """Tell whether a result is not what introspection.py makes of an error: no columns."""
    if found != []:
        return True
    if name == "primary_keys":
        return bool(await database.table_columns(*arguments))
    return name not in ("table_columns", "table_column_details")


async def _hidden_table_names(self: Any) -> list[str]:
    """Do what Datasette's Database.hidden_table_names does."""
    about = ((self.ds.config or {}).get("databases") or {}).get(self.name) or {}
    tables = about.get("tables") or {}
    configured = tuple(name for name, table in tables.items() if (table or {}).get("hidden"))
    known = unchanged.memory(self, "hidden_table_names")
    if configured not in known:
        known[configured] = await _plain_hidden_table_names(self)
    return list(known[configured])


def install() -> None:
    """Change Datasette's databases, after many_tables.py; doing it again changes nothing."""
    unchanged.install()
    for name, plain in _PLAIN.items():
        setattr(Database, name, _remembering(name, plain, _COPIED[name]))
    Database.hidden_table_names = _hidden_table_names
