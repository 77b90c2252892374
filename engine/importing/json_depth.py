"""Parsing JSON without harm from what is nested too deeply.

In wasm, the standard library's parser exhausts the stack of the browser before it comes to its own
limit, and with that Python is at an end. So what is too deep is found before it is parsed.
"""

from __future__ import annotations

import json
import re
from typing import Any

#: Lists and objects inside each other. Real documents have some ten.
DEEPEST = 200

_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def loads(text: str) -> Any:
    """Return a JSON document, as json.loads does.

    Raises:
        ValueError: it is none.
        RecursionError: it is nested deeper than DEEPEST.
    """
    check_depth(text)
    return json.loads(text)


def check_depth(text: str) -> None:
    """Raise a RecursionError if a document, or its beginning, is nested deeper than DEEPEST."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    # Brackets in strings count for nothing, but to leave strings out takes far longer.
    if _may_be_deep(text) and _may_be_deep(_STRING.sub("", text)):
        raise RecursionError(f"Nested deeper than {DEEPEST}.")


def _may_be_deep(text: str) -> bool:
    """Tell whether brackets are nested too deeply, by taking away the innermost again and again."""
    brackets = text.encode("utf-8", "replace").translate(None, _ALL_BUT_BRACKETS)
    for _ in range(DEEPEST):
        outer = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(outer) == len(brackets):
            break
        brackets = outer
    else:
        return brackets != b""
    return brackets.count(b"[") + brackets.count(b"{") > DEEPEST
