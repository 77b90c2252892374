"""Lets a database be called whatever a file can be called.

Datasette opens a file by a `file:` URI into which its path goes as it is. A `%`, `?` or `#` in a
name then means something else: `my%20file.db` cannot be opened, and nothing else with it, and
`a?b.db` opens a file `a`. Links name databases after URLs, whose percent escapes they keep.
It can go when Datasette escapes the path, in `Database.connect`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from datasette.database import Database

_plain_connect = Database.connect


def connect(database: Any, write: bool = False) -> Any:
    """Connect as Database.connect does, to a file whatever it is called."""
    path = database.path
    if path is None:
        return _plain_connect(database, write)
    database.path = quote(str(path))
    try:
        return _plain_connect(database, write)
    finally:
        database.path = path


def install() -> None:
    """Change Datasette's databases; doing it again changes nothing."""
    Database.connect = connect
