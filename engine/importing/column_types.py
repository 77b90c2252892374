"""Column types: whether all text values of a column are integers, numbers, or just text.

The rule is that of ``sqlite_utils.utils.TypeTracker``: integer if Python's ``int()`` reads
every value, else float if ``float()`` does, else text; empty strings say nothing, and a column
with no value at all is an integer column. It differs where its answer would change the data:

- a leading zero (``007``, ``-01``, ``00.5``, but not ``0``, ``-0`` or ``0.5``) makes the column
  text: postcodes and phone numbers keep their zeros;
- so does an integer beyond 64 bits, which SQLite would round to a float;
- so does text that Python reads as a number and SQLite does not: ``1_000``, ``nan``, ``inf``,
  digits or white space outside ASCII;
- so does a number too large or too small for a float: ``1e400``, ``1e-400``;
- so does a plus sign before seven digits or more, which begins a phone number: ``+41446681800``;
- integers that a float can't tell apart (beyond 2^53) and fractions together make the column
  numeric, in which SQLite keeps both as they are.

Values are not converted here: SQLite does that on insert, by the column's affinity.

The code is written for speed. A few hundred values of a column are joined and matched by one
regular expression, which takes about 0.2 µs a value in wasm, half of what ``int()`` needs. Only
columns that this does not settle are examined value by value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from enum import IntEnum

from engine.importing.rounding import are_as_written, may_be_rounded


class ColumnType(IntEnum):
    """What a column can hold; a column only ever moves to a greater one."""

    INTEGER = 0
    FLOAT = 1
    NUMERIC = 2
    TEXT = 3

    @property
    def declaration(self) -> str:
        """The type in CREATE TABLE, spelled as sqlite-utils does."""
        return ("INTEGER", "REAL", "NUMERIC", "TEXT")[self]

    @property
    def is_float(self) -> bool:
        """Whether SQLite stores fractions in it as floats."""
        return self in (ColumnType.FLOAT, ColumnType.NUMERIC)

    @property
    def word(self) -> str:
        """The type as options and previews name it."""
        return ("integer", "float", "float", "text")[self]


# White space is what both int() and SQLite ignore around a number.
_NUMBER = re.compile(
    r"[ \t-\r]*[+-]?(?P<mantissa>(?P<whole>[0-9]*)(?P<fraction>\.[0-9]*)?)"
    r"(?P<exponent>[eE][+-]?[0-9]+)?[ \t-\r]*"
)
_FIRST_BEYOND_64_BITS = 2**63

# Of the digits after a plus sign; as many as the shortest phone numbers have with their country.
_PHONE_DIGITS = 7

#: Up to here, a float can tell integers apart.
EXACT = 2**53

# One line a value, empty lines allowed. Lengths are capped so that a match can't be out of
# range; the possessive *+ keeps no memory of each line for backtracking.
_EXACT_LINES = re.compile(r"(?:(?: *(?:-|\+(?![0-9]{7}))?(?:0|[1-9][0-9]{0,14}) *)?\n)*+")
_INTEGER_LINES = re.compile(r"(?:(?: *(?:-|\+(?![0-9]{7}))?(?:0|[1-9][0-9]{0,17}) *)?\n)*+")
_FLOAT_LINES = re.compile(
    r"(?:(?: *(?:-|\+(?![0-9]{7}))?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{0,30})?|\.[0-9]{1,30})"
    r"(?:[eE][+-]?[0-9]{1,2})? *)?\n)*+"
)


def type_of(value: str) -> ColumnType:
    """Return the narrowest type that keeps a value's meaning. The value must not be empty.

    >>> [type_of(value).name for value in ("-7", "7.0", "007", "7 apples")]
    ['INTEGER', 'FLOAT', 'TEXT', 'TEXT']
    """
    match = _NUMBER.fullmatch(value)
    if match is None:
        return ColumnType.TEXT
    mantissa, whole = match["mantissa"], match["whole"]
    if mantissa in ("", ".") or (len(whole) > 1 and whole[0] == "0"):
        return ColumnType.TEXT
    if match["fraction"] is None and match["exponent"] is None:
        if "+" in value and len(whole) >= _PHONE_DIGITS:
            return ColumnType.TEXT
        # The length comes first: int() refuses thousands of digits.
        if len(whole) > 19 or not (-_FIRST_BEYOND_64_BITS <= int(value) < _FIRST_BEYOND_64_BITS):
            return ColumnType.TEXT
        return ColumnType.INTEGER
    number = float(value)
    vanished = number == 0 and mantissa.strip("0.") != ""
    return ColumnType.TEXT if vanished or math.isinf(number) else ColumnType.FLOAT


class ColumnTypes:
    """Follows the columns of a table as their values go by.

    :param width: the number of columns.
    """

    #: For every column, whether an empty string was among the values seen while it could still
    #: be a number. On insert these must become NULL in a number column.
    blanks: list[bool]

    #: For every column, whether fractions among the values seen while it could still be a number
    #: may have more digits than a float can hold.
    long: list[bool]

    def __init__(self, width: int) -> None:
        self.types = [ColumnType.INTEGER] * width
        self.blanks = [False] * width
        self.long = [False] * width
        # Whether an integer may be beyond what a float is exact for.
        self._wide = [False] * width
        # Most columns turn out to be text within the first rows and need no further checks.
        self._undecided = list(range(width))

    def see(self, rows: Iterable[Sequence[str]]) -> None:
        """Take in rows, each exactly as wide as the table; missing values as empty strings."""
        if not self._undecided:
            return
        columns = list(zip(*rows, strict=True))
        if not columns:
            return
        for index in self._undecided:
            column = columns[index]
            if not self.blanks[index]:
                self.blanks[index] = "" in column
            lines = "\n".join(column) + "\n"
            kind, is_wide = _widen(self.types[index], column, lines)
            self._wide[index] = self._wide[index] or is_wide
            if kind.is_float and not self.long[index]:
                self.long[index] = may_be_rounded(lines) and not are_as_written(column)
            if kind is ColumnType.FLOAT and self._wide[index]:
                kind = ColumnType.NUMERIC
            self.types[index] = kind
        self._undecided = [i for i in self._undecided if self.types[i] is not ColumnType.TEXT]


def _widen(current: ColumnType, column: Sequence[str], lines: str) -> tuple[ColumnType, bool]:
    """Return the type that also holds these values, and whether integers among them are wide.

    :param current: not TEXT.
    :param lines: the values, each with a newline after it.
    """
    # A value may itself contain a newline, and "1\n2" is not two integers.
    if lines.count("\n") == len(column):
        if current is ColumnType.INTEGER:
            if _EXACT_LINES.fullmatch(lines):
                return current, False
            if _INTEGER_LINES.fullmatch(lines):
                return current, True
        if _FLOAT_LINES.fullmatch(lines):
            return max(current, ColumnType.FLOAT), False
    is_wide = False
    for value in filter(None, column):
        kind = type_of(value)
        is_wide = is_wide or (kind is ColumnType.INTEGER and abs(int(value)) > EXACT)
        current = max(current, kind)
        if current is ColumnType.TEXT:
            break
    return current, is_wide
