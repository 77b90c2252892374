"""The folder of an instance: everything of it that outlives the worker, as files.

Responsible for the layout, which a later build must still understand. That its files are saved
whenever they change is the worker's business (shell/worker/saver.js); what is in the databases is
Datasette's.

    state.json     what cannot be told from the other files: the order of the databases
    databases/     NAME.db is the database NAME; SQLite's journals lie beside it
    internal.db    Datasette's own database: stored queries, column types, the catalogue
    cookies.json   the cookie jar
    secret         what Datasette signs with
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path

# Of this layout; shell/shared/saved-store.js has the same number.
FORMAT = 1


class Folder:
    """The folder at `path`, which is made if need be."""

    def __init__(self, path: Path) -> None:
        self._state = path / "state.json"
        self._databases = path / "databases"
        self._secret = path / "secret"
        self.internal_database = path / "internal.db"
        self.cookies = path / "cookies.json"
        self._databases.mkdir(parents=True, exist_ok=True)

    @property
    def is_new(self) -> bool:
        """Whether no instance was ever opened here."""
        return not self._state.exists()

    def database(self, name: str) -> Path:
        """Return where the database `name` lies, or would lie."""
        return self._databases / f"{name}.db"

    def database_names(self) -> list[str]:
        """Return the databases in the order in which they were added."""
        known: list[str] = [] if self.is_new else json.loads(self._state.read_text())["databases"]
        found = {path.stem for path in self._databases.glob("*.db")}
        # What a plugin has laid there counts as well.
        return [name for name in known if name in found] + sorted(found - set(known))

    def remember_databases(self, names: list[str]) -> None:
        """Keep the order of the databases; from then on the folder is no longer new."""
        self._state.write_text(json.dumps({"format": FORMAT, "databases": names}))

    def secret(self) -> str:
        """Return the secret of this instance, the same at every start."""
        if not self._secret.exists():
            self._secret.write_text(secrets.token_hex(32))
        return self._secret.read_text()

    def forget_shared_memory(self) -> None:
        """Remove what only a running SQLite needs, and would be misled by after an interruption."""
        for path in self._databases.glob("*-shm"):
            path.unlink()
