"""Makes exports of “Saved data”, as other people could."""

from __future__ import annotations

import base64
import json
import sqlite3
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from datasette.utils.internal_db import INTERNAL_DB_SCHEMA_SQL


def key_of(query: str) -> str:
    """Return the key of a recipe, such as "csv=https%3A%2F%2Fa.test%2Ft.csv"."""
    return base64.urlsafe_b64encode(query.encode()).decode().rstrip("=")


def record(key: str = "", **fields: Any) -> dict[str, Any]:
    """Return the record of a workspace in the form that exports have."""
    known = {"key": key, "format": 1, "build": "x", "createdAt": 1_700_000_000_000}
    more = {"usedAt": 1_700_000_000_000, "size": 1, "edited": False, "sources": []}
    return {**known, **more, **fields}


def sqlite_file(*scripts: str) -> bytes:
    """Return a database in which these scripts were run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.db"
        connection = sqlite3.connect(path)
        for script in scripts:
            connection.executescript(script)
        connection.close()
        return path.read_bytes()


def internal_database(*scripts: str) -> bytes:
    """Return an internal database of Datasette in which these scripts were run."""
    return sqlite_file(INTERNAL_DB_SCHEMA_SQL, *scripts)


def write_export(
    path: Path, folders: list[tuple[dict[str, Any], dict[str, bytes]]], **contents: Any
) -> Path:
    """Write an export of workspaces, each with its record and its files by path."""
    listed = []
    with zipfile.ZipFile(path, "w") as archive:
        for number, (instance, files) in enumerate(folders):
            for name, content in files.items():
                archive.writestr(f"w{number}/{name}", content)
            sizes = [{"path": name, "size": len(content)} for name, content in files.items()]
            listed.append({"folder": f"w{number}", "instance": instance, "files": sizes})
        known = {"format": 1, "exportedAt": "2026-01-01T00:00:00Z", "instances": listed}
        archive.writestr("datasette-lite.json", json.dumps({**known, **contents}))
    return path
