"""The folder of an instance: everything of it that outlives the worker, as files.

A later build must still understand this layout. The worker saves the files whenever they change
(shell/worker/storage/saver.js).

    state.json     what the other files do not say: the order of the databases, which of them
                   takes the tables of CSV files and the like, and the sources
    databases/     NAME.db is the database NAME, with SQLite's journals beside it
    configuration/ ID.json is what the metadata or config source ID says; 0.json what people edited
    incoming/      not saved: sources while they are imported, and what becomes of them
    internal.db    Datasette's own database: stored queries, column types, the catalogue
    imported-internal.db  that of an import, until imported_internal.py has read it
    cookies.json   the cookie jar
    secret         what Datasette signs with
    plugins/       packages that people install (engine/packages/wheels.py)

An app has cookies.json, plugins/ and these instead of the others (engine/apps/instance.py):

    app/           its code, in one file as it was fetched
    home/          its home directory, with the files that it makes
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Any

from engine.sqlite import journals
from engine.sqlite.names import chosen_database_name, database_name, find_name

# Of this layout; WHOLE_FORMAT in shell/shared/saved-store.js is the same number.
FORMAT = 2

# Sources count from 1.
EDITS = "0.json"

# Where tables go, as in the first Datasette Lite.
TABLE_DATABASE = "data.db"


class Folder:
    """The folder at `path`, which is made if need be."""

    def __init__(self, path: Path) -> None:
        self._state = path / "state.json"
        self._databases = path / "databases"
        self._configuration = path / "configuration"
        self._secret = path / "secret"
        self._path = path
        self.internal_database = path / "internal.db"
        self.imported_internal = path / "imported-internal.db"
        self.cookies = path / "cookies.json"
        #: What engine/datasette/removals.py can bring back.
        self.last_removed: Any = None
        self._run = secrets.token_hex(8)
        self._edits = 0
        self._databases.mkdir(parents=True, exist_ok=True)

    def database(self, name: str) -> Path:
        """Return where the database `name` lies, or would lie."""
        return self._databases / f"{name}.db"

    def database_names(self) -> list[str]:
        """Return the databases in the order in which they were added."""
        known: list[str] = self._saved().get("databases", [])
        found = {path.stem for path in self._databases.glob("*.db")}
        # What a plugin has laid there counts as well.
        return [name for name in known if name in found] + sorted(found - set(known))

    def table_database(self) -> str | None:
        """Return the database that takes tables, as those of CSV files, once there is one."""
        name: str | None = self._saved().get("csv_database")
        return name if name is not None and self.database(name).exists() else None

    def database_for_tables(self, chosen: str | None = None) -> str:
        """Return the database that takes tables, or what it will be called.

        :param chosen: the name that a person chose for it.
        """
        names = self.database_names()
        if chosen is not None:
            name = chosen_database_name(chosen, set())
            return find_name(name, names) or name
        return self.table_database() or database_name(TABLE_DATABASE, set(names))

    def sources(self) -> list[dict[str, Any]]:
        """Return what was taken in, in order. Each has

        - "id", which names it, "parameter" and "url", as in a link, "options" as they were given,
        - "origin": where it is from, see shell/shared/protocol.js,
        - "added": the tables it became, each with "database" and "table", null for a database, and
          with "edited", whether it was changed here since; absent if an earlier version took it in.
        """
        sources: list[dict[str, Any]] = self._saved().get("sources", [])
        return sources

    def set_internal_aside(self) -> None:
        """Treat Datasette's own database as one that came with an import."""
        for suffix in ("", "-journal", "-wal"):
            old = Path(f"{self.internal_database}{suffix}")
            if old.exists():
                old.rename(f"{self.imported_internal}{suffix}")

    def indexes_in_order(self) -> dict[str, list[str]]:
        """Return the collations, by database, whose indexes are in the order that applies here."""
        in_order: dict[str, list[str]] = self._saved().get("indexes_in_order", {})
        return in_order

    def remember(
        self,
        *,
        indexes_in_order: dict[str, list[str]] | None = None,
        databases: list[str] | None = None,
        table_database: str | None = None,
        sources: list[dict[str, Any]] | None = None,
    ) -> None:
        """Keep what the functions above return; what is not given stays as it is."""
        kept = self.table_database() if table_database is None else table_database
        in_order = self.indexes_in_order() if indexes_in_order is None else indexes_in_order
        state = {
            "format": FORMAT,
            "databases": self.database_names() if databases is None else databases,
            "csv_database": kept,
            "sources": self.sources() if sources is None else sources,
            "indexes_in_order": {name: names for name, names in in_order.items() if names},
        }
        self._state.write_text(json.dumps(state))

    def keep_configuration(self, id: str, contents: dict[str, Any]) -> None:
        """Keep what the metadata or config source with this id says."""
        self._configuration.mkdir(exist_ok=True)
        (self._configuration / f"{id}.json").write_text(json.dumps(contents))

    def configuration(self, parameter: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return the sources of one kind, "metadata" or "config", in their order, each with what it
        says; it may hold code.
        """
        sources = [one for one in self.sources() if one["parameter"] == parameter]
        paths = [(one, self._configuration / f"{one['id']}.json") for one in sources]
        return [(one, json.loads(path.read_text())) for one, path in paths if path.exists()]

    def edits(self, parameter: str) -> dict[str, Any]:
        """Return the metadata or the config that people edited here, as keep_edits got it."""
        try:
            part = json.loads((self._configuration / EDITS).read_text())[parameter]
        except (OSError, ValueError, LookupError, TypeError):
            return {}  # nothing was edited, or an import brought something else
        return part if isinstance(part, dict) else {}

    def keep_edits(self, metadata: dict[str, Any], config: dict[str, Any]) -> None:
        """Keep metadata and config that people edited here; they count more than any source."""
        self._configuration.mkdir(exist_ok=True)
        edits = {"metadata": metadata, "config": config}
        (self._configuration / EDITS).write_text(json.dumps(edits))

    def aside(self, name: str) -> Path:
        """Return a path for what is only needed while a source is taken in; it is not saved."""
        folder = self._path / "incoming"
        folder.mkdir(exist_ok=True)
        return folder / name

    def forget_imports(self) -> None:
        """Remove what interrupted imports have left behind."""
        # Earlier versions of the site had files of imports here, where they were saved.
        for path in [*self._path.glob("source-*"), *self._path.glob("incoming/*")]:
            path.unlink()

    def remove_database(self, name: str) -> None:
        """Remove a database that is not open, and what is remembered of where it came from."""
        self.database(name).unlink(missing_ok=True)
        journals.discard(self.database(name))
        self.remember(sources=_without(self.sources(), name, None))

    def rename_database(self, old: str, new: str) -> None:
        """Rename a database that is not open; it keeps its place and its sources."""
        order, taker = self.database_names(), self.table_database()
        self.database(old).rename(self.database(new))
        self.remember(
            databases=[new if name == old else name for name in order],
            table_database=new if taker == old else taker,
            sources=_renamed(self.sources(), old, None, new),
        )

    def mark_edited(self, database: str, tables: Collection[str] | None) -> None:
        """Remember that a database may differ from its source now, and so may some of its tables
        from theirs; all of them if `tables` is None.
        """
        self._edits += 1
        sources, is_new = self.sources(), False
        for source in sources:
            for one in source["added"]:
                is_it = one["database"] == database and (
                    tables is None
                    or one["table"] is None
                    or find_name(one["table"], tables) is not None
                )
                if is_it and not one.get("edited"):
                    one["edited"] = is_new = True
        if is_new:
            self.remember(sources=sources)

    @property
    def revision(self) -> str:
        """Another text after each edit that was noted, and after each start."""
        return f"{self._run}-{self._edits}"

    def mark_saved_back(self, source_id: str, revision: str) -> None:
        """Remember that a source has what is here, as it was at `revision`, unless something was
        edited since then.
        """
        if revision != self.revision:
            return
        sources = self.sources()
        for source in sources:
            if source["id"] == source_id:
                for one in source["added"]:
                    one["edited"] = False
        self.remember(sources=sources)

    def forget_table(self, database: str, table: str) -> None:
        """Forget where a table came from, since it is no more."""
        self.remember(sources=_without(self.sources(), database, table))

    def rename_table(self, database: str, old: str, new: str) -> None:
        """Remember the sources of a table under its new name."""
        self.remember(sources=_renamed(self.sources(), database, old, new))

    def _saved(self) -> dict[str, Any]:
        """Return what state.json says; nothing where no instance was ever opened."""
        if not self._state.exists():
            return {}
        state: dict[str, Any] = json.loads(self._state.read_text())
        return state

    def secret(self) -> str:
        """Return the secret of this instance, the same at every start."""
        if not self._secret.exists():
            self._secret.write_text(secrets.token_hex(32))
        return self._secret.read_text()

    def forget_shared_memory(self) -> None:
        """Remove what only a running SQLite needs, and would be misled by after an interruption."""
        for path in self._databases.glob("*-shm"):
            path.unlink()


def _is_of(added: dict[str, Any], database: str, table: str | None) -> bool:
    """Whether something that a source became is `table`, or anything of `database`."""
    return added["database"] == database and table in (None, added["table"])


def _without(
    sources: list[dict[str, Any]], database: str, table: str | None
) -> list[dict[str, Any]]:
    kept = []
    for source in sources:
        left = [one for one in source["added"] if not _is_of(one, database, table)]
        # Metadata and configuration become no table.
        if left or not source["added"]:
            kept.append({**source, "added": left})
    return kept


def _renamed(
    sources: list[dict[str, Any]], database: str, table: str | None, new: str
) -> list[dict[str, Any]]:
    key = "database" if table is None else "table"
    return [
        {
            **source,
            "added": [
                {**one, key: new} if _is_of(one, database, table) else one
                for one in source["added"]
            ],
        }
        for source in sources
    ]
