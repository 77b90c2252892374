"""What a source became when it was loaded before, which loading it again replaces."""

from __future__ import annotations

from typing import Any

from engine.errors import SourceError
from engine.folder import Folder
from engine.importing.options import Request


def made_before(folder: Folder, request: Request) -> list[dict[str, Any]]:
    """Return what the source became before, as Folder.sources has it; nothing if it is new.

    Raises:
        SourceError: it became rows among others.
    """
    for entry in folder.sources():
        if entry["id"] == request.id:
            if entry["options"].get("exists") == "add":
                raise SourceError(
                    f"{request.url} can't be loaded again: its rows were added to those of"
                    " another source, and can't be told apart from them.",
                    source=request.url,
                    hint="Remove the table, and open all of its sources again.",
                )
            there = set(folder.database_names())
            return [one for one in entry["added"] if one["database"] in there]
    return []


def check_replacement(folder: Folder, request: Request, *, is_database: bool) -> None:
    """Refuse a database in place of tables, and the other way round.

    Raises:
        SourceError: that is so, or the source became rows among others.
    """
    before = made_before(folder, request)
    if not before or (before[0]["table"] is None) == is_database:
        return
    here, there = ("a database", "tables") if is_database else ("not a database", "one")
    raise SourceError(
        f"{request.url} is {here}, but what was opened before is {there}, so nothing was replaced.",
        source=request.url,
        hint="To have both, open the file as a new one.",
    )
