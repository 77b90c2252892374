"""Names of tables and databases, made from their URLs, and of columns, made from a header row.

Tables and databases have had these names since 2022, and they are part of every link ever shared
(``/?csv=…#/data/legislators``). That is why some rules below are odder than they need to be.
"""

from __future__ import annotations

import string
from collections.abc import Collection, Sequence
from itertools import count

#: What the names of tables begin with that are still being made. Datasette hides such tables.
WORK_PREFIX = "_import_"

# SQLite ignores case in names, but for ASCII letters only: "É" and "é" are two columns.
_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def table_name(url: str, taken: set[str]) -> str:
    """Return the table name for the data at a URL.

    It is the last segment of the whole URL (a query with a slash in it counts, as it always
    did) up to its first ``.`` and its first ``?``, without surrounding white space. Percent
    escapes stay as they are: ``my%20file.csv`` has always been table ``my%20file``.

    A name that starts with ``sqlite_`` gets ``table_`` in front: SQLite reserves it, so no
    link can contain it.

    :param taken: names in use, compared as SQLite does, without regard to ASCII case. The
        caller adds the new one.

    >>> table_name("https://example.com/data/legislators.csv?raw=true", set())
    'legislators'
    >>> table_name("https://example.com/legislators.tsv", {"legislators"})
    'legislators_1'
    """
    base = url.split("#")[0].split("/")[-1].split(".")[0].split("?")[0]
    return _free_table_name(base, taken)


def database_name(url: str, taken: set[str]) -> str:
    """Return the database name for the SQLite file at a URL.

    It is what stands before the first ``.db`` of the whole URL, of that the last segment, of
    that what ``pathlib`` called the stem. Percent escapes stay as they are, so a ``%2F`` can't
    bring a slash into what becomes a file name and a route.

    Three names would be unusable and differ from before: a leading ``@`` is left out, since
    ``/app/@…`` names an instance; dots alone can't be addressed; ``-`` is where Datasette
    keeps its own pages.

    :param taken: names in use, compared without regard to ASCII case. The caller adds the
        new one.

    >>> database_name("https://example.com/content.db?raw=true", set())
    'content'
    >>> database_name("https://example.com/legislators.sqlite", set())
    'legislators'
    """
    base = _stem(url.split("#")[0].split(".db")[0].split("/")[-1]).lstrip("@")
    return _free_database_name(base, taken)


def chosen_table_name(name: str, taken: set[str]) -> str:
    """Return the table name for one that a person chose, which is taken as it is.

    Only what cannot be differs: white space around it goes, nothing becomes ``table``, and what
    starts with ``sqlite_`` or with ``_import_`` gets ``table_`` in front.
    """
    return _free_table_name(name, taken)


def chosen_database_name(name: str, taken: set[str]) -> str:
    """Return the database name for one that a person chose; see database_name for what differs."""
    base = name.replace("/", "_").replace("\0", "").strip().lstrip("@").removesuffix(".db")
    return _free_database_name(base, taken)


def new_table_name(chosen: str | None, url: str, taken: set[str]) -> str:
    """Return the table name that a person chose, or else that for the data at a URL."""
    return chosen_table_name(chosen, taken) if chosen else table_name(url, taken)


def new_database_name(chosen: str | None, url: str, taken: set[str]) -> str:
    """Return the database name that a person chose, or else that for the file at a URL."""
    return chosen_database_name(chosen, taken) if chosen else database_name(url, taken)


def find_name(wanted: str, names: Collection[str]) -> str | None:
    """Return the name that is meant: the same one, or one that differs in ASCII case alone."""
    if wanted in names:
        return wanted
    return next((name for name in names if _fold(name) == _fold(wanted)), None)


def side_name(base: str, suffix: str, taken: set[str]) -> str:
    """Return the name of a table that goes with the table `base`."""
    return _free_name(base + suffix, _folded(taken), first_suffix=1)


def quote(name: str) -> str:
    """Return a name as it is written in SQL."""
    return '"' + name.replace('"', '""') + '"'


def unquoted(name: str) -> str:
    """Return a name that SQL writes in quotes, brackets or bare.

    >>> unquoted("'a ''b'"), unquoted("[c d]"), unquoted("e")
    ("a 'b", 'c d', 'e')
    """
    if name[0] in "\"'`":
        return name[1:-1].replace(name[0] * 2, name[0])
    return name[1:-1] if name[0] == "[" else name


def column_names(header: Sequence[str]) -> list[str]:
    """Return a usable, distinct column name for every cell of a header row.

    Surrounding white space goes, as do byte order marks. An empty cell becomes ``untitled_N``
    where N is the number of the column, from 1. A name seen before, without regard to ASCII case,
    gets ``_2``, ``_3`` and so on, leaving out what the header itself uses further on.

    >>> column_names(["id", " Name ", "name", "", "name_2"])
    ['id', 'Name', 'name_3', 'untitled_4', 'name_2']
    """
    stripped = [cell.strip().strip("\ufeff").strip() for cell in header]
    in_header = {_fold(name) for name in stripped}
    names: list[str] = []
    used: set[str] = set()
    # By name, the number to try next: there may be thousands of equal names.
    numbers: dict[str, int] = {}
    for place, name in enumerate(stripped, 1):
        base = name or f"untitled_{place}"
        key = _fold(base)
        if key in used or (not name and key in in_header):
            number = numbers.get(key, 2)
            while (free := _fold(f"{base}_{number}")) in used or free in in_header:
                number += 1
            numbers[key] = number + 1
            base = f"{base}_{number}"
        names.append(base)
        used.add(_fold(base))
    return names


def extra_column_name(names: Collection[str]) -> str:
    """Return the name for the column that keeps a row's values beyond the last column."""
    return _free_name("_extra", _folded(names), first_suffix=2)


def _stem(name: str) -> str:
    """Cut the last suffix off, as pathlib did in Python 3.11: 3.14 treats "a." differently."""
    dot = name.rfind(".")
    return name[:dot] if 0 < dot < len(name) - 1 else name


def _fold(name: str) -> str:
    return name.translate(_TO_LOWER)


def _folded(names: Collection[str]) -> set[str]:
    return {_fold(name) for name in names}


def _free_table_name(base: str, taken: set[str]) -> str:
    base = base.strip() or "table"
    if _fold(base).startswith(("sqlite_", WORK_PREFIX)):
        base = f"table_{base}"
    return _free_name(base, _folded(taken), first_suffix=1)


def _free_database_name(base: str, taken: set[str]) -> str:
    if base.strip(". ") in ("", "-"):
        base = "database"
    return _free_name(base, _folded(taken), first_suffix=1)


def _free_name(base: str, taken: Collection[str], *, first_suffix: int) -> str:
    """Return base, or base_N with the first N that is free. ``taken`` holds folded names."""
    if _fold(base) not in taken:
        return base
    numbered = (f"{base}_{number}" for number in count(first_suffix))
    return next(name for name in numbered if _fold(name) not in taken)
