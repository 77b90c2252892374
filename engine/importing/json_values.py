"""Parses JSON, and what is not quite JSON: NaN, Infinity, comments, extra commas, several values.

Of members with the same name, parsers keep the last one; here the others get names of their own.
This also makes the notes on all that. json_shapes.py finds the rows in the values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.importing.excerpts import excerpt
from engine.importing.json_depth import check_depth
from engine.importing.rounding import is_rounded, may_be_rounded, rounded

_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENT = re.compile(rf"{_STRING}|(//[^\r\n]*|/\*.*?\*/)", re.DOTALL)
_LAST_COMMA = re.compile(rf"{_STRING}|(,)(?=\s*[\]}}])", re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]*")
_BLANKS = re.compile(r'"[ \t\n\r]++:')
_SEPARATOR = re.compile(r"[ \t\n\r\x1e]*")

#: Begins each text of a JSON text sequence (RFC 7464, and RFC 8142 for GeoJSON).
RECORD_SEPARATOR = "\x1e"


@dataclass
class JsonParser:
    """Parses JSON, and counts what in it is not JSON."""

    not_numbers: int = 0
    comments: int = 0
    commas: int = 0
    separators: int = 0  # commas between documents
    repeated: int = 0  # members with the name of another one and another value
    first_repeated: str = ""
    rounded: int = 0  # numbers that lose digits
    first_rounded: str = ""
    #: Like json.JSONDecoder.raw_decode. Follow it with `lacks_members`.
    decode: Callable[[str, int], tuple[Any, int]] = field(init=False)
    _how: dict[str, Any] = field(default_factory=dict)
    _sees_pairs: bool = False
    _sees_floats: bool = False

    def __post_init__(self) -> None:
        self._use()

    def _use(self, **how: Any) -> None:
        """Parse in this way from now on; the arguments are those of json.JSONDecoder."""
        self._how |= {"parse_constant": self._constant, **how}
        self.decode = json.JSONDecoder(**self._how).raw_decode

    def _take_long_integers(self) -> None:
        """Read integers with thousands of digits as text, which makes all parsing slower."""
        self._use(parse_int=_integer)

    def look_ahead(self, text: str) -> None:
        """Get ready for a text; call this before any of it is parsed.

        If it may have numbers that lose digits, these are seen from now on, which takes longer.
        """
        if not self._sees_floats and may_be_rounded(text):
            self._sees_floats = True
            self._use(parse_float=self._float)

    def _float(self, written: str) -> float:
        if is_rounded(written):
            self.first_rounded = self.first_rounded if self.rounded else written
            self.rounded += 1
        return float(written)

    def forget(self) -> None:
        """Reset the counts."""
        self.not_numbers = self.comments = self.commas = self.separators = self.repeated = 0
        self.rounded = 0

    @property
    def counted(self) -> tuple[int, int]:
        """How many values were counted that would be counted again if they were read again."""
        return self.not_numbers, self.rounded

    @counted.setter
    def counted(self, counts: tuple[int, int]) -> None:
        self.not_numbers, self.rounded = counts

    def _constant(self, name: str) -> float | None:
        if name == "NaN":
            self.not_numbers += 1
            return None
        return float(name)

    def raw_decode(self, text: str, start: int) -> tuple[Any, int]:
        """Return the value that starts there, and where it ends, as json.JSONDecoder does."""
        before = self.counted
        value, end = self.decode(text, start)
        if self.lacks_members(text, start, end, value):
            self.counted = before
            value, end = self.decode(text, start)
        return value, end

    def lacks_members(self, text: str, start: int, end: int, value: Any) -> bool:
        """Return whether `value`, read from there, may lack members that have the name of another.

        If so, read it again. From then on such members are seen, which takes half as long again.
        Members that are nested are not counted, since counting takes longer than that.
        """
        if self._sees_pairs:
            return False
        # Look for blanks before colons first: members that have them are not counted.
        if not _BLANKS.search(text, start, end) and (
            text.count('":', start, end) == _members(value)
        ):
            return False
        self._sees_pairs = True
        self._use(object_pairs_hook=self.object_of)
        return True

    def object_of(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return an object with these members, of which several may have the same name."""
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        others = [(name, value) for name, value in pairs if members[name] is not value]
        numbers: dict[str, int] = {}  # to try next; from 2 on each time would take long
        for name, value in others:
            if not _is_same(value, members[name]):
                number = numbers.get(name, 2)
                while f"{name}_{number}" in members:
                    number += 1
                numbers[name] = number + 1
                members[f"{name}_{number}"] = value
                self.first_repeated = self.first_repeated if self.repeated else name
                self.repeated += 1
        return members

    def parse(self, text: str) -> Any:
        """Return a document, which may hold NaN and Infinity.

        Raises:
            ValueError: it is not JSON.
            RecursionError: it is nested too deeply.
        """
        check_depth(text)
        self.look_ahead(text)
        before = self.counted, self.repeated
        try:
            return self._document(text)
        except json.JSONDecodeError:
            raise
        except ValueError:  # int() refuses thousands of digits
            self.counted, self.repeated = before
            self._take_long_integers()
            return self._document(text)

    def _document(self, text: str) -> Any:
        value, end = self.raw_decode(text, _after(_SPACE, text, 0))
        end = _after(_SPACE, text, end)
        if end != len(text):
            raise json.JSONDecodeError("Extra data", text, end)
        return value

    def parse_relaxed(self, text: str) -> Any:
        """Return a document with comments, commas before closing brackets, or several values.

        Raises:
            ValueError: it is not even that.
            RecursionError: it is nested too deeply.
        """
        self._use(parse_int=_integer, strict=False)  # line breaks and tabs may be in text
        plain = _LAST_COMMA.sub(self._without_comma, _COMMENT.sub(self._without_comment, text))
        check_depth(plain)
        self.look_ahead(plain)
        values = []
        position = _after(_SEPARATOR, plain, 0)
        while position < len(plain):
            value, position = self.raw_decode(plain, position)
            values.append(value)
            position = _after(_SEPARATOR, plain, position)
            if plain[position : position + 1] == ",":
                self.separators += 1
                position = _after(_SEPARATOR, plain, position + 1)
        if not values:
            raise ValueError("There is nothing in it.")
        if len(values) > 1 and not all(isinstance(value, (dict, list)) for value in values):
            raise ValueError("Several values that are not rows.")
        return values[0] if len(values) == 1 else values

    def _without_comment(self, found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        self.comments += 1
        return re.sub(r"[^\r\n]", " ", found[0])

    def _without_comma(self, found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        self.commas += 1
        return " "

    def notes(self) -> list[str]:
        """Return sentences on what was found."""
        notes = []
        if self.comments:
            notes.append(f"{_count(self.comments, 'comment')} left out, since JSON has none.")
        if self.commas:
            notes.append(f"{_count(self.commas, 'comma')} left out before closing brackets.")
        if self.separators:
            notes.append(f"{_count(self.separators, 'comma')} left out between the values.")
        if self.repeated:
            what = "1 member has" if self.repeated == 1 else f"{self.repeated:,} members have"
            name = self.first_repeated
            notes.append(
                f"{what} the same name as a later one in the same object, such as {name!r}, and"
                f" got another name, such as {name + '_2'!r}."
            )
        if self.rounded:
            notes.append(
                f"{rounded(self.rounded)}{':' if self.rounded == 1 else ': the first is'}"
                f" {excerpt(self.first_rounded)}. In quotation marks, they keep all digits."
            )
        if self.not_numbers:
            notes.append(f"{_count(self.not_numbers, 'value')} read as NULL: NaN, not a number.")
        return notes


def _members(value: Any) -> int:
    """Return how many members a value has, as an object or as a list of objects."""
    if type(value) is dict:
        return len(value)
    if type(value) is list:
        return sum(len(one) for one in value if type(one) is dict)
    return 0


def _is_same(value: Any, other: Any) -> bool:
    """Return whether two values are the same in JSON; in Python, 1 and True are equal as well."""
    if value != other:
        return False
    return json.dumps(value, sort_keys=True) == json.dumps(other, sort_keys=True)


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _count(number: int, what: str) -> str:
    return f"{number:,} {what} was" if number == 1 else f"{number:,} {what}s were"
