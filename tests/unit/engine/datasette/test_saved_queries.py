"""Saved queries leave as a SQL script, and come back from one."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from datasette.app import Datasette
from datasette.plugins import pm

from engine.datasette.query_files import QueryText, free_name, from_script, to_script
from plugins import root, saved_queries
from tests.support.stories import Story, tell_on

TEMPLATES = Path(saved_queries.__file__).parent / "templates"

DEAR = QueryText("dear", "Dear things", "More than 10", "select ';' -- not the end\nfrom goods")
PLAIN = QueryText("plain", "", "", "select 1 -- one")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table goods as select 1 as id")
    return path


def tell(database: Path, story: Story, *, as_root: bool = True) -> None:
    pm.register(saved_queries, name="saved_queries")
    if as_root:
        pm.register(root, name="root")
    settings = {"num_sql_threads": 0}
    datasette = Datasette([str(database)], settings=settings, template_dir=str(TEMPLATES))

    tell_on(datasette, story)


def test_a_script_gives_back_what_went_into_it() -> None:
    assert from_script(to_script([DEAR, PLAIN])) == [DEAR, PLAIN]


def test_any_script_has_queries_with_names() -> None:
    script = "select 1;\n/* no field */\n-- Title: Ünd so\nselect 2; -- name: x\n;"
    assert [(one.name, one.sql) for one in from_script(script)] == [
        ("select-1", "select 1"),
        ("nd-so", "select 2"),
    ]
    assert free_name("a", ["a", "a-2"]) == "a-3"
    assert from_script("-- nothing\n;;") == []


def test_queries_are_exported_and_imported(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        for one in (DEAR, PLAIN):
            await datasette.add_query(
                "shop", one.name, one.sql, title=one.title, description=one.description
            )
        answer = await datasette.client.get("/shop/-/queries.sql")
        assert answer.headers["content-disposition"] == 'attachment; filename="shop queries.sql"'
        assert from_script(answer.text) == [DEAR, PLAIN]
        changed = answer.text.replace("select 1", "select 2") + "-- name: goods\nselect 3;"
        files = {"file": ("x.sql", changed, "application/sql")}
        done = await datasette.client.post("/shop/-/queries/import", data={}, files=files)
        assert done.status_code == 302
        found = (await datasette.list_queries("shop", actor={"id": "root"})).queries
        assert {one.name: one.sql for one in found} == {
            "dear": DEAR.sql,
            "plain": PLAIN.sql,
            "plain-2": "select 2 -- one",
            "goods-2": "select 3",
        }
        new = await datasette.get_query("shop", "plain-2")
        assert new is not None
        assert (new.is_trusted, new.is_private, new.owner_id) == (False, True, "root")

    tell(database, story)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("  ", "There is no query in this text."),
        ("select 1; -- title: Bad\ndelete from goods", "Query 2 (“Bad”) is not a SELECT."),
    ],
)
def test_what_cannot_be_imported_is_explained(database: Path, script: str, words: str) -> None:
    async def story(datasette: Datasette) -> None:
        done = await datasette.client.post("/shop/-/queries/import", data={"sql": script})
        assert (done.status_code, words in done.text) == (400, True)
        assert (await datasette.list_queries("shop", actor={"id": "root"})).queries == []

    tell(database, story)


def test_white_space_in_comments_takes_no_time() -> None:
    spaces = " " * 200_000
    began = time.perf_counter()
    [query] = from_script(f"-- title: a{spaces}b \r\n--{spaces}\nselect 1")
    assert query.title == f"a{spaces}b"
    assert time.perf_counter() - began < 5


def test_only_who_may_save_queries_can_import_them(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        assert (await datasette.client.get("/shop/-/queries/import")).status_code == 403
        assert (await datasette.client.get("/shop/-/queries.sql")).text == ""
        assert "Import queries" not in (await datasette.client.get("/shop")).text

    tell(database, story, as_root=False)
