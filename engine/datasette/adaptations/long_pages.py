"""Lets other requests be answered while a page takes long.

Natively, Datasette's queries run in threads, so a page that makes thousands of them, as the home
page does for thousands of tables, does not keep others waiting. WebAssembly has no threads here:
a query runs where it is awaited, and nothing else is answered until the page is complete.
It can go when queries run in threads.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from datasette.database import Database

from engine.datasette.adaptations import block_reading
from engine.pace import Turns

#: After so many seconds of work on a page, others get their turn. Most pages never come to this,
#: and each turn costs a long one some 4 ms.
STRETCH_SECONDS = 0.25

_turns: ContextVar[Turns | None] = ContextVar("turns", default=None)


async def _execute_fn(database: Database, fn: Callable[[Any], Any]) -> Any:
    turns = _turns.get()
    if turns is not None and turns.are_due:
        await turns.take()
    return await block_reading.execute_fn(database, fn)


@contextlib.contextmanager
def turns() -> Iterator[None]:
    """Have what runs within give way between its queries."""
    token = _turns.set(Turns(stretch=STRETCH_SECONDS))
    try:
        yield
    finally:
        _turns.reset(token)


def install() -> None:
    """Change Datasette's databases, after block_reading.py; doing it again changes nothing."""
    Database._execute_fn = _execute_fn
