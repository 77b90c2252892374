"""Tests of engine.datasette.adaptations.permission_rules, with a real Datasette in CPython."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from datasette import hookimpl
from datasette.database import Database
from datasette.permissions import PermissionSQL
from datasette.plugins import pm
from datasette.resources import TableResource

from engine.datasette.adaptations import permission_rules
from tests.support.instances import opened


def _fill(connection: sqlite3.Connection) -> None:
    connection.executescript("create table t (a); create table secret (a)")


def test_questions_about_permissions_are_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute = Database.execute

    async def recorded(self: Database, sql: str, *args: object, **options: object) -> object:
        if "AS allow" in sql:
            asked.append(sql)
        return await execute(self, sql, *args, **options)

    async def story() -> None:
        instance = await opened(tmp_path, _fill)
        monkeypatch.setattr(Database, "execute", recorded)
        rounds = []
        for _ in range(2):
            asked.clear()
            for path in ("", "data", "data/t"):
                assert (await instance.get(path)).status == 200
            rounds.append(list(asked))
        assert len(rounds[0]) > 10 and rounds[0] == rounds[1]

    asyncio.run(story())


class _Guard:
    """A plugin with a rule of its own for each table."""

    __name__ = "guard"

    @hookimpl  # type: ignore[untyped-decorator]
    def permission_resources_sql(self, action: str) -> list[PermissionSQL] | None:
        if action != "view-table":
            return None
        return [PermissionSQL.deny("shut"), PermissionSQL.allow("open")]


@pytest.fixture
def guard() -> Iterator[None]:
    plugin = _Guard()
    pm.register(plugin)
    yield
    pm.unregister(plugin)


@pytest.mark.usefixtures("guard")
def test_a_rule_that_forbids_still_counts_more(tmp_path: Path) -> None:
    async def story() -> None:
        datasette = (await opened(tmp_path, _fill)).datasette
        table = TableResource("data", "t")
        actor = {"id": "root"}
        assert not await datasette.allowed(action="view-table", resource=table, actor=actor)
        found = await datasette.allowed_resources("view-database", actor, include_reasons=True)
        reasons = {reason for one in found.resources for reason in one.reasons}
        assert "datasette.default_permissions: root user" in reasons

    asyncio.run(story())


def test_reasons_have_names_of_their_own() -> None:
    permission_rules.install()
    made: dict[str, str] = {}
    # More than are remembered, so that some come again with another name.
    for number in [*range(permission_rules.MOST_NAMES + 50), *range(50)]:
        rule = PermissionSQL.allow(f"reason {number}")
        [(name, reason)] = rule.params.items()
        assert reason == f"reason {number}"
        assert f":{name} " in rule.sql
        assert made.setdefault(name, reason) == reason
    assert PermissionSQL.deny("a").params == PermissionSQL.allow("a").params
    assert "0 AS allow" in PermissionSQL.deny("a").sql
