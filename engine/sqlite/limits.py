"""Limits for what SQLite does in one go, during which nothing else runs.

A time limit applies between SQLite's instructions, and one of those can be
`randomblob(999999999)`. So the size of values is limited as well.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from time import perf_counter

#: Bytes in a value, a row or a statement. The functions of SQLite that make large values need up to
#: 7 ns a byte in WebAssembly, so 64 MB take 0.4 s; ten times that is a frozen page. Larger BLOBs
#: than this cannot be shown on a page anyway.
MOST_BYTES = 64_000_000

#: For each of SQLite's limits that is lowered, what it is lowered to.
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MOST_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: MOST_BYTES,
    # 5,000 wildcards match in WebAssembly, 24,000 exhaust its stack. It is not lower because there
    # are names of tables in Datasette's own patterns.
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 4_000,
    # Some 300 MB of memory, and more than any INSERT of a dump compiles to.
    sqlite3.SQLITE_LIMIT_VDBE_OP: 10_000_000,
}

#: SQLite's instructions between two looks at the clock.
INSTRUCTIONS = 100


def limit(connection: sqlite3.Connection) -> None:
    """Lower the limits of a connection; those that are lower already stay."""
    for category, most in LIMITS.items():
        connection.setlimit(category, min(most, connection.getlimit(category)))


@contextlib.contextmanager
def time_limit(connection: sqlite3.Connection, milliseconds: float) -> Iterator[None]:
    """Interrupt what SQLite does on a connection when it takes longer in all.

    Raises:
        OperationalError: it took longer ("interrupted"), a value was too large, or all values
            together; that is what callers expect of a statement that cannot be run.
    """
    deadline = perf_counter() + milliseconds / 1000
    connection.set_progress_handler(lambda: perf_counter() >= deadline, INSTRUCTIONS)
    try:
        yield
    except sqlite3.DataError as error:
        raise sqlite3.OperationalError(
            f"{error}: a value, row or statement has more than {MOST_BYTES // 1_000_000} MB"
        ) from error
    except MemoryError as error:
        raise sqlite3.OperationalError("the result takes more memory than there is") from error
    finally:
        connection.set_progress_handler(None, INSTRUCTIONS)
