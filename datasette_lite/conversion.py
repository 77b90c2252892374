"""Converts data files to SQLite databases when a site is published, so that visitors need not wait.

The site's own importers read them, so a published CSV file becomes the same table as one that a
visitor opens.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasette_lite.data_files import DataFile
from datasette_lite.errors import PublishError
from datasette_lite.runtime import Runtime

#: Kinds that JavaScript reads in the browser: published as they are.
_OF_BROWSER = ("parquet",)

_JOURNALS = ("-wal", "-journal")


@dataclass
class Converted:
    """The result of converting data files."""

    #: Databases by their names, in the order in which they open.
    databases: dict[str, Path] = field(default_factory=dict)
    #: By database, the tables that were made from other files.
    tables: dict[str, list[str]] = field(default_factory=dict)
    #: Files that browsers read as they are.
    as_they_are: list[DataFile] = field(default_factory=list)
    #: Sentences on problems, each after the name of a file.
    notes: list[str] = field(default_factory=list)


def convert(
    runtime: Runtime, files: Iterable[DataFile], cache: Path, say: Callable[[str], object]
) -> Converted:
    """Convert `files`. The result for the same files comes from `cache`.

    Raises:
        PublishError: a file cannot be read as its kind.
    """
    wanted = list(files)
    later = [one for one in wanted if one.parameter in _OF_BROWSER or one.is_packed]
    # Databases first, so that they keep their names.
    ordered = sorted(
        (one for one in wanted if one not in later), key=lambda one: one.parameter != "url"
    )
    converted = Converted(as_they_are=later)
    if not ordered:
        return converted
    kept = cache / "databases" / _key(runtime, ordered)
    record = kept / "converted.json"
    if not record.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as work:
            draft = Path(work) / "draft"
            result = _convert(runtime, ordered, draft, say)
            (draft / record.name).write_text(json.dumps(result))
            shutil.rmtree(kept, ignore_errors=True)
            draft.rename(kept)
    result = json.loads(record.read_text())
    converted.databases = {name: kept / "databases" / f"{name}.db" for name in result["databases"]}
    converted.tables, converted.notes = result["tables"], result["notes"]
    return converted


def _key(runtime: Runtime, files: list[DataFile]) -> str:
    total = hashlib.sha256(runtime.id.encode())
    for one in files:
        total.update(f"\0{one.path.name}\0{one.parameter}\0".encode())
        beside = [Path(f"{one.path}{suffix}") for suffix in _JOURNALS]
        for path in [one.path, *(path for path in beside if path.exists())]:
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:16]


def _convert(
    runtime: Runtime, files: list[DataFile], folder: Path, say: Callable[[str], object]
) -> dict[str, Any]:
    runtime.use_engine()
    from engine.errors import LiteError
    from engine.folder import Folder
    from engine.importing.intake import Intake
    from engine.importing.options import Request

    place = Folder(folder)
    intake = Intake(place)
    tables: dict[str, list[str]] = {}
    notes: list[str] = []
    for number, one in enumerate(files):
        say(f"  reading {one.path.name}")
        copy = place.aside(f"source-{number}")
        shutil.copy(one.path, copy)
        for suffix in _JOURNALS:
            if one.parameter == "url" and (beside := Path(f"{one.path}{suffix}")).exists():
                shutil.copy(beside, f"{copy}{suffix}")
        asked = Request.of({"parameter": one.parameter, "url": one.path.name})
        try:
            taken = asyncio.run(intake.take(asked, copy, lambda *_: None))
        except LiteError as error:
            raise PublishError(f"{error.message} {error.hint}".strip()) from error
        for added in taken["added"]:
            if added["table"] is not None:
                tables.setdefault(added["database"], []).append(added["table"])
        notes += [f"{one.path.name}: {note}" for note in taken["notes"]]
    return {"databases": place.database_names(), "tables": tables, "notes": notes}
