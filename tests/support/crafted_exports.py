"""Makes exports as an attacker could: well-formed, with any packages and any record of them."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

CONTENTS = "datasette-lite.json"


def key(recipe: str) -> str:
    """Return the key of a recipe, given as a query string in canonical order."""
    return base64.urlsafe_b64encode(recipe.encode()).decode().rstrip("=")


def lock_of(wheel: tuple[str, bytes], name: str, asked: Any) -> dict[str, Any]:
    """Return a lock with one wheel, which it calls `name`."""
    file, content = wheel
    return {
        "format": 1,
        "asked": asked,
        "wheels": [
            {
                "name": name,
                "version": file.split("-")[1],
                "file": file,
                "url": f"https://datasette.io/{file}",
                "sha256": hashlib.sha256(content).hexdigest(),
                "size": len(content),
                "requires": [],
                "is_plugin": True,
            }
        ],
        "failed": {},
        "removed": [],
    }


def crafted_export(to: Path, recipe: str, lock: str, **files: bytes) -> Path:
    """Write an export of one instance with a table "t", this lock and these files.

    In the names of the files "__" stands for a slash.
    """
    database = to.with_suffix(".db")
    database.unlink(missing_ok=True)
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("create table t as select 'the data is here' as words")
    connection.close()
    state = {"format": 1, "databases": ["data"], "csv_database": "data", "sources": []}
    contents = {
        "state.json": json.dumps(state).encode(),
        "databases/data.db": database.read_bytes(),
        "plugins/lock.json": lock.encode(),
        **{name.replace("__", "/"): content for name, content in files.items()},
    }
    instance = {
        "key": key(recipe),
        "generation": "",
        "owner": "",
        "format": 1,
        "build": "",
        "createdAt": 1,
        "usedAt": 1,
        "size": sum(map(len, contents.values())),
        "edited": False,
        "sources": [],
    }
    listed = [{"path": path, "size": len(content)} for path, content in contents.items()]
    entry = {"folder": "instance", "instance": instance, "files": listed}
    with zipfile.ZipFile(to, "w") as archive:
        archive.writestr(
            CONTENTS,
            json.dumps({"format": 1, "exportedAt": "2026-01-01T00:00:00Z", "instances": [entry]}),
        )
        for path, content in contents.items():
            archive.writestr(f"instance/{path}", content)
    return to


def import_export(page: Page, site: str, file: Path) -> None:
    """Import a file on the page “Saved data”."""
    page.goto(f"{site}saved.html")
    expect(page.locator("#instances")).not_to_have_attribute("aria-busy", "true")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import…").click()
    chooser.value.set_files(file)
    expect(page.locator("#outcome")).to_contain_text("Imported")
