"""What pages know of schemas is as new as the database; with a real Datasette in CPython."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from engine.datasette.adaptations import introspection, unchanged
from tests.support.instances import opened

BEFORE = """
    create table parent (id integer primary key, name text);
    create table t (id integer primary key, name text, up references parent (id));
    create view v as select * from t;
    create table "with tail" (a);
"""

AFTER = """
    drop view v;
    drop table t;
    create table t (code text primary key, title text, other references other (id));
    create table other (id integer primary key, a);
    create virtual table f using fts5 (title, content="t");
    create view w as select 1;
"""

_QUESTIONS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "derived_table_dependencies": lambda one: one.derived_table_dependencies(),
    "foreign_keys_for_table": lambda one: one.foreign_keys_for_table("t"),
    "fts_table": lambda one: one.fts_table("t"),
    "get_all_foreign_keys": lambda one: one.get_all_foreign_keys(),
    "get_table_definition": lambda one: one.get_table_definition("t"),
    "get_view_definition": lambda one: one.get_view_definition("w"),
    "hidden_table_names": lambda one: one.hidden_table_names(),
    "label_column_for_table": lambda one: one.label_column_for_table("t"),
    "primary_keys": lambda one: one.primary_keys("t"),
    "table_column_details": lambda one: one.table_column_details("t"),
    "table_columns": lambda one: one.table_columns("t"),
    "table_exists": lambda one: one.table_exists("other"),
    "table_names": lambda one: one.table_names(),
    "view_exists": lambda one: one.view_exists("w"),
    "view_names": lambda one: one.view_names(),
}


async def _write(database: Any) -> None:
    await database.execute_write_script(AFTER)


async def _write_beside(database: Any) -> None:
    with closing(sqlite3.connect(database.path)) as connection:
        connection.executescript(AFTER)


@pytest.mark.parametrize("change", [_write, _write_beside])
def test_answers_are_those_of_a_database_that_was_just_opened(
    tmp_path: Path, change: Callable[[Any], Awaitable[None]]
) -> None:
    async def story() -> None:
        instance = await opened(tmp_path, lambda connection: connection.executescript(BEFORE))
        database = instance.datasette.get_database("data")
        before = {name: await ask(database) for name, ask in _QUESTIONS.items()}
        again = {name: await ask(database) for name, ask in _QUESTIONS.items()}
        assert again == before
        await change(database)
        after = {name: await ask(database) for name, ask in _QUESTIONS.items()}
        fresh = Datasette([database.path], settings={"num_sql_threads": 0}).get_database("data")
        assert after == {name: await ask(fresh) for name, ask in _QUESTIONS.items()}
        assert [name for name in _QUESTIONS if after[name] == before[name]] == []

    asyncio.run(story())


def test_a_page_may_change_its_answer(tmp_path: Path) -> None:
    async def story() -> None:
        instance = await opened(tmp_path, lambda connection: connection.executescript(BEFORE))
        database = instance.datasette.get_database("data")
        (await database.table_columns("t")).clear()
        (await database.hidden_table_names()).append("t")
        (await database.foreign_keys_for_table("t"))[0]["column"] = "x"
        (await database.get_all_foreign_keys())["t"]["outgoing"][0]["column"] = "x"
        (await database.get_all_foreign_keys())["t"]["outgoing"].clear()
        assert await database.table_columns("t") == ["id", "name", "up"]
        assert await database.hidden_table_names() == []
        assert (await database.foreign_keys_for_table("t"))[0]["column"] == "up"
        assert (await database.get_all_foreign_keys())["t"]["outgoing"][0]["column"] == "up"

    asyncio.run(story())


def test_names_and_configured_labels_count_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        instance = await opened(tmp_path, lambda connection: connection.executescript(BEFORE))
        datasette = instance.datasette
        database = datasette.get_database("data")
        assert await database.hidden_table_names() == []
        assert await database.label_column_for_table("t") == "name"
        for hidden in (True, False):
            tables = {"parent": {"hidden": hidden}, "t": {"label_column": "up"}}
            datasette.config = {"databases": {"data": {"tables": tables}}}
            assert await database.hidden_table_names() == (["parent"] if hidden else [])
            assert await database.label_column_for_table("t") == "up"
        datasette.config = {}
        assert await database.label_column_for_table("t") == "name"

    asyncio.run(story())


def test_names_in_arguments_work(tmp_path: Path) -> None:
    async def story() -> None:
        instance = await opened(tmp_path, lambda connection: connection.executescript(BEFORE))
        database = instance.datasette.get_database("data")
        assert await database.table_columns(table="t") == ["id", "name", "up"]
        assert await database.get_table_definition("v", type_="view")

    asyncio.run(story())


def test_an_error_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    async def story() -> None:
        instance = await opened(tmp_path, lambda connection: connection.executescript(BEFORE))
        database = instance.datasette.get_database("data")
        unchanged.memory(database, "table_columns").clear()
        with monkeypatch.context() as patch:
            patch.setattr(introspection, "_plain_column_details", fail)
            assert await database.table_columns("parent") == []
            assert await database.primary_keys("parent") == []
            assert await database.table_column_details("parent") == []
        assert await database.table_columns("parent") == ["id", "name"]
        assert await database.primary_keys("parent") == ["id"]
        assert len(await database.table_column_details("parent")) == 2

    asyncio.run(story())
