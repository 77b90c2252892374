"""Parses JSON that is not quite JSON: NaN and Infinity, comments, extra commas, several values.

It also makes the notes on that. json_shapes.py finds the rows in the values.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from engine.importing.json_depth import check_depth

_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENT = re.compile(rf"{_STRING}|(//[^\r\n]*|/\*.*?\*/)", re.DOTALL)
_LAST_COMMA = re.compile(rf"{_STRING}|(,)(?=\s*[\]}}])", re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r\x1e]*")

#: Begins each text of a JSON text sequence (RFC 7464, and RFC 8142 for GeoJSON).
RECORD_SEPARATOR = "\x1e"


@dataclass
class JsonParser:
    """Parses JSON, and counts what in it is not JSON."""

    not_numbers: int = 0
    infinities: int = 0
    comments: int = 0
    commas: int = 0
    _decoder: json.JSONDecoder = field(init=False)

    def __post_init__(self) -> None:
        self._use(json.JSONDecoder(parse_constant=self._constant))

    def _use(self, decoder: json.JSONDecoder) -> None:
        self._decoder = decoder
        #: Like json.JSONDecoder.raw_decode.
        self.raw_decode = decoder.raw_decode

    def _take_long_integers(self) -> None:
        """Read integers with thousands of digits as text, which makes all parsing slower."""
        constant = self._constant
        self._use(json.JSONDecoder(parse_constant=constant, parse_int=_integer))

    def forget(self) -> None:
        """Reset the counts."""
        self.not_numbers = self.infinities = self.comments = self.commas = 0

    def _constant(self, name: str) -> float | None:
        if name == "NaN":
            self.not_numbers += 1
            return None
        self.infinities += 1
        return float(name)

    def parse(self, text: str) -> Any:
        """Return a document, which may hold NaN and Infinity.

        Raises:
            ValueError: it is not JSON.
            RecursionError: it is nested too deeply.
        """
        check_depth(text)
        before = self.not_numbers, self.infinities
        try:
            return self._decoder.decode(text)
        except json.JSONDecodeError:
            raise
        except ValueError:  # int() refuses thousands of digits
            self.not_numbers, self.infinities = before
            self._take_long_integers()
            return self._decoder.decode(text)

    def parse_relaxed(self, text: str) -> Any:
        """Return a document with comments, commas before closing brackets, or several values.

        Raises:
            ValueError: it is not even that.
            RecursionError: it is nested too deeply.
        """
        plain = _LAST_COMMA.sub(self._without_comma, _COMMENT.sub(self._without_comment, text))
        check_depth(plain)
        self._take_long_integers()
        values = []
        position = _after_space(plain, 0)
        while position < len(plain):
            value, position = self.raw_decode(plain, position)
            values.append(value)
            position = _after_space(plain, position)
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
        if self.not_numbers:
            notes.append(f"{_count(self.not_numbers, 'value')} read as NULL: NaN, not a number.")
        if self.infinities:
            verb = "is" if self.infinities == 1 else "are"
            notes.append(f"{self.infinities:,} of the values {verb} infinite.")
        return notes


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _count(number: int, what: str) -> str:
    return f"{number:,} {what} was" if number == 1 else f"{number:,} {what}s were"
