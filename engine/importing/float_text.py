"""Floats in text columns: SQLite itself would write 15 digits of them."""

from __future__ import annotations

import sqlite3


def install(conn: sqlite3.Connection) -> None:
    """Let a connection run what `all_digits` returns."""
    conn.create_function("float_text", 1, repr, deterministic=True)


def all_digits(column: str) -> str:
    """Return SQL for the value of a column, given as SQL: a float as text with all its digits."""
    return f"CASE typeof({column}) WHEN 'real' THEN float_text({column}) ELSE {column} END"
