"""Converts values of a CSV file that are not written as SQLite expects.

These are decimal commas, thousands separators, words for NULL and dates in national order. Values
are converted only if a person asks for it, or the file shows it beyond doubt. Numbers and dates are
converted only if all values of their column can be; text stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.errors import SourceError
from engine.importing.column_types import ColumnType
from engine.importing.options import ImportOptions

#: NULL in files by MySQL and IMDb.
MYSQL_NULL = "\\N"

#: In links and in the dialog: no such character.
NONE = "none"
_WORDS = {"space": " ", "tab": "\t", "comma": ",", "semicolon": ";", "bar": "|", "point": "."}

Value = str | None


@dataclass(frozen=True)
class Habits:
    """How values are written."""

    decimal: str = "."
    thousands: str = ""
    nulls: frozenset[str] = frozenset()
    dates: str = ""  # "dmy", "mdy", "ymd" or a format as of strptime

    @property
    def are_usual(self) -> bool:
        """Whether nothing has to be converted."""
        return self == Habits()


def character(said: str | None) -> str | None:
    """Return the character that a word such as "tab" stands for; "" for "none"."""
    if said is None:
        return None
    low = said.lower()
    return "" if low == NONE else _WORDS.get(low, said)


def habits_of(options: ImportOptions, head: str, source: str) -> Habits:
    """Return how values are written, from the options and the head of the file.

    Raises:
        SourceError: the options make no sense.
    """
    decimal = character(options.decimal) or "."
    thousands = character(options.thousands) or ""
    if decimal not in (".", ","):
        raise _refusal("decimal", options.decimal, "a comma or a point", source)
    if thousands not in ("", ".", ",", " ", "'", "\u2019", "_", "\xa0") or thousands == decimal:
        raise _refusal("thousands", options.thousands, "another sign, such as . , or space", source)
    if options.dates and not _parser(options.dates):
        raise _refusal("dates", options.dates, "dmy, mdy, ymd or a format such as %d.%m.%y", source)
    if options.null is None:
        nulls = frozenset([MYSQL_NULL]) if _MYSQL_NULLS.search(head) else frozenset()
    else:
        nulls = frozenset(word for word in options.null if word.lower() != NONE)
    return Habits(decimal, thousands, nulls, options.dates or "")


_MYSQL_NULLS = re.compile(r"(?:^|[,;\t|])\\N(?=[,;\t|\r\n]|\Z)", re.MULTILINE)


def _refusal(name: str, value: str | None, wanted: str, source: str) -> SourceError:
    return SourceError(
        f"{source} can't be read with {name}={value}.",
        source=source,
        hint=f"For {name}, use {wanted}.",
    )


class Conversion:
    """Converts the values of a table's columns.

    Feed it every row with `see` first, then make converters with `converter`.
    """

    def __init__(self, habits: Habits, width: int) -> None:
        self._habits = habits
        self._number = _number_converter(habits)
        self._parse = _parser(habits.dates)
        #: Whether every value is a date, by column.
        self._all_dates = [self._parse is not None] * width
        self._any_date = [False] * width
        #: How many values were words for NULL.
        self.nulls = 0

    def see(self, rows: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return rows in the form to tell types from; all as wide as the table."""
        columns = [list(column) for column in zip(*rows, strict=True)]
        for place, column in enumerate(columns):
            if self._habits.nulls:
                kept = ["" if value in self._habits.nulls else value for value in column]
                self.nulls += kept.count("") - column.count("")
                column = kept
            if self._all_dates[place]:
                self._look_for_dates(place, column)
            if self._number is not None:
                column = list(map(self._number, column))
            columns[place] = column
        return list(map(list, zip(*columns, strict=True)))

    def _look_for_dates(self, place: int, column: list[str]) -> None:
        assert self._parse is not None
        for value in filter(None, column):
            if self._parse(value) is None:
                self._all_dates[place] = False
                return
            self._any_date[place] = True

    def date_columns(self) -> list[int]:
        """Return the columns in which every value is a date."""
        pairs = zip(self._all_dates, self._any_date, strict=True)
        return [place for place, (every, one) in enumerate(pairs) if every and one]

    def converter(self, types: Sequence[ColumnType]) -> Callable[[Sequence[Value]], list[Value]]:
        """Return a function that converts a row.

        :param types: the types of the columns; there may be one more than `width`.
        """
        dates = self.date_columns()
        steps = [
            self._step(kind, is_date=place in dates, is_extra=place >= len(self._all_dates))
            for place, kind in enumerate(types)
        ]

        def convert(row: Sequence[Value]) -> list[Value]:
            return [step(value) for step, value in zip(steps, row, strict=True)]

        return convert

    def _step(self, kind: ColumnType, *, is_date: bool, is_extra: bool) -> Callable[[Value], Value]:
        nulls, number, parse = self._habits.nulls, self._number, self._parse
        if is_extra:
            return lambda value: value
        if is_date and kind is ColumnType.TEXT:
            assert parse is not None
            return lambda value: None if not value or value in nulls else parse(value)
        if kind is not ColumnType.TEXT and number is not None:
            return lambda value: None if not value or value in nulls else number(value)
        return lambda value: None if value in nulls else value


