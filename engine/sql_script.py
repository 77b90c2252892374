"""Running an SQL script: statement by statement, so that others get their turn in between.

Responsible for taking the script apart and for saying where it failed; what it may do is
sql_guard.py's. All of it is one transaction, so what a dump says of transactions is passed over.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

from engine.errors import SourceError
from engine.pace import Breathe
from engine.sql_guard import PRAGMAS, SECONDS, Guard

# What matters for where a statement ends: quoted things, comments, and the semicolon.
_TOKEN = re.compile(
    r"""'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|;""",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/|;)*", re.DOTALL)

_TRANSACTION = re.compile(
    r"(?:BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|VACUUM|ANALYZE)\b", re.IGNORECASE
)
_TRIGGER = re.compile(r"CREATE\s+(?:TEMP\w*\s+)?TRIGGER\b", re.IGNORECASE)
_PRAGMA = re.compile(
    r"PRAGMA(?:\s|/\*.*?\*/|--[^\n]*\n)+(?:\w+\s*\.\s*)?(\w+)", re.IGNORECASE | re.DOTALL
)

_EXCERPT = 120


def statements(script: str) -> Iterator[tuple[int, str]]:
    """Yield the statements of a script, each with where it starts.

    >>> [text for _, text in statements("select ';'; -- x\\nselect 2")]
    ["select ';';", 'select 2']
    """
    start = _skip(script, 0)
    for match in _TOKEN.finditer(script, start):
        if match[0] != ";" or match.start() < start:
            continue
        statement = script[start : match.end()]
        # A trigger has semicolons inside; SQLite knows its end.
        if _TRIGGER.match(statement) and not sqlite3.complete_statement(statement):
            continue
        yield start, statement
        start = _skip(script, match.end())
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
) -> int:
    """Run a script within the transaction of the caller; return the number of statements.

    :param source: what to call the script in errors.
    :param breathe: awaited with the position in the script. None: all of it in one go.
    :param guard: watches it; by default one for a database that holds nothing else.

    Raises:
        SourceError: a statement failed; the message has it, and its line.
    """
    number = 0
    guard = guard or Guard()
    guard.begin(conn)
    try:
        for start, statement in statements(script):
            if _is_passed_over(statement):
                continue
            guard.next_statement()
            try:
                conn.execute(statement)
            except (sqlite3.Error, sqlite3.Warning) as error:
                raise _failed(script, start, statement, error, source) from error
            number += 1
            if breathe is not None:
                await breathe(start)
    finally:
        guard.end(conn)
    # What was written into the schema itself, as dumps do for virtual tables, counts from now.
    conn.execute("PRAGMA writable_schema = RESET")
    if number == 0:
        raise SourceError(
            f"{source} has no SQL statement in it.",
            source=source,
            hint="Check that the address is complete and that the file has been filled.",
        )
    return number


def _is_passed_over(statement: str) -> bool:
    pragma = _PRAGMA.match(statement)
    if pragma:
        return pragma[1].lower() not in PRAGMAS
    return _TRANSACTION.match(statement) is not None


def _failed(script: str, start: int, statement: str, error: Exception, source: str) -> SourceError:
    line = script.count("\n", 0, start) + 1
    words = " ".join(statement.split())
    excerpt = words if len(words) <= _EXCERPT else f"{words[:_EXCERPT]}…"
    message = str(error)
    hint = "Nothing of the script was kept. Correct the statement, then try again."
    if message == "interrupted":
        message = f"the statement took longer than {SECONDS:.0f} seconds"
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
        hint = "Remove or rename the table that is there, or open the script in a new link."
    return SourceError(
        f"{source} failed in line {line:,}: {message}. The statement is: {excerpt}",
        source=source,
        hint=hint,
    )
