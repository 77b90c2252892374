"""Saved queries as a SQL script: each with its name, title and description in comments above it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from engine.importing.sql_script import statements

_FIELD = re.compile(r"^[ \t]*--[ \t]*(name|title|description):(.*)$", re.M | re.I)

_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]+")

_LONGEST_NAME = 60


@dataclass(frozen=True)
class QueryText:
    """A query as it stands in a script."""

    name: str
    title: str
    description: str
    sql: str


def to_script(queries: Iterable[QueryText]) -> str:
    """Return a script of queries."""
    parts = []
    for query in queries:
        fields = [("name", query.name), ("title", query.title), ("description", query.description)]
        lines = [f"-- {field}: {' '.join(text.split())}" for field, text in fields if text.strip()]
        # On a line of its own, since the query may end with a comment.
        end = "" if query.sql.rstrip().endswith(";") else "\n;"
        parts.append("\n".join(lines) + f"\n{query.sql.strip()}{end}\n")
    return "\n".join(parts)


def from_script(script: str) -> list[QueryText]:
    """Return the queries in a script; those without a name get one from their title or SQL."""
    found: list[QueryText] = []
    end = 0
    for start, statement in statements(script):
        fields = {name.lower(): text.strip() for name, text in _FIELD.findall(script[end:start])}
        end = start + len(statement)
        title = fields.get("title", "")
        sql = statement.strip().removesuffix(";").rstrip()
        name = _slug(fields.get("name") or title or sql)
        found.append(QueryText(name, title, fields.get("description", ""), sql))
    return found


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return `wanted`, with a number if that is taken."""
    used, name, number = set(taken), wanted, 1
    while name in used:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _slug(text: str) -> str:
    slug = _NOT_IN_NAMES.sub("-", text.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    return slug or "query"
