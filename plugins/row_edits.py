"""Offers to undo edits of rows: notes what each changes, and changes it back.

shell/page/datasette/undo-edits.js shows the offer on Datasette's pages.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils import tilde_decode
from datasette.utils.asgi import Forbidden, Request, Response

from engine.datasette.contents import may_change
from engine.datasette.posted import posted_object
from engine.datasette.row_edits import Edit, RowEdits, noted
from engine.errors import LiteError

PATH = "/-/row-edits"

_EDITS = re.compile(r"/-/(insert|upsert|update|delete)$")

_NAME = "_lite_row_edits"


def _edits_of(datasette: Datasette) -> RowEdits:
    """Return the edits of an instance, which end with it."""
    edits: RowEdits | None = getattr(datasette, _NAME, None)
    if edits is None:
        edits = RowEdits()
        setattr(datasette, _NAME, edits)
    return edits


@hookimpl
def write_wrapper(
    datasette: Datasette, database: str, request: Request | None
) -> Callable[[sqlite3.Connection], Iterator[None]] | None:
    """Note what an edit of rows changes, if its author may undo it."""
    if request is None or not _EDITS.search(request.path):
        return None
    if not may_change(datasette, request.actor):
        return None
    table = request.url_vars.get("table")
    if table is None:
        return None
    row = request.url_vars.get("pks")

    def wrapper(conn: sqlite3.Connection) -> Iterator[None]:
        with noted(conn, tilde_decode(table)) as (shape, changes):
            yield
        if shape is not None and changes:
            edit = Edit(database, shape, None if row is None else tilde_decode(row), changes)
            _edits_of(datasette).add(edit)

    return wrapper


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
    """Add what pages ask."""
    return [(rf"{PATH}/last\.json$", _last), (rf"{PATH}/undo$", _undo)]


async def _last(request: Request, datasette: Datasette) -> Response:
    """Describe the last edit that can be undone, or null."""
    edit = _edits_of(datasette).last if may_change(datasette, request.actor) else None
    answer: dict[str, Any] = {
        "edit": None if edit is None else {"id": edit.id, "words": edit.words}
    }
    return Response.json(answer, headers={"cache-control": "no-store"})


async def _undo(request: Request, datasette: Datasette) -> Response:
    """Undo an edit."""
    if not may_change(datasette, request.actor):
        raise Forbidden("Only the root user may undo edits.")
    if request.method != "POST":
        return Response.json({"error": "Send this as POST."}, status=405)
    sent = await posted_object(request)
    if sent is None:
        return Response.json({"error": "Send JSON with the id of an edit."}, status=400)
    edits = _edits_of(datasette)
    edit = edits.find(str(sent.get("id")))
    try:
        if edit is None or edit.database not in datasette.databases:
            raise LiteError(
                "This edit cannot be undone any more.",
                hint="It was undone before, or the workspace was started again.",
            )
        await datasette.get_database(edit.database).execute_write_fn(edit.undo)
    except (LiteError, sqlite3.Error) as error:
        if edit is not None:
            edits.forget(edit)
        refused = (
            error
            if isinstance(error, LiteError)
            else LiteError("This edit cannot be undone.", hint=f"SQLite says: {error}.")
        )
        return Response.json({"error": f"{refused.message} {refused.hint}"}, status=409)
    edits.forget(edit)
    return Response.json({"undone": edit.words})
