"""Asks about permissions with the same SQL each time.

Datasette numbers the reasons in its rules and never uses a number twice. So each question about a
permission was a new text: SQLite compiled it again, and Python a regular expression for each name
in it, which took a third of the time of a database's page. Here each reason keeps its name.
It can go when `PermissionSQL.allow` in datasette.permissions does not count.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import Any

from datasette.permissions import PermissionSQL

#: How many reasons keep their name. Datasette itself has about ten.
MOST_NAMES = 200

_numbers = count(1)


@lru_cache(MOST_NAMES)
def _name(reason: str) -> str:
    # Two reasons in one query must differ, so a name that was forgotten is not given again.
    return f"lite_reason_{next(_numbers)}"


def _allow(cls: Any, reason: str, _allow: bool = True) -> Any:
    """Do what Datasette's PermissionSQL.allow does."""
    name = _name(reason)
    sql = f"SELECT NULL AS parent, NULL AS child, {1 if _allow else 0} AS allow, :{name} AS reason"
    return cls(sql=sql, params={name: reason})


def install() -> None:
    """Change Datasette's rules; doing it again changes nothing."""
    PermissionSQL.allow = classmethod(_allow)
