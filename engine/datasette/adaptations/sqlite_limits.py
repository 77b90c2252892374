"""Limits every connection to SQLite, so that no step of it freezes or ends the application.

The one thread that answers all requests waits while SQLite works. Datasette's time limit checks the
clock after every 1,000 instructions, which is after minutes where each makes a value of 1 GB. And
matching a LIKE pattern with 24,000 wildcards ends Python: it recurses, and WebAssembly's stack is
small. With engine/sqlite/limits.py an instruction takes some 0.4 s at most, and the clock is read
after every 100, which makes an aggregation over a whole table some 10 % slower.
It can go when queries run in a worker of their own that can be ended.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from datasette import database

from engine.sqlite.limits import limit, time_limit

_plain_connect = sqlite3.connect


def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
    """Do what sqlite3.connect does, and limit the connection."""
    connection: sqlite3.Connection = _plain_connect(*arguments, **options)
    limit(connection)
    return connection


def install() -> None:
    """Limit all connections that are opened from now on; doing it again changes nothing."""
    # Plugins open connections of their own, so this is the one place that sees them all.
    sqlite3.connect = connect  # type: ignore[assignment]
    database.sqlite_timelimit = time_limit
