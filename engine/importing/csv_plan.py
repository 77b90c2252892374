"""Plans the table for the rows of a CSV file, from their types and the options.

It makes the SQL statements and decides which rows don't fit. Options not given cost nothing: rows
then go to SQLite as they come from the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from engine.errors import SourceError
from engine.importing.column_types import ColumnType
from engine.importing.csv_values import Conversion
from engine.importing.fitting import Fits, insert_fitting
from engine.importing.imported import Chosen, Rejected, create_table
from engine.importing.options import ImportOptions
from engine.importing.rounding import Rounding
from engine.sqlite.names import quote

_TYPES = {
    "text": ColumnType.TEXT,
    "integer": ColumnType.INTEGER,
    "float": ColumnType.FLOAT,
}

Row = Sequence[str | None]


@dataclass(frozen=True)
class Survey:
    """What the first pass learnt about a file."""

    names: list[str]  # of the columns in the header
    types: list[ColumnType]
    blanks: list[bool]  # whether an empty string occurs, meaningful for number columns
    long: list[bool]  # whether fractions in a number column may be rounded
    rows: int
    is_ragged: bool  # some rows are not as wide as the header
    extra_name: str | None  # the column for values beyond the header, if there are any
    conversion: Conversion | None = None  # of values that are not written as SQLite does

    @property
    def all_names(self) -> list[str]:
        """The names of all columns that a row has once it fits."""
        return self.names + ([self.extra_name] if self.extra_name else [])

    def fit(self, row: list[str]) -> Row:
        """Return a row as wide as the table: missing values NULL, further ones in one column."""
        width = len(self.names)
        fitted: list[str | None] = [*row[:width], *[None] * (width - len(row))]
        if self.extra_name:
            extra = row[width:]
            fitted.append(json.dumps(extra, ensure_ascii=False) if any(extra) else None)
        return fitted


@dataclass(frozen=True)
class Plan:
    """The table that is made from the rows of a survey."""

    survey: Survey
    columns: list[str]
    types: list[ColumnType]  # of these columns
    blanks: list[bool]  # whether an empty string may be among their values
    primary_key: list[str]
    keep: Callable[[Row], Row] | None  # picks the columns out of a row that fits; None: all
    fits: Fits  # for rows of the file
    has_no_header: bool
    rounding: Rounding  # of rows of the file
    convert: Callable[[Row], Row] | None = None  # a row that fits, before `keep`
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, survey: Survey, options: ImportOptions, source: str) -> Plan:
        """Apply the options to what was learnt.

        Raises:
            SourceError: no column is left.
        """
        notes: list[str] = []
        names = survey.all_names
        chosen = Chosen(names, notes)
        dropped = chosen.find(options.drop, "to leave out")
        primary_key = chosen.primary_key(options, dropped)
        chosen.searched(options, dropped)
        kept = [index for index, name in enumerate(names) if name not in dropped]
        if not kept:
            raise SourceError(
                f"Nothing of {source} would remain, because every column is left out.",
                source=source,
                hint="Keep at least one column.",
            )

        types = [*survey.types, *([ColumnType.TEXT] if survey.extra_name else [])]
        forced, asked = [], set()
        for name in chosen.find(options.types, ""):
            index = names.index(name)
            asked.add(index)
            wanted = _TYPES.get(options.types.get(name, ""), types[index])
            if wanted < types[index] and index in kept:
                forced.append((index, wanted))
            types[index] = wanted
        blanks = [*survey.blanks, *([False] if survey.extra_name else [])]
        for index, _ in forced:
            # Columns are not checked for blanks once they are text.
            blanks[index] = True
        return cls(
            survey=survey,
            columns=[names[index] for index in kept],
            types=[types[index] for index in kept],
            blanks=[blanks[index] for index in kept],
            primary_key=primary_key,
            keep=None if len(kept) == len(names) else _picker(kept),
            fits=Fits(
                names, [names.index(name) for name in primary_key], forced, blank_is_null=True
            ),
            has_no_header=options.header is False,
            rounding=Rounding(
                {
                    index: names[index]
                    for index in kept
                    if types[index].is_float and (index in asked or survey.long[index])
                }
            ),
            convert=None if survey.conversion is None else survey.conversion.converter(types),
            notes=notes,
        )

    @property
    def text_columns(self) -> list[str]:
        """The columns that hold text."""
        pairs = zip(self.columns, self.types, strict=True)
        return [name for name, kind in pairs if kind is ColumnType.TEXT]

    def create_table(self, table: str) -> str:
        """Return the statement that makes the table."""
        kinds = [kind.declaration for kind in self.types]
        return create_table(table, list(zip(self.columns, kinds, strict=True)), self.primary_key)

    def insert(self, table: str) -> str:
        """Return the statement that inserts one row."""
        # SQLite replaces empty strings faster than a loop in Python.
        values = [
            "nullif(?, '')" if blank and kind is not ColumnType.TEXT else "?"
            for blank, kind in zip(self.blanks, self.types, strict=True)
        ]
        return f"INSERT INTO {quote(table)} VALUES ({', '.join(values)})"

    def insert_checked(
        self,
        conn: sqlite3.Connection,
        statement: str,
        rows: Iterable[Row],
        numbers: Sequence[tuple[int, int]],
        rejected: Rejected,
    ) -> int:
        """Insert the rows that fit, set the others aside, and return how many fitted.

        :param numbers: the number of each row, and of the line in which it begins.
        """
        good: list[tuple[int, Row]] = []
        whole: dict[int, tuple[int, Row]] = {}
        for (number, line), row in zip(numbers, rows, strict=True):
            fitting = row if self.convert is None else self.convert(row)
            reason = self.fits.misfit(fitting)
            if reason is None:
                self.rounding.see([fitting], [line])
                good.append((number, fitting if self.keep is None else self.keep(fitting)))
                whole[number] = (line, row)
            else:
                rejected.add(number, reason, row, line)

        def reject(number: int, reason: str, _: Row) -> None:
            line, row = whole[number]
            rejected.add(number, reason, row, line)

        return insert_fitting(conn, statement, good, reject)


def _picker(kept: list[int]) -> Callable[[Row], Row]:
    def pick(row: Row) -> Row:
        return [row[index] for index in kept]

    return pick
