"""How Datasette presents databases and tables: what people edit of it, and all of it as YAML.

Titles, descriptions and the like are metadata, which Datasette keeps in its internal database.
Sorting, facets and the like are configuration, which it has in memory. Edits of both are kept in
the workspace's folder and count more than the site's or a link's files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from datasette.app import Datasette

from engine.folder import Folder
from engine.importing.configuration import can_run_code, merged

#: The metadata of an instance, a database and a table, with how the forms call it.
FIELDS = {
    "title": "Title",
    "description": "Description",
    "source": "Source",
    "source_url": "Address of the source",
    "license": "Licence",
    "license_url": "Address of the licence",
}

Columns = Mapping[str, str]


def wrong_field(values: Mapping[str, str]) -> str:
    """Return a sentence about a value that is refused, or ""."""
    for name, value in values.items():
        if can_run_code(name, value):
            return f"{FIELDS.get(name, name)}: “{value}” is not a web address."
    return ""


class Descriptions:
    """The presentation of what is open in `datasette`; `folder` keeps edits."""

    def __init__(self, datasette: Datasette, folder: Folder) -> None:
        self._datasette = datasette
        self._folder = folder

    async def metadata(self, database: str | None, table: str | None) -> dict[str, str]:
        """Return the metadata of a table, a database, or everything."""
        if database is None:
            found = await self._datasette.get_instance_metadata()
        elif table is None:
            found = await self._datasette.get_database_metadata(database)
        else:
            found = await self._datasette.get_resource_metadata(database, table)
        return {name: found.get(name) or "" for name in FIELDS}

    async def columns(self, database: str, table: str) -> dict[str, str]:
        """Return the description of each column of a table, "" without one."""
        names = await self._datasette.get_database(database).table_columns(table)
        return {
            name: (await self._datasette.get_column_metadata(database, table, name)).get(
                "description", ""
            )
            for name in names
        }

    async def describe(
        self, database: str | None, table: str | None, values: Mapping[str, str], columns: Columns
    ) -> None:
        """Set metadata, and the descriptions of columns; "" removes one."""
        for name, value in values.items():
            if database is None:
                await self._datasette.set_instance_metadata(name, value)
            elif table is None:
                await self._datasette.set_database_metadata(database, name, value)
            else:
                await self._datasette.set_resource_metadata(database, table, name, value)
        for column, text in columns.items():
            await self._datasette.set_column_metadata(database, table, column, "description", text)
        about: dict[str, Any] = {**values, **({"columns": dict(columns)} if columns else {})}
        edits = merged([self._folder.edits("metadata"), _within(database, table, about)])
        self._folder.keep_edits(edits, self._folder.edits("config"))

    def present(self, database: str, table: str, config: dict[str, Any]) -> None:
        """Set the configuration of a table's pages; None stands for Datasette's own choice."""
        edit = _within(database, table, config)
        self._datasette.config = merged([self._datasette.config or {}, edit])
        edits = merged([self._folder.edits("config"), edit])
        self._folder.keep_edits(self._folder.edits("metadata"), edits)

    async def metadata_yaml(self) -> str:
        """Return all metadata as a metadata.yaml."""
        internal = self._datasette.get_internal_database()
        whole: dict[str, Any] = {}
        for query in (
            "select null, null, null, key, value from metadata_instance",
            "select database_name, null, null, key, value from metadata_databases",
            "select database_name, resource_name, null, key, value from metadata_resources",
            "select database_name, resource_name, column_name, key, value from metadata_columns"
            " where key = 'description'",
        ):
            for database, table, column, key, value in (await internal.execute(query)).rows:
                is_here = database is None or database in self._datasette.databases
                if is_here and value not in (None, ""):
                    about = {"columns": {column: value}} if column else {key: value}
                    whole = merged([whole, _within(database, table, about)])
        return _yaml(whole)

    async def config_yaml(self) -> str:
        """Return the configuration as a datasette.yaml, with the queries that were saved."""
        whole = _without_none(self._datasette.config or {})
        for name in self._datasette.databases:
            page = await self._datasette.list_queries(
                name, actor={"id": "root"}, limit=1000, include_private=True
            )
            for query in page.queries:
                about = {"sql": query.sql, "title": query.title, "description": query.description}
                entry = {**_without_none(about), **({"write": True} if query.is_write else {})}
                whole = merged([whole, {"databases": {name: {"queries": {query.name: entry}}}}])
        return _yaml(whole)


def renamed(
    document: Mapping[str, Any], database: str, table: str | None, new: str
) -> dict[str, Any]:
    """Return metadata or configuration in which a database or table has a new name."""

    def moved(names: Any, old: str) -> Any:
        if not isinstance(names, dict) or old not in names:
            return names
        kept = [(name, about) for name, about in names.items() if name == old or name != new]
        return {new if name == old else name: about for name, about in kept}

    databases = document.get("databases")
    if table is None:
        databases = moved(databases, database)
    elif isinstance(databases, dict) and isinstance(databases.get(database), dict):
        about = databases[database]
        tables = moved(about.get("tables"), table)
        databases = {**databases, database: {**about, "tables": tables}} if tables else databases
    return {**document, "databases": databases} if databases else dict(document)


def forgotten(document: Mapping[str, Any], database: str, table: str | None) -> dict[str, Any]:
    """Return metadata or configuration that says nothing of a database or table."""

    def without(names: Any, name: str) -> Any:
        if not isinstance(names, dict):
            return names
        return {one: about for one, about in names.items() if one != name}

    databases = document.get("databases")
    if not isinstance(databases, dict) or database not in databases:
        return dict(document)
    if table is None:
        return {**document, "databases": without(databases, database)}
    about = databases[database]
    if not isinstance(about, dict) or "tables" not in about:
        return dict(document)
    about = {**about, "tables": without(about["tables"], table)}
    return {**document, "databases": {**databases, database: about}}


def only(document: Mapping[str, Any], database: str, table: str | None) -> dict[str, Any]:
    """Return the part of metadata or configuration that is about a database or table."""
    found: Any = document
    for name in ["databases", database, *([] if table is None else ["tables", table])]:
        found = found.get(name) if isinstance(found, dict) else None
    return _within(database, table, found) if isinstance(found, dict) else {}


def _within(database: str | None, table: str | None, about: dict[str, Any]) -> dict[str, Any]:
    if database is None:
        return about
    return {"databases": {database: about if table is None else {"tables": {table: about}}}}


def _without_none(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_none(one) if isinstance(one, dict) else one
        for name, one in value.items()
        if one is not None
    }


def _yaml(whole: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(whole, allow_unicode=True, sort_keys=False)
    return text if whole else ""
