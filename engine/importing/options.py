"""What to import and how: turns JavaScript's JSON into typed values.

The modules that apply an option define what it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from engine.importing.excerpts import excerpt
from engine.importing.file_kinds import IN_WORDS, Kind

Exists = Literal["rename", "replace", "add"]

#: Stands for all text columns in the list of columns for full-text search.
ALL_TEXT = "*"


@dataclass(frozen=True)
class ImportOptions:
    """How a source becomes a table or a database. None: detect it."""

    name: str | None = None  # of the table; of the database for a SQLite file
    database: str | None = None  # for the tables; there already, or to be made
    skiprows: int | None = None  # lines (rows in Excel) before the header
    header: bool | None = None  # whether the first row names the columns
    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None  # "none": quotation marks are data
    escape: str | None = None  # the character; "none": there is none
    comment: str | None = None  # what comment lines begin with; "none": there are none
    decimal: str | None = None
    thousands: str | None = None
    null: tuple[str, ...] | None = None  # words for NULL
    dates: str | None = None  # "dmy", "mdy", "ymd" or a format as of strptime
    hidden: bool = False  # whether hidden sheets are wanted
    pk: tuple[str, ...] = ()
    fts: tuple[str, ...] = ()  # columns, or ALL_TEXT
    drop: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)  # "text", "integer" or "float"
    rename: Mapping[str, str] = field(default_factory=dict)  # columns, from their names in the file
    exists: Exists = "rename"  # when the name is taken
    tables: Mapping[str, ImportOptions] = field(default_factory=dict)  # by sheet, say
    skip: bool = False  # not to be imported, in `tables`
    notes: tuple[str, ...] = ()  # on options that make no sense

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> ImportOptions:
        """Return the options in a JSON object. Unknown ones and null count as absent.

        There, columns have the names that they have in the file; here, those that they get.
        """
        rename = {old: new for old, new in (given.get("rename") or {}).items() if new}
        lists: dict[str, Any] = {
            name: tuple(rename.get(column, column) for column in given.get(name) or ())
            for name in ("pk", "fts", "drop")
        }
        types = {rename.get(name, name): kind for name, kind in (given.get("types") or {}).items()}
        exists = given.get("exists")
        null = given.get("null")
        skiprows, notes = _skiprows(given.get("skiprows"))
        names = ("quote", "escape", "comment", "decimal", "thousands", "dates")
        texts: dict[str, Any] = {name: given.get(name) or None for name in names}
        return cls(
            name=given.get("name") or None,
            database=given.get("database") or None,
            skiprows=skiprows,
            header=given.get("header"),
            delimiter=given.get("delimiter") or None,
            encoding=given.get("encoding") or None,
            types=types,
            rename=rename,
            exists=exists if exists in ("replace", "add") else "rename",
            tables={name: cls.of(more) for name, more in (given.get("tables") or {}).items()},
            skip=bool(given.get("skip")),
            null=None if null is None else tuple(null),
            hidden=bool(given.get("hidden")),
            notes=notes,
            **texts,
            **lists,
        )

    def of_table(self, source: str) -> ImportOptions:
        """Return the options for one table of several, called `source` in the file.

        Options for the whole file, except the name, apply where the table's own options say
        nothing.
        """
        own = self.tables.get(source, ImportOptions())
        return replace(
            own,
            skiprows=self.skiprows if own.skiprows is None else own.skiprows,
            header=self.header if own.header is None else own.header,
            pk=own.pk or self.pk,
            fts=own.fts or self.fts,
            drop=own.drop or self.drop,
            types=own.types or self.types,
            rename=own.rename or self.rename,
            hidden=own.hidden or self.hidden,
            exists=own.exists if own.exists != "rename" else self.exists,
        )


# More than any file has. Counters for larger numbers would overflow in WebAssembly.
_MOST_LINES = 10**9

# Python refuses to read thousands of digits.
_MOST_DIGITS = 18

# In characters, of what a note quotes.
_QUOTED = 20


def _skiprows(given: Any) -> tuple[int | None, tuple[str, ...]]:
    """Return how many lines to skip, and notes."""
    if given is None:
        return None, ()
    if isinstance(given, str) and not (given.isdecimal() and len(given) <= _MOST_DIGITS):
        quoted = excerpt(given, _QUOTED)
        return None, (f"skiprows={quoted} was not used, since it is not a number of lines.",)
    return min(max(0, int(given)), _MOST_LINES), ()


#: The options of links that each kind of file has.
_OF_TABLES = ("name", "pk", "fts", "drop")
_USED: Mapping[Kind, tuple[str, ...]] = {
    "csv": (
        *_OF_TABLES,
        *("skiprows", "header", "delimiter", "encoding", "quote", "escape", "comment"),
        *("null", "decimal", "thousands", "dates"),
    ),
    "excel": (*_OF_TABLES, "skiprows", "header", "hidden"),
    "json": (*_OF_TABLES, "header"),
    "parquet": _OF_TABLES,
    "sqlite": ("name", "range"),
    "sql": (),
}
_OPTIONS = (*_USED["csv"], "hidden", "range")


def notes_on_options(kind: Kind, request: Request) -> list[str]:
    """Return sentences on options that a file of this kind does not have, or that make no sense."""
    used = _USED.get(kind, _OPTIONS)
    given = {name for name, value in request.given.items() if value not in (None, "", [])}
    unused = [name for name in _OPTIONS if name in given and name not in used]
    notes = list(request.options.notes)
    if unused:
        what = "This option does" if len(unused) == 1 else "These options do"
        notes.append(f"{what} nothing for {IN_WORDS[kind]}: {', '.join(unused)}.")
    return notes


@dataclass(frozen=True)
class Request:
    """JavaScript's request to take in a source."""

    parameter: str  # the link's, such as "csv", or "auto"
    url: str  # or the name of a file
    origin: Mapping[str, Any]  # where it is from, as shell/worker/sources/intake.js knows it
    options: ImportOptions
    given: Mapping[str, Any]  # the options as they came, to be kept
    id: str | None = None  # of the source whose tables this replaces
    may_change: bool = False  # whether a script may change tables that it did not make

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Request:
        """Return the request in a JSON object."""
        options = given.get("options") or {}
        return cls(
            parameter=given["parameter"],
            url=given["url"],
            origin=given.get("origin") or {},
            options=ImportOptions.of(options),
            given=options,
            id=given.get("id"),
            may_change=given.get("mayChange") is True,
        )
