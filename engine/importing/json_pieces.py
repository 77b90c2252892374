"""Parses a large JSON document in pieces, so that other work gets a turn in between.

The standard library's parser takes a document in one go, which can take seconds in wasm. Here it
parses the parts that make documents large one by one: the values of a list or an object, and of
the lists in an object. The result is the same.

json_import.py says what is wrong with a document.
"""

from __future__ import annotations

import re
from typing import Any

from engine.importing.json_values import JsonParser
from engine.pace import Breathe

_SPACE = re.compile(r"[ \t\n\r]*")
_NEXT = re.compile(r"[ \t\n\r]*([,\]}])[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")

# How many values are parsed before looking at the clock.
_VALUES = 200


async def parse_in_pieces(text: str, breathe: Breathe, parser: JsonParser) -> Any:
    """Return a JSON document.

    :param breathe: awaited with positions in `text`.

    Raises:
        ValueError: it is not JSON; json.loads says where the error is.
        RecursionError: its lists and objects are nested too deeply.
    """
    parser.look_ahead(text)
    pieces = _Pieces(text, breathe, parser)
    start = _skip(text, 0)
    opening = text[start : start + 1]
    document: Any
    if opening == "{":
        document, end = await pieces.object(start)
    elif opening == "[":
        document, end = await pieces.list(start)
    else:
        document, end = pieces.decode(text, start)
    if _skip(text, end) != len(text):
        raise ValueError("There is more after the document.")
    return document


class _Pieces:
    def __init__(self, text: str, breathe: Breathe, parser: JsonParser) -> None:
        self._text = text
        self._breathe = breathe
        self.decode = parser.raw_decode
        self._parser = parser

    async def list(self, start: int) -> tuple[list[Any], int]:
        """Return the list that starts there, and where it ends."""
        text, parser = self._text, self._parser
        values: list[Any] = []
        position = _skip(text, start + 1)
        if text[position : position + 1] == "]":
            return values, position + 1
        names: list[str] = []
        # How many values were checked, where the others begin, and what was counted before them.
        checked, begin, counted = 0, position, parser.counted
        while True:
            value, position = parser.decode(text, position)
            if type(value) is dict:
                # The parser shares names within each piece; here they are shared between rows.
                if names == list(value):
                    value = dict(zip(names, value.values(), strict=True))
                else:
                    names = list(value)
            values.append(value)
            is_last, position = _next(text, position, "]")
            if not is_last and len(values) - checked < _VALUES:
                continue
            if parser.lacks_members(text, begin, position, values[checked:]):
                del values[checked:]
                position, parser.counted = begin, counted
                continue
            if is_last:
                return values, position
            checked, begin, counted = len(values), position, parser.counted
            await self._breathe(position)

    async def object(self, start: int) -> tuple[dict[str, Any], int]:
        """Return the object that starts there, and where it ends."""
        text, decode = self._text, self.decode
        pairs: list[tuple[str, Any]] = []
        position = _skip(text, start + 1)
        if text[position : position + 1] == "}":
            return {}, position + 1
        count = 0
        while True:
            name, position = decode(text, position)
            colon = _COLON.match(text, position)
            if not isinstance(name, str) or colon is None:
                raise ValueError("An object's members have names.")
            position = colon.end()
            value: Any
            if text[position : position + 1] == "[":
                value, position = await self.list(position)
            else:
                value, position = decode(text, position)
            pairs.append((name, value))
            is_last, position = _next(text, position, "}")
            if is_last:
                return self._parser.object_of(pairs), position
            count += 1
            if count % _VALUES == 0:
                await self._breathe(position)


def _skip(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _next(text: str, position: int, closing: str) -> tuple[bool, int]:
    """Return whether the value that ends there is the last one, and where to go on."""
    found = _NEXT.match(text, position)
    if found is None or found[1] not in (",", closing):
        raise ValueError("Values are separated by commas.")
    return found[1] == closing, found.end() if found[1] == "," else found.end(1)
