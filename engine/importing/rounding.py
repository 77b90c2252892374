"""Numbers that a float, which is what SQLite stores, cannot hold in full.

They stay numbers, so that a column of averages with 20 digits can be sorted and summed. But each
one that loses digits is counted, and a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from engine.importing.excerpts import excerpt

# So many always fit, unless the number is tiny.
_SAFE_DIGITS = 15
_ALIKE = bytes.maketrans(b"123456789.E", b"0000000000e")
# More digits with a point among them, more digits before an exponent, and tiny numbers.
_FOUND = (b"0" * (_SAFE_DIGITS + 2), b"0" * (_SAFE_DIGITS + 1) + b"e", b"e-000")
# The float that needs most has 767.
_MOST_DIGITS = 767
_SLICE = 1024 * 1024  # in characters

_NUMBER = re.compile(r"\s*[+-]?([0-9]*)(?:\.([0-9]*))?(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)


def may_be_rounded(text: str) -> bool:
    """Return whether a text may have numbers that lose digits.

    Every text is searched and hardly any has one, so this is much faster than a regular expression.
    """
    for start in range(0, len(text), _SLICE):
        part = text[start : start + _SLICE + len(_FOUND[0])].encode("utf-8", "surrogatepass")
        alike = part.translate(_ALIKE)
        if any(one in alike for one in _FOUND):
            return True
    return False


def is_rounded(value: str | int) -> bool:
    """Return whether a number loses digits as a float; text that is not a number does not.

    A float that another program wrote in full loses nothing, however many digits that took.

    >>> [is_rounded(one) for one in ("0.1234567890123456789", "0.1000000000000000055511", "0.10")]
    [True, False, False]
    """
    if isinstance(value, int):
        return abs(value) > 2**53 and int(float(value)) != value
    if len(value) <= _SAFE_DIGITS + ("." in value) and "-" not in value[1:]:
        return False
    found = _NUMBER.fullmatch(value)
    if found is None:
        return False
    digits = ((found[1] or "") + (found[2] or "")).strip("0")
    if not digits:
        return False
    if len(digits) > _MOST_DIGITS:
        return True
    written = f"{float(value):.{len(digits) - 1}e}"
    # Nothing of infinity is left by this, nor of a number that became zero.
    return written.partition("e")[0].replace(".", "").lstrip("-") != digits


def are_as_written(column: Sequence[Any]) -> bool:
    """Return whether all values are floats as Python writes them, which is told fast."""
    texts = [
        value
        for value in column
        if type(value) is str and (len(value) > _SAFE_DIGITS or value.rfind("-") > 0)
    ]
    if any(type(value) is int for value in column):
        return False
    try:
        return list(map(repr, map(float, texts))) == texts
    except ValueError:
        return False


class Rounding:
    """Counts the values of some columns of a table that lose digits.

    :param columns: names of columns of numbers, by their places in a row.
    """

    def __init__(self, columns: dict[int, str]) -> None:
        self._columns = columns
        self.count = 0
        self._first = ""

    def __bool__(self) -> bool:
        """Whether there may be such values."""
        return bool(self._columns)

    def see(self, rows: Sequence[Sequence[Any]], lines: Sequence[int | None]) -> None:
        """Look at rows, with the lines in which they begin, if these are known."""
        for place, name in self._columns.items():
            column = [row[place] for row in rows]
            if are_as_written(column):
                continue
            for value, line in zip(column, lines, strict=False):
                if type(value) is int or type(value) is str:
                    self._look(value, name, line)

    def _look(self, value: str | int, name: str, line: int | None) -> None:
        if not is_rounded(value):
            return
        if self.count == 0:
            where = "" if line is None else f" in line {line:,}"
            self._first = f"{excerpt(str(value).strip())} in column {name}{where}"
        self.count += 1

    def notes(self) -> list[str]:
        """Return a sentence on them, if there are any."""
        if not self.count:
            return []
        return [
            f"{rounded(self.count)}: {'' if self.count == 1 else 'the first is '}{self._first}."
            " To keep all digits, make the type of the column text."
        ]


def rounded(count: int) -> str:
    """Return the start of a sentence about numbers that lost digits."""
    if count == 1:
        return "1 number has more digits than SQLite stores in a number, and was rounded"
    return f"{count:,} numbers have more digits than SQLite stores in a number, and were rounded"
