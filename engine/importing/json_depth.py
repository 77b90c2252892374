"""Parses JSON, and refuses documents that are nested too deeply.

In wasm, the standard library's parser exhausts the browser's stack before it reaches its own limit,
which ends Python. So the depth is checked before parsing.
"""

from __future__ import annotations

import json
import re
from typing import Any

#: The most levels of lists and objects. Real documents have about ten.
DEEPEST = 200

_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def loads(text: str) -> Any:
    """Return a JSON document, as json.loads does.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested deeper than DEEPEST.
    """
    check_depth(text)
    return json.loads(text)


def check_depth(text: str) -> None:
    """Raise a RecursionError if a document, or its beginning, is nested deeper than DEEPEST."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    # Brackets in strings don't count, but leaving strings out takes far longer.
    if _may_be_deep(text) and _may_be_deep(_STRING.sub("", text)):
        raise RecursionError(f"Nested deeper than {DEEPEST}.")


def _may_be_deep(text: str) -> bool:
    """Return whether brackets are nested too deeply, by removing the innermost repeatedly."""
    brackets = text.encode("utf-8", "replace").translate(None, _ALL_BUT_BRACKETS)
    for _ in range(DEEPEST):
        outer = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(outer) == len(brackets):
            break
        brackets = outer
    else:
        return brackets != b""
    return brackets.count(b"[") + brackets.count(b"{") > DEEPEST