def _number_converter(habits: Habits) -> Callable[[str], str] | None:
    """Return a function that rewrites numbers as SQLite writes them and leaves text alone."""
    decimal, thousands = habits.decimal, habits.thousands
    if decimal == "." and not thousands:
        return None
    # A space between digits is often a no-break space.
    separator = "[ \xa0\u202f]" if thousands == " " else re.escape(thousands)
    whole = rf"\d{{1,3}}(?:{separator}\d{{3}})+|\d+" if thousands else r"\d+"
    pattern = re.compile(rf"\s*([+-]?)({whole})?(?:{re.escape(decimal)}(\d*))?\s*")
    # With a decimal comma, 1.5 is not a number, unless the point separates thousands.
    foreign = "." if decimal == "," else ""

    def convert(value: str) -> str:
        found = pattern.fullmatch(value)
        if found is None or not (found[2] or found[3]):
            # SQLite may read it as a number, but its writer did not mean one.
            return f"{value}\u00a0" if foreign and foreign in value else value
        digits = re.sub(r"\D", "", found[2] or "0")
        return f"{found[1]}{digits}" + (f".{found[3]}" if found[3] is not None else "")

    return convert


_ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}
_DATE = re.compile(
    r"\s*(\d{1,4})([./-])\s*(\d{1,2})\2\s*(\d{1,4})"
    r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?\s*"
)


def _parser(said: str) -> Callable[[str], str | None] | None:
    """Return a function that converts a date to ISO 8601, and anything else to None."""
    if said.lower() in _ORDERS:
        year, month, day = _ORDERS[said.lower()]

        def parse(value: str) -> str | None:
            found = _DATE.fullmatch(value)
            if found is None:
                return None
            parts = (found[1], found[3], found[4])
            if len(parts[year]) not in (2, 4) or max(len(parts[month]), len(parts[day])) > 2:
                return None
            number = int(parts[year])
            if len(parts[year]) == 2:
                number += 2000 if number < 69 else 1900  # as in POSIX
            hour, minute, second = (int(found[group] or 0) for group in (5, 6, 7))
            try:
                moment = datetime(number, int(parts[month]), int(parts[day]), hour, minute, second)
            except ValueError:
                return None
            if found[5] is None:
                return moment.date().isoformat()
            return moment.isoformat() + (found[8] or "")

        return parse
    if "%" not in said:
        return None

    def parse_format(value: str) -> str | None:
        try:
            moment = datetime.strptime(value.strip(), said)
        except ValueError:
            return None
        has_time = any(f"%{letter}" in said for letter in "HIMScXT")
        return moment.isoformat() if has_time else moment.date().isoformat()

    return parse_format
