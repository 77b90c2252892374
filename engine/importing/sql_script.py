"""Runs an SQL script statement by statement, so that other work gets a turn in between.

It splits the script and says where it failed; sql_guard.py decides what it may do. The script runs
in one transaction, so a dump's own BEGIN and COMMIT are ignored.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any

from engine.errors import SourceError
from engine.importing.excerpts import excerpt
from engine.pace import Breathe
from engine.sqlite.limits import time_limit
from engine.sqlite.sql_guard import PRAGMAS, Guard

# The tokens that decide where a statement ends: quoted text, comments, and the semicolon. Unclosed
# ones extend to the end, as in SQLite; otherwise each opening bracket would be searched again.
_TOKEN = re.compile(
    r"""'[^']*+'?|"[^"]*+"?|`[^`]*+`?|\[[^\]]*+\]?|--[^\n]*+|/\*.*?(?:\*/|\Z)|;""",
    re.DOTALL,
)
# Possessive, since backtracking takes memory for each repetition.
_SPACE = r"\s++|--[^\n]*+|/\*.*?(?:\*/|\Z)"
_BLANK = re.compile(rf"(?>{_SPACE}|;++)*+", re.DOTALL)
_TRIGGER = re.compile(
    rf"(?:EXPLAIN(?>{_SPACE})++)?CREATE(?>{_SPACE})++(?:TEMP\w*+(?>{_SPACE})++)?TRIGGER\b",
    re.DOTALL | re.IGNORECASE,
)
_END = re.compile(rf"(?>{_SPACE})*+END(?>{_SPACE})*+;", re.DOTALL | re.IGNORECASE)

_TRANSACTION = re.compile(
    r"(?:BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|VACUUM|ANALYZE)\b", re.IGNORECASE
)
_PRAGMA = re.compile(rf"PRAGMA(?>{_SPACE})++(?:\w++\s*+\.\s*+)?(\w++)", re.IGNORECASE | re.DOTALL)

#: A running statement blocks everything else, and browsers end a worker blocked for 30 s.
STATEMENT_SECONDS = 20.0

_EXCERPT = 120

# These take about 0.02 s in WebAssembly.
_TOKENS_AT_ONCE = 50_000


def statements(script: str) -> Iterator[tuple[int, str]]:
    """Yield the statements of a script, each with where it starts.

    >>> [text for _, text in statements("select ';'; -- x\\nselect 2")]
    ["select ';';", 'select 2']
    """
    for start, statement in _parts(script):
        if statement is not None:
            yield start, statement


def _parts(script: str) -> Iterator[tuple[int, str | None]]:
    """Do the same, but also yield None now and then within a long statement."""
    start = _skip(script, 0)
    is_trigger = _TRIGGER.match(script, start) is not None
    last = start  # where the text after the last semicolon inside a trigger begins
    for number, match in enumerate(_TOKEN.finditer(script, start), 1):
        if number % _TOKENS_AT_ONCE == 0:
            yield start, None
        end = match.end()
        if match[0] != ";" or match.start() < start:
            continue
        # A trigger has semicolons inside, and ends with one that follows END and another one.
        if is_trigger and (last == start or not _END.fullmatch(script, last, end)):
            last = end
            continue
        yield start, script[start:end]
        last = start = _skip(script, end)
        is_trigger = _TRIGGER.match(script, start) is not None
    if script[start:].strip():
        yield start, script[start:].strip()


def _skip(script: str, position: int) -> int:
    match = _BLANK.match(script, position)
    return match.end() if match else position


async def run_script(
    script: str,
    conn: sqlite3.Connection,
    source: str,
    breathe: Breathe | None,
    guard: Guard | None = None,
    seconds: float | None = None,
) -> int:
    """Run a script within the transaction of the caller; return the number of statements.

    :param source: what to call the script in errors.
    :param breathe: awaited with the position in the script. None: all of it in one go.
    :param guard: watches it; the default suits a database that holds nothing else.
    :param seconds: the limit for each statement; STATEMENT_SECONDS if not given.

    Raises:
        SourceError: a statement failed; the message quotes it and names its line.
    """
    number = 0
    conn.create_function("unistr", 1, _unistr, deterministic=True)
    guard = guard or Guard()
    seconds = STATEMENT_SECONDS if seconds is None else seconds
    guard.begin(conn)
    try:
        for start, statement in _parts(script):
            if statement is None:
                if breathe is not None:
                    await breathe(start)
                continue
            if _is_passed_over(statement):
                continue
            try:
                with time_limit(conn, seconds * 1000):
                    conn.execute(statement)
            except (sqlite3.Error, sqlite3.Warning) as error:
                raise _failed(script, start, statement, error, source) from error
            number += 1
            if breathe is not None:
                await breathe(start)
    finally:
        guard.end(conn)
    # Makes SQLite read what was written into the schema, as dumps do for virtual tables.
    conn.execute("PRAGMA writable_schema = RESET")
    if number == 0:
        raise SourceError(
            f"{source} has no SQL statement in it.",
            source=source,
            hint="Check that the address is complete and that the file has content.",
        )
    return number


_ESCAPED = re.compile(
    r"\\(?:(\\)|u([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|U([0-9a-fA-F]{8})|([0-9a-fA-F]{4}))"
)


def _unistr(value: Any) -> str | None:
    """Do what this function of newer versions of SQLite does, with which they write dumps."""
    if value is None:
        return None
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def character(found: re.Match[str]) -> str:
        return found[1] or chr(int(found[2] or found[3] or found[4] or found[5], 16))

    return _ESCAPED.sub(character, text)


def _is_passed_over(statement: str) -> bool:
    pragma = _PRAGMA.match(statement)
    if pragma:
        return pragma[1].lower() not in PRAGMAS
    return _TRANSACTION.match(statement) is not None


def _failed(script: str, start: int, statement: str, error: Exception, source: str) -> SourceError:
    line = script.count("\n", 0, start) + 1
    quoted = excerpt(" ".join(statement[: _EXCERPT * 10].split()), _EXCERPT)
    message = excerpt(str(error), _EXCERPT)  # may quote the whole statement
    hint = "Nothing of the script was kept. Correct the statement, then try again."
    if message == "interrupted":
        message = f"the statement took longer than {STATEMENT_SECONDS:g} seconds"
        hint = "It may never end. Correct it, or run the script elsewhere and open its database."
    elif re.match(r"(?:ATTACH|DETACH)\b", statement, re.IGNORECASE):
        message = "other databases can't be attached here"
        hint = "Open the other database as a source of its own, and leave this statement out."
    elif re.search(r"\bENGINE\s*=|AUTO_INCREMENT|^\s*(?:LOCK TABLES|SET |COPY )", statement):
        hint = (
            "This looks like a dump of MySQL or PostgreSQL, whose SQL SQLite does not understand."
            " Convert it to SQLite first."
        )
    elif "already exists" in message:
        hint = "Remove or rename the existing table, or open the script in a new link."
    return SourceError(
        f"{source} failed in line {line:,}: {message}. The statement is: {quoted}",
        source=source,
        hint=hint,
    )
