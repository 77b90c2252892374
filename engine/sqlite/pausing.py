"""Lets others run while SQLite is in the middle of a statement, and lets them end it.

SQLite calls back regularly while it works (its progress handler). Where the browser can suspend
WebAssembly (JSPI: Chromium, and newer versions of Firefox), that callback can wait for others.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from time import perf_counter

from engine.pace import STRETCH_SECONDS, TURN_SECONDS

#: Suspends everything below it for so many seconds.
Pause = Callable[[float], None]

#: SQLite's instructions between two looks at the clock.
INSTRUCTIONS = 1000


@contextlib.contextmanager
def pausing(
    connection: sqlite3.Connection, is_over: Callable[[], bool], pause: Pause | None
) -> Iterator[None]:
    """Have statements give way to others, and end as "interrupted" once `is_over` returns True.

    :param connection: must be the caller's alone. SQLite does not allow others to use it while one
        of its statements is suspended.
    :param pause: None where the browser cannot suspend; statements only end then.
    """
    rested = perf_counter()

    def look() -> bool:
        nonlocal rested
        if pause is not None and perf_counter() - rested >= STRETCH_SECONDS:
            pause(TURN_SECONDS)
            rested = perf_counter()
        return is_over()

    connection.set_progress_handler(look, INSTRUCTIONS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, INSTRUCTIONS)
