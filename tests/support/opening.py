"""Opens files as an instance does, without a browser."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.folder import Folder
from engine.importing.intake import Intake
from engine.importing.options import Request
from engine.importing.preview import Previews


async def _no_pause() -> None:
    pass


@dataclass
class Opened:
    """The result of opening a file."""

    result: Mapping[str, Any]
    path: Path

    @property
    def notes(self) -> list[str]:
        """The notes that the user sees."""
        return list(self.result["notes"])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds."""
        conn = sqlite3.connect(self.path)
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()

    def columns(self, table: str) -> list[tuple[str, str]]:
        """Return names and types of a table's columns."""
        return self.rows(f"SELECT name, type FROM pragma_table_info('{table}')")


@dataclass
class Opener:
    """An instance without Datasette."""

    root: Path

    def __call__(self, name: str, data: bytes, parameter: str = "auto", **options: Any) -> Opened:
        """Open a file."""
        request = Request.of({"parameter": parameter, "url": name, "options": options})
        folder = Folder(self.root / "instance")
        path = self.root / "source"
        path.write_bytes(data)
        intake = Intake(folder, _no_pause)
        result = asyncio.run(intake.take(request, path, lambda *_: None))
        return Opened(result, folder.database(folder.table_database() or "data"))

    def preview(self, name: str, data: bytes, **options: Any) -> dict[str, Any]:
        """Return the preview that the dialog shows for a file."""
        request = Request.of({"parameter": "auto", "url": name, "options": options})
        folder = Folder(self.root / "preview")
        path = self.root / "source"
        path.write_bytes(data)
        return asyncio.run(Previews(folder).of_file(request, path, complete=True))
