"""Tests of plugins/row_edits.py with engine.datasette.row_edits: edits of rows are undone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.plugins import pm

from engine.datasette import row_edits, site
from engine.datasette.instance import Instance
from engine.datasette.row_edits import noted
from engine.importing.options import Request
from plugins import root
from plugins import row_edits as plugin
from tests.support.databases import sqlite_file

SCHEMA = (
    "create table birds (id integer primary key, name text unique, weight real, photo blob)",
    "insert into birds values (1, 'Robin', 0.019, x'00ff'), (2, 'Emu', null, null)",
    "create table notes (words, kept as (upper(words)))",
    "insert into notes values ('one'), ('two')",
    "create table codes (code text primary key, n) without rowid",
    "insert into codes values ('a', 1)",
    "create table odd (rowid text, a)",
    "insert into odd values ('x', 1)",
    "create table log (what)",
    "create trigger after_birds after delete on birds begin insert into log values (old.name); end",
    "create table stamped (id integer primary key, a, edits integer default 0)",
    "insert into stamped values (1, 'old', 0)",
    "create trigger stamped_new after insert on stamped begin"
    " update stamped set edits = 1 where id = new.id; end",
    "create trigger stamped_again after update of a on stamped begin"
    " update stamped set edits = old.edits + 1 where id = new.id; end",
    "create table tags (id integer primary key, tag text, n integer)",
    "create unique index tags_tag on tags (tag collate nocase)",
    "create unique index tags_n on tags (n) where n > 0",
    "insert into tags values (1, 'a', 5)",
)


class World:
    """An instance with a database, and what can be done there."""

    def __init__(self, datasette: Datasette, path: Path) -> None:
        self._datasette = datasette
        self._path = path

    async def edit(self, path: str, **body: Any) -> int:
        answer = await self._datasette.client.post(f"/world/{path}", json=body, actor=ROOT)
        return int(answer.status_code)

    async def last(self, actor: dict[str, str] | None = None) -> str | None:
        answer = await self._datasette.client.get("/-/row-edits/last.json", actor=actor or ROOT)
        edit = answer.json()["edit"]
        self.id = edit and edit["id"]
        return edit and str(edit["words"])

    async def undo(self) -> str:
        await self.last()
        answer = await self._datasette.client.post(
            "/-/row-edits/undo", json={"id": self.id}, actor=ROOT
        )
        found = answer.json()
        return str(found.get("undone") or found["error"])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path)) as conn:
            return conn.execute(sql).fetchall()


ROOT = {"id": "root"}

Tell = Callable[[Callable[[World], Coroutine[Any, Any, None]]], None]


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    for one in (root, plugin):
        pm.register(one, name=one.__name__)
    yield
    for one in (root, plugin):
        pm.unregister(one)
    site.folder = None


@pytest.fixture
def tell(tmp_path: Path) -> Tell:
    async def run(story: Callable[[World], Coroutine[Any, Any, None]]) -> None:
        instance = Instance("/", tmp_path / "instance", tmp_path / "no-plugins")
        file = tmp_path / "source"
        file.write_bytes(sqlite_file(tmp_path, *SCHEMA))
        request = Request.of({"parameter": "url", "url": "world.db", "origin": {"kind": "file"}})
        await instance.add_source(request, file, lambda *progress: True)
        await instance.open(memory=False)
        assert instance._datasette is not None
        await story(World(instance._datasette, tmp_path / "instance/databases/world.db"))
        await instance.close()

    return lambda story: asyncio.run(run(story))


def test_each_kind_of_edit_is_undone_in_turn(tell: Tell) -> None:
    async def story(world: World) -> None:
        before = world.rows("select * from birds")
        assert await world.last() is None
        assert await world.edit("birds/-/insert", row={"name": "Kiwi", "weight": 2.5}) == 201
        assert await world.last() == "A row was added to “birds”."
        assert await world.edit("birds/1/-/update", update={"weight": 1, "photo": None}) == 200
        assert await world.last() == "Row 1 was changed in “birds”."
        assert await world.edit("birds/2/-/delete") == 200
        assert await world.last() == "Row 2 was deleted from “birds”."
        assert await world.undo() == "Row 2 was deleted from “birds”."
        assert world.rows("select id from birds order by id") == [(1,), (2,), (3,)]
        assert await world.undo() == "Row 1 was changed in “birds”."
        assert await world.undo() == "A row was added to “birds”."
        assert world.rows("select * from birds") == before
        assert await world.last() is None
        names = world.rows("select name from sqlite_master where name like 'lite%'")
        assert names == []

    tell(story)


def test_tables_of_other_shapes(tell: Tell) -> None:
    async def story(world: World) -> None:
        before = [world.rows(f"select _rowid_, * from {name}") for name in ("notes", "odd")]
        codes = world.rows("select * from codes")
        assert await world.edit("notes/1/-/delete") == 200
        assert await world.edit("codes/a/-/update", update={"n": 2}) == 200
        assert await world.edit("odd/x/-/update", update={"a": 2}) == 200
        assert [await world.undo() for _ in range(3)] == [
            "Row x was changed in “odd”.",
            "Row a was changed in “codes”.",
            "Row 1 was deleted from “notes”.",
        ]
        assert before == [world.rows(f"select _rowid_, * from {name}") for name in ("notes", "odd")]
        assert world.rows("select * from codes") == codes

    tell(story)


def test_what_was_changed_since_stays(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.edit("birds/1/-/update", update={"weight": 1})
        with closing(sqlite3.connect(world._path)) as conn:
            conn.execute("update birds set name = 'Wren' where id = 1")
            conn.commit()
        assert await world.undo() == (
            "This edit of “birds” cannot be undone. The row was changed again, or deleted, since."
        )
        assert world.rows("select name, weight from birds where id = 1") == [("Wren", 1)]
        assert await world.last() is None

    tell(story)


def test_rows_that_come_in_parts_are_one_edit(tell: Tell) -> None:
    async def story(world: World) -> None:
        for name in ("Kiwi", "Tui"):
            await world.edit("birds/-/insert", rows=[{"name": name}, {"name": f"{name} 2"}])
        assert await world.last() == "4 rows were added to “birds”."
        await world.undo()
        assert world.rows("select count(*) from birds") == [(2,)]

    tell(story)


def test_upserts_and_what_is_ignored(tell: Tell) -> None:
    async def story(world: World) -> None:
        before = world.rows("select * from birds")
        rows = [{"id": 1, "name": "Wren"}, {"id": 7, "name": "Tui"}]
        assert await world.edit("birds/-/upsert", rows=rows) == 200
        assert await world.last() == "2 rows were changed in “birds”."
        await world.undo()
        assert world.rows("select * from birds") == before
        rows = [{"id": 1, "name": "Again"}, {"id": 8, "name": "Moa"}]
        assert await world.edit("birds/-/insert", rows=rows, ignore=True) == 201
        assert await world.last() == "A row was added to “birds”."
        await world.undo()
        assert world.rows("select * from birds") == before

    tell(story)


@pytest.mark.parametrize("row", [{"id": 1, "name": "New"}, {"id": 9, "name": "Robin"}])
def test_what_replaced_a_row_is_not_undone(tell: Tell, row: dict[str, Any]) -> None:
    async def story(world: World) -> None:
        assert await world.edit("birds/-/insert", row=row, replace=True) == 201
        assert await world.last() is None

    tell(story)


def test_an_edit_that_failed_or_is_too_large_is_not_remembered(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(world: World) -> None:
        assert await world.edit("birds/-/insert", row={"id": 1, "name": "Twice"}) == 400
        assert await world.last() is None
        monkeypatch.setattr(row_edits, "MOST_BYTES", 5)
        assert await world.edit("birds/-/insert", row={"name": "A long name"}) == 201
        assert await world.last() is None
        assert await world.edit("birds/2/-/delete") == 200  # and nothing is in the way

    tell(story)


def test_only_the_root_user_undoes(tell: Tell) -> None:
    async def story(world: World) -> None:
        await world.edit("birds/1/-/update", update={"weight": 1})
        assert await world.last(actor={"id": "somebody"}) is None

    tell(story)


@pytest.mark.parametrize("text", ["é" * 4000, "a\0" + "b" * 6000])
def test_rows_too_large_to_be_noted_can_still_be_edited(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(row_edits, "MOST_BYTES", 5_000)
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 10_000)
        conn.execute("create table t (a)")
        conn.execute("insert into t values (?)", [text])
        with noted(conn, "t") as (_, changes):
            conn.execute("update t set a = a || 'x'")
        assert changes == []
        assert conn.execute("select a from t").fetchall() == [(f"{text}x",)]


def test_text_that_is_damaged_is_not_put_back_as_another(tell: Tell) -> None:
    async def story(world: World) -> None:
        with closing(sqlite3.connect(world._path)) as conn:
            conn.execute("insert into notes values (cast(x'caf9' as text))")
            conn.commit()
        assert await world.edit("notes/3/-/delete") == 200
        assert await world.last() is None
        assert await world.edit("notes/1/-/delete") == 200
        assert await world.last() == "Row 1 was deleted from “notes”."

    tell(story)


def test_what_a_trigger_of_the_table_adds_to_an_edit_is_undone_with_it(tell: Tell) -> None:
    async def story(world: World) -> None:
        before = world.rows("select * from stamped")
        assert await world.edit("stamped/-/insert", rows=[{"a": "x"}, {"a": "y"}]) == 201
        assert await world.last() == "2 rows were added to “stamped”."
        assert await world.edit("stamped/1/-/update", update={"a": "z"}) == 200
        assert world.rows("select a, edits from stamped") == [("z", 1), ("x", 1), ("y", 1)]
        assert await world.last() == "Row 1 was changed in “stamped”."
        assert await world.undo() == "Row 1 was changed in “stamped”."
        assert await world.undo() == "2 rows were added to “stamped”."
        assert world.rows("select * from stamped") == before

    tell(story)


def test_an_edit_with_more_notes_than_are_read_is_not_undone_in_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_edits, "MOST_ROWS", 3)
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.execute("create table t (a)")
        conn.execute("insert into t values (1)")
        with noted(conn, "t") as (_, changes):
            for _ in range(8):
                conn.execute("update t set a = a + 1")
        assert changes == []


def test_an_edit_that_a_trigger_does_not_let_be_undone_is_refused(tell: Tell) -> None:
    async def story(world: World) -> None:
        with closing(sqlite3.connect(world._path)) as conn:
            conn.execute(
                "create trigger counted after update on codes when new.n < 100 begin"
                " update codes set n = 100 where code = new.code; end"
            )
        assert await world.edit("codes/a/-/update", update={"n": 7}) == 200
        assert world.rows("select n from codes") == [(100,)]
        assert await world.undo() == (
            "This edit of “codes” cannot be undone. A trigger of the table changes the row again."
        )
        assert world.rows("select n from codes") == [(100,)]

    tell(story)


def test_an_edit_that_added_a_column_is_not_remembered(tell: Tell) -> None:
    async def story(world: World) -> None:
        assert await world.edit("codes/a/-/update", update={"m": 5}, alter=True) == 200
        assert world.rows("select * from codes") == [("a", 1, 5)]
        assert await world.last() is None

    tell(story)


@pytest.mark.parametrize(
    "index",
    [
        "create unique index i on t (a) where a > 0",
        "create unique index i on t (b collate nocase)",
    ],
)
def test_insertions_do_not_read_the_table(index: str) -> None:
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.execute("create table t (a, b)")
        conn.execute(index)
        numbers = [(number, f"b{number}") for number in range(1, 5_001)]
        conn.executemany("insert into t values (?, ?)", numbers)
        steps = []
        with noted(conn, "t") as (_, changes):
            conn.set_progress_handler(lambda: steps.append(1), 1_000)
            conn.execute("insert into t values (9000, 'c')")
            conn.set_progress_handler(None, 0)
        assert (len(changes), steps) == (1, [])


def test_a_row_that_is_replaced_because_of_a_collation_is_not_forgotten(tell: Tell) -> None:
    async def story(world: World) -> None:
        before = world.rows("select rowid, * from tags")
        assert await world.edit("tags/-/insert", row={"id": 2, "tag": "A"}, replace=True) == 201
        assert world.rows("select * from tags") == [(2, "A", None)]
        assert await world.last() is None
        with closing(sqlite3.connect(world._path)) as conn:
            conn.execute("delete from tags")
            conn.execute("insert into tags values (1, 'a', 5)")
            conn.commit()
        assert await world.edit("tags/-/insert", row={"id": 3, "n": 5}, replace=True) == 201
        assert world.rows("select * from tags") == [(3, None, 5)]
        await world.undo()
        assert world.rows("select rowid, * from tags") == before

    tell(story)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b'"x"', b"[" * 100_000])
def test_a_request_without_an_id_is_refused(tell: Tell, body: bytes) -> None:
    async def story(world: World) -> None:
        answer = await world._datasette.client.post("/-/row-edits/undo", content=body, actor=ROOT)
        assert answer.status_code == 400
        assert answer.json() == {"error": "Send JSON with the id of an edit."}

    tell(story)
