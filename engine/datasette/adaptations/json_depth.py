"""Lets deeply nested JSON end in an error, not in the end of Python.

In WebAssembly, the standard library's parser exhausts the stack of the browser before it comes to
its own limit. Datasette parses what comes with requests (its write API, `_facet_array={…}`) and
what is in cells (suggested facets), and so do plugins: one cell could make a table's page unusable.
What is nested too deeply is an ordinary error of the parser here, which all of them expect. So are
bytes that are not text.
It can go when Pyodide's Python limits the recursion of its parser.
"""

from __future__ import annotations

import json
from typing import Any

from engine.importing.json_depth import DEEPEST, check_depth

_plain_decode = json.JSONDecoder.decode
_plain_loads = json.loads


def _decode(self: json.JSONDecoder, s: str, *more: Any) -> Any:
    try:
        check_depth(s)
    except RecursionError as error:
        message = f"Lists and objects are nested deeper than {DEEPEST} levels"
        raise json.JSONDecodeError(message, s, 0) from error
    return _plain_decode(self, s, *more)


def _loads(s: str | bytes | bytearray, **options: Any) -> Any:
    try:
        return _plain_loads(s, **options)
    except UnicodeDecodeError as error:
        # Datasette answers with status 400 to one error only.
        raise json.JSONDecodeError(f"This is not text ({error.reason})", "", 0) from error


def install() -> None:
    """Change Python's JSON parser; doing it again changes nothing."""
    json.loads = _loads
    json.JSONDecoder.decode = _decode  # type: ignore[method-assign, assignment]
