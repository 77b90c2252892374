"""Turns the beginning of a JSON file into a document, to show what it holds.

The document ends at the last comma, since the value after it may be cut off, or within a text that
is too long to end. Lists and objects that are open there are closed.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?P<end>"|\\?\Z)|[\[\]{},:]', re.DOTALL)
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_CLOSING = {"[": "]", "{": "}"}


def closed(head: str) -> str:
    """Return a document with all complete values in the head of another."""
    open_: list[str] = []
    end, closing = 0, ""
    before = ""
    for token in _TOKEN.finditer(head):
        sign = head[token.start()]
        if sign in _CLOSING:
            open_.append(_CLOSING[sign])
        elif sign in "]}" and open_:
            open_.pop()
        if sign == ",":
            end, closing = token.start(), "".join(reversed(open_))
        elif sign == '"' and token["end"] != '"' and (before == ":" or open_[-1:] == ["]"]):
            text = _HALF_ESCAPE.sub("", head)
            return f'{text}"{"".join(reversed(open_))}'
        before = sign
    return head[:end] + closing
