"""Tests of engine.importing.intake: options, names that are taken, cancelling, and what is
remembered.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import pace
from engine.errors import Cancelled, SourceError
from engine.folder import Folder
from engine.importing import landing, slices
from engine.importing.intake import Intake
from engine.importing.options import Request
from tests.support.databases import sqlite_file

BIG_CSV = b"id,word\n" + b"".join(b"%d,word %d\n" % (n, n) for n in range(20_000))
BIG_JSON = json.dumps([{"id": n, "word": f"word {n}"} for n in range(20_000)]).encode()
BIG_SQL = b"create table big (id, word);\n" + b"insert into big values (1, 'x');\n" * 3000


class World:
    """An instance's folder, and sources that are taken into it."""

    def __init__(self, path: Path, is_served: bool) -> None:
        self.path = path
        self.folder = Folder(path)
        self.intake = Intake(self.folder)
        self.intake.is_served = is_served

    def take(
        self,
        name: str,
        data: bytes | str,
        /,
        parameter: str = "auto",
        *,
        id: str | None = None,
        origin: dict[str, str] | None = None,
        report: Callable[[int, int, int], object] = lambda *_: None,
        **options: Any,
    ) -> dict[str, Any]:
        file = self.path / "source-1"
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        given = {"parameter": parameter, "url": name, "options": options, "id": id}
        given["origin"] = origin
        return asyncio.run(self.intake.take(Request.of(given), file, report))

    def rows(self, sql: str, database: str = "data") -> list[tuple[Any, ...]]:
        conn = sqlite3.connect(self.folder.database(database))
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()

    def names(self, database: str = "data") -> set[str]:
        return {name for (name,) in self.rows("select name from sqlite_master", database)}

    def leftovers(self) -> list[str]:
        names = sorted(path.name for path in self.path.iterdir())
        return [name for name in names if name not in ("databases", "state.json", "configuration")]


@pytest.fixture(params=[False, True], ids=["at-start", "served"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    world = World(tmp_path, request.param)
    world.take("there.csv", "a\n1\n")
    return world


# --- Options ------------------------------------------------------------------------------------


def test_options_of_csv(world: World) -> None:
    result = world.take(
        "x.csv",
        "made by a program\n\nid;name;notes\n7;Zoë;x\n8;Ann;y\n".encode("latin-1"),
        name="people & co",
        skiprows=2,
        delimiter=";",
        encoding="latin-1",
        pk=["ID"],
        fts=["*"],
        drop=["notes"],
        types={"id": "text"},
    )
    assert result["path"] == "data/people+~26+co"
    assert result["added"] == [{"database": "data", "table": "people & co", "rows": 2}]
    assert result["notes"] == []
    assert world.rows('select * from "people & co"') == [("7", "Zoë"), ("8", "Ann")]
    assert world.rows("select name, type, pk from pragma_table_info('people & co')") == [
        ("id", "TEXT", 1),
        ("name", "TEXT", 0),
    ]
    search = 'select rowid from "people & co_fts" where "people & co_fts" match \'zoë\''
    assert world.rows(search) == [(1,)]


def test_file_without_a_header(world: World) -> None:
    world.take("x.csv", "1,b\n2,c\n", header=False)
    assert world.rows("select untitled_1, untitled_2 from x") == [(1, "b"), (2, "c")]


def test_columns_that_are_not_there_are_noted_and_nothing_else(world: World) -> None:
    result = world.take("x.csv", "a\n1\n", pk=["k"], fts=["f"], drop=["d"], types={"t": "text"})
    assert result["notes"] == [
        "There is no column 'd' to leave out.",
        "There is no column 'k' for a primary key.",
        "There is no column 'f' to search.",
    ]
    assert world.rows("select * from x") == [(1,)]


def test_compound_primary_key(world: World) -> None:
    world.take("x.json", '[{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 1}]', pk=["a", "b"])
    assert world.rows("select * from x") == [(1, 1), (1, 2)]
    assert world.rows('select "row", reason from x_rejected') == [
        (3, "An earlier row has the same a, b.")
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", "id,n,t\n1,1,a\n2,x,b\n,3,c\n1,4,d\n5,,e\n"),
        (
            "x.json",
            '[{"id":1,"n":1,"t":"a"},{"id":2,"n":"x","t":"b"},{"id":null,"n":3,"t":"c"},'
            '{"id":1,"n":4,"t":"d"},{"id":5,"n":null,"t":"e"}]',
        ),
    ],
)
def test_rows_that_do_not_fit_are_kept_aside(world: World, name: str, data: str) -> None:
    result = world.take(name, data, pk=["id"], types={"n": "integer"}, drop=["t"])
    where = " (the first in line 3)" if name == "x.csv" else ""
    assert result["notes"] == [f"3 rows did not fit{where} and are in table x_rejected."]
    assert result["added"][0]["rows"] == 2
    assert world.rows("select * from x") == [(1, 1), (5, None)]
    rejected = world.rows('select "row", reason, "values" from x_rejected order by 1')
    assert [(row, reason) for row, reason, _ in rejected] == [
        (2, "n is not an integer: 'x'."),
        (3, "id is empty."),
        (4, "An earlier row has the same id."),
    ]
    # What was to be left out is there too: nothing of the row is lost.
    assert [json.loads(values)["t"] for *_, values in rejected] == ["b", "c", "d"]


def test_full_text_index_follows_changes(world: World) -> None:
    world.take("x.csv", "t,u\nhello,there\n", fts=["t"])
    conn = sqlite3.connect(world.folder.database("data"))
    with conn:
        conn.execute("insert into x values ('goodbye', 'then')")
        conn.execute("delete from x where t = 'hello'")
    assert conn.execute("select t from x_fts where x_fts match 'goodbye'").fetchall()
    assert not conn.execute("select t from x_fts where x_fts match 'hello'").fetchall()
    conn.close()


def test_index_is_the_one_of_sqlite_utils(world: World, tmp_path: Path) -> None:
    import sqlite_utils

    world.take("x.csv", "t,u\nhello,there\n", fts=["t"])
    theirs = sqlite_utils.Database(memory=True)
    theirs["x"].insert({"t": "hello", "u": "there"})  # type: ignore[union-attr]
    theirs.table("x").enable_fts(["t"], create_triggers=True)
    sql = "select name, sql from sqlite_master where name like 'x%' order by name"
    assert world.rows(sql) == theirs.execute(sql).fetchall()
    theirs.close()


def test_every_column_left_out_is_an_error(world: World) -> None:
    with pytest.raises(SourceError, match="Nothing of x.csv would remain"):
        world.take("x.csv", "a\n1\n", drop=["a"])
    assert world.names() == {"there"}


@pytest.mark.parametrize("encoding", ["klingon", "hex"])
def test_unknown_encoding_is_an_error(world: World, encoding: str) -> None:
    with pytest.raises(SourceError, match="no encoding with that name"):
        world.take("x.csv", "a\n1\n", encoding=encoding)


# --- Names that are taken -----------------------------------------------------------------------


def test_taken_name_is_changed(world: World) -> None:
    assert world.take("there.csv", "a\n2\n")["path"] == "data/there_1"
    assert world.take("x.csv", "a\n3\n", name="THERE")["path"] == "data/THERE_2"
    assert world.rows("select * from there") == [(1,)]


def test_table_is_replaced_with_its_index(world: World) -> None:
    world.take("x.csv", "a,t\n1,old\n", fts=["t"])
    conn = sqlite3.connect(world.folder.database("data"))
    conn.execute("create index by_a on x (a)")
    conn.execute("create index by_t on x (t)")
    conn.execute("create view seen as select a from x")
    conn.close()
    result = world.take("x.csv", "a,u\n2,new\n", exists="replace", fts=["u"])
    assert result["path"] == "data/x"
    assert result["notes"] == ["An index could not be kept: no such column: t."] or (
        "An index could not be kept" in result["notes"][0]
    )
    assert world.rows("select * from x") == [(2, "new")]
    assert world.rows("select * from seen") == [(2,)]
    assert world.rows("select rowid from x_fts where x_fts match 'new'") == [(1,)]
    assert "by_a" in world.names()
    assert not any(name.startswith("_import") for name in world.names())


def test_the_rows_that_did_not_fit_are_replaced_as_well(world: World) -> None:
    world.take("x.csv", "n\n1\nx\ny\n", types={"n": "integer"})
    result = world.take("x.csv", "n\n1\nx\n2\n", types={"n": "integer"}, exists="replace")
    assert result["notes"] == ["1 row did not fit (line 3) and is in table x_rejected."]
    assert world.rows("select line from x_rejected") == [(3,)]
    world.take("x.csv", "n\n1\nx\n", exists="replace")
    assert world.names().isdisjoint({"x_rejected", "x_rejected_1"})


def test_somebodys_own_table_of_rejected_rows_stays(world: World) -> None:
    world.take("x_rejected.csv", "row,why\n1,x\n")
    world.take("x.csv", "n\n1\n")
    world.take("x.csv", "n\n2\n", exists="replace")
    assert world.rows("select * from x_rejected") == [(1, "x")]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", "id,n,t\n1,x,a b\n2,3,c\n"),
        ("x.json", '{"1": {"n": "x", "t": "a b"}, "2": {"n": 3}}'),
    ],
)
def test_columns_get_other_names(world: World, name: str, data: str) -> None:
    key = "id" if name == "x.csv" else "_key"
    world.take(
        name,
        data,
        rename={key: "number", "n": "t", "t": "n"},
        types={"n": "integer"},
        fts=["t"],
        pk=["id"] if name == "x.csv" else [],
    )
    columns = world.rows("select name, pk from pragma_table_info('x')")
    assert columns == [("number", 1), ("t", 0), ("n", 0)]
    assert world.rows("select number, t from x") == [(2 if name == "x.csv" else "2", 3)]
    assert world.rows("select reason from x_rejected") == [("t is not an integer: 'x'.",)]
    assert world.rows("select sql like '%\"n\"%' from sqlite_master where name = 'x_fts'") == [(1,)]


def test_a_column_that_is_left_out_can_leave_its_name_to_another(world: World) -> None:
    world.take("x.csv", "id,new\na,1\n", rename={"id": "id (left out)", "new": "id"}, drop=["id"])
    assert world.rows("select * from x") == [(1,)]
    assert world.rows("select id from x") == [(1,)]


def test_rows_are_added(world: World) -> None:
    world.take("x.csv", "id,n\n1,1\n2,2\n", pk=["id"])
    result = world.take("x.csv", "ID,n,new\n2,5,a\n3,6,b\n4,six,c\n", exists="add")
    assert result["added"] == [{"database": "data", "table": "x", "rows": 1}]
    assert result["notes"] == [
        "A column new was added to x.",
        "2 rows did not fit (the first in line 4) and are in table x_rejected.",
    ]
    assert world.rows("select * from x") == [(1, 1, None), (2, 2, None), (3, 6, "b")]
    assert sorted(world.rows('select "row", reason from x_rejected')) == [
        (1, "An earlier row has the same id."),
        (3, "n is not an integer: 'six'."),
    ]
    assert world.take("x.csv", "id,n,new\n9,9,z\n", exists="add")["notes"] == []


def test_added_rows_are_found_by_search(world: World) -> None:
    world.take("x.csv", "t\nold\n", fts=["t"])
    world.take("x.csv", "t\nnew\n", exists="add")
    assert world.rows("select rowid from x_fts where x_fts match 'new'") == [(2,)]


def test_database_is_renamed_or_replaced(world: World, tmp_path: Path) -> None:
    def database(value: int) -> bytes:
        path = tmp_path / "databases" / "made"
        path.unlink(missing_ok=True)
        conn = sqlite3.connect(path)
        conn.execute(f"create table t as select {value} as a")
        conn.commit()
        conn.close()
        data = path.read_bytes()
        path.unlink()
        return data

    released: list[str] = []
    world.intake.release = released.append
    assert world.take("x.db", database(1))["path"] == "x"
    assert world.take("x.db", database(2))["path"] == "x_1"
    assert world.take("y.db", database(3), name="X", exists="replace")["path"] == "x"
    assert released == ["x"]
    assert world.rows("select a from t", "x") == [(3,)]
    assert world.folder.database_names() == ["data", "x", "x_1"]


# --- What is remembered -------------------------------------------------------------------------


def test_sources_are_remembered(world: World) -> None:
    world.take("x.csv", "a\n1\n", parameter="csv", pk=["a"])
    assert world.folder.sources() == [
        {
            "id": "1",
            "parameter": "auto",
            "url": "there.csv",
            "origin": {},
            "options": {},
            "added": [{"database": "data", "table": "there", "edited": False}],
            "notes": [],
        },
        {
            "id": "2",
            "parameter": "csv",
            "url": "x.csv",
            "origin": {},
            "options": {"pk": ["a"]},
            "added": [{"database": "data", "table": "x", "edited": False}],
            "notes": [],
        },
    ]


def test_source_is_loaded_again(world: World) -> None:
    world.take("there.csv", "a\n2\n", pk=["a"])
    result = world.take("there.csv", "a,b\n3,4\n", id="2", pk=["a"])
    assert result["path"] == "data/there_1"
    assert world.rows("select * from there_1") == [(3, 4)]
    assert world.rows("select * from there") == [(1,)]
    assert [source["id"] for source in world.folder.sources()] == ["1", "2"]


def test_a_file_is_read_again_under_the_name_of_its_addition(world: World) -> None:
    origin = {"kind": "file", "file": "f.csv", "addition": "0f"}
    first = world.take("f.csv", "a\n1\n", origin=origin)
    assert world.take("f.csv", "a\n2\n", origin=origin)["added"] == first["added"]
    assert world.rows("select a from f") == [(1,)]
    world.folder.mark_edited("data", ["F"])
    assert [one["edited"] for one in world.folder.sources()[-1]["added"]] == [True]
    world.take("f.csv", "a\n2\n", origin=origin, id=first["id"])
    assert world.rows("select a from f") == [(2,)]
    assert [one["edited"] for one in world.folder.sources()[-1]["added"]] == [False]


def test_data_that_was_saved_back_is_not_edited(world: World) -> None:
    folder = world.folder
    id = world.take("f.csv", "a\n1\n")["id"]

    def is_edited() -> bool:
        return any(one["edited"] for source in folder.sources() for one in source["added"])

    folder.mark_edited("data", ["f"])
    revision = folder.revision
    folder.mark_saved_back("another", revision)
    assert is_edited()
    folder.mark_saved_back(id, revision)
    assert not is_edited()
    # What was edited while the file was written is not in the file.
    folder.mark_edited("data", ["f"])
    revision = folder.revision
    folder.mark_edited("data", ["f"])
    folder.mark_saved_back(id, revision)
    assert is_edited()
    # Nor is anything known of another start.
    folder.mark_saved_back(id, Folder(folder.database("data").parent.parent).revision)
    assert is_edited()


def test_rows_of_another_source_count_as_a_change(world: World) -> None:
    world.take("more.csv", "a\n2\n", name="there", exists="add")
    assert [one["edited"] for one in world.folder.sources()[0]["added"]] == [True]


def test_a_table_and_a_database_do_not_replace_each_other(world: World, tmp_path: Path) -> None:
    made = sqlite_file(tmp_path, "create table t (a)")
    with pytest.raises(SourceError, match="a database, but what was opened before is tables"):
        world.take("x.db", made, id="1")
    first = world.take("whole.db", made)
    with pytest.raises(SourceError, match="not a database, but what was opened before is one"):
        world.take("x.csv", "a\n1\n", id=first["id"])
    assert world.rows("select * from there") == [(1,)]


def test_script_is_run_again(world: World) -> None:
    script = "create table p (a);\ninsert into p values ({});\ncreate index i on p (a);"
    world.take("x.sql", script.format(1))
    world.take("x.sql", script.format(2), id="2")
    assert world.rows("select * from p") == [(2,)]
    assert "i" in world.names()


def test_what_is_replaced_is_no_longer_of_its_source(world: World) -> None:
    world.take("other.csv", "a\n2\n", name="there", exists="replace")
    assert [source["url"] for source in world.folder.sources()] == ["other.csv"]


def test_source_among_others_is_not_loaded_again(world: World) -> None:
    world.take("there.csv", "a\n2\n", exists="add")
    with pytest.raises(SourceError, match="can't be loaded again"):
        world.take("there.csv", "a\n3\n", id="2", exists="add")


# --- Cancelling, and others' turn ---------------------------------------------------------------


def pause_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pause at every opportunity, for no time, and as often on a slow machine as on a fast one."""
    monkeypatch.setattr(pace, "STRETCH_SECONDS", 0)
    monkeypatch.setattr(pace, "TURN_SECONDS", 0)
    for name in ("_FIRST", "_LEAST", "_MOST"):
        monkeypatch.setattr(slices, name, 2000)


@pytest.mark.parametrize(
    ("name", "data"), [("big.csv", BIG_CSV), ("big.json", BIG_JSON), ("big.sql", BIG_SQL)]
)
def test_cancelling_leaves_nothing_wherever_it_comes(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes
) -> None:
    pause_often(monkeypatch)
    before = [world.names(), world.folder.sources(), world.rows("select * from there")]
    calls: list[int] = []
    world.take(name, data, name="counted", report=lambda *_: calls.append(1), fts=["*"])
    for after in {1, len(calls) // 3, len(calls) // 2, len(calls) * 9 // 10, len(calls) - 2}:
        fresh = World(world.path, world.intake.is_served)
        known = fresh.names()
        reports: list[int] = []

        def report(
            done: int, total: int, rows: int, reports: list[int] = reports, after: int = after
        ) -> bool:
            reports.append(done)
            return len(reports) <= after

        with pytest.raises(Cancelled):
            fresh.take(name, data.replace(b"big", b"other"), report=report, fts=["*"])
        assert fresh.names() == known
        assert fresh.leftovers() == []
    assert before[2] == world.rows("select * from there")


def test_progress_rises_to_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pause_often(monkeypatch)
    for name, data in (("big.csv", BIG_CSV), ("big.json", BIG_JSON)):
        reports: list[tuple[int, int, int]] = []
        world.take(name, data, report=lambda *three, to=reports: to.append(three))
        done = [one[0] for one in reports]
        assert done == sorted(done)
        assert (done[0], done[-1]) == (0, len(data))
        assert {one[1] for one in reports} == {len(data)}
        assert reports[-1][2] == 20_000
        assert len(reports) > 20


def test_others_write_while_rows_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause_often(monkeypatch)
    world = World(tmp_path, is_served=True)
    world.take("there.csv", "a\n1\n")
    conn = sqlite3.connect(world.folder.database("data"), timeout=0)
    seen: set[str] = set()

    def report(*_: int) -> None:
        # As Datasette would: never locked out, and nothing half made to be seen.
        with conn:
            conn.execute("insert into there values (2)")
        seen.update(name for (name,) in conn.execute("select name from sqlite_master"))

    world.take("big.csv", BIG_CSV, report=report, fts=["word"])
    conn.close()
    assert "big" in world.names()
    assert world.rows("select count(*) from there")[0][0] > 20
    assert all(name.startswith(("_import", "big", "there")) for name in seen), seen
    assert any(name.startswith("_import") for name in seen)


def test_patience_with_a_writer_that_holds_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, is_served=True)
    world.take("there.csv", "a\n1\n")
    conn = sqlite3.connect(world.folder.database("data"), isolation_level=None)
    conn.execute("begin immediate")
    turns: list[int] = []

    def report(*_: int) -> None:
        turns.append(1)
        if len(turns) == 10:
            conn.execute("commit")

    world.take("x.csv", "a\n1\n", report=report)
    conn.close()
    assert "x" in world.names()


def test_what_a_kill_leaves_is_cleared_up(tmp_path: Path) -> None:
    world = World(tmp_path, is_served=True)
    world.take("there.csv", "a,t\n1,x\n", fts=["t"])
    conn = sqlite3.connect(world.folder.database("data"))
    conn.execute('create table "_import_7" (a)')
    conn.execute('create table "_import_7_rejected" (a)')
    conn.execute('create virtual table "x_fts" using fts5 ("a",\n content="x"\n)')
    conn.commit()
    conn.close()
    for name in ("source-3", "source-3.import", "source-3.import-journal"):
        (tmp_path / name).write_bytes(b"x")
    kept = {name for name in world.names() if name.startswith("there")}
    asyncio.run(world.intake.clear_up())
    assert world.names() == kept
    assert world.leftovers() == []
    assert landing.tables_of(world.folder.database("data")) == kept


def test_what_was_added_before_the_worker_was_stopped_is_not_added_again(world: World) -> None:
    addition = {"addition": "one", "file": "t.csv"}
    first = world.take("t.csv", "a\n1\n2\n", origin=addition)
    again = world.take("t.csv", "a\n1\n2\n", origin=addition)
    assert again == first
    assert first["added"] == [{"database": "data", "table": "t", "rows": 2}]
    assert world.names() == {"t", "there"}
    # The same file that is dropped once more is another addition.
    world.take("t.csv", "a\n1\n2\n", origin={**addition, "addition": "two"})
    assert world.names() == {"t", "t_1", "there"}
    member = world.take("u.csv", "a\n1\n", origin={**addition, "member": "u.csv"})
    assert member["path"] == "data/u"


def test_tables_go_to_the_database_that_was_chosen(world: World) -> None:
    world.take("a.csv", "n\n1\n")
    made = world.take("b.csv", "n\n2\n", database="other")
    assert made["path"] == "other/b"
    # One that is there is found by its name in any case.
    again = world.take("c.csv", "n\n3\n", database="OTHER")
    assert again["added"][0]["database"] == "other"
    assert world.rows("select n from b union select n from c", "other") == [(2,), (3,)]
    assert world.folder.database_names() == ["data", "other"]


def test_a_source_that_is_loaded_again_stays_in_its_database(world: World) -> None:
    made = world.take("b.csv", "n\n2\n", database="other")
    world.take("a.csv", "n\n1\n", database="data")
    world.take("b.csv", "n\n4\n", id=made["id"])
    assert world.rows("select n from b", "other") == [(4,)]


def test_a_start_after_a_kill_looks_for_leftovers_in_the_chosen_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    async def land(*_: object) -> None:
        raise Killed

    world.take("b.csv", "n\n2\n", database="other")
    world.take("a.csv", "n\n1\n", database="data")
    monkeypatch.setattr(landing.Landing, "land", land)
    with pytest.raises(Killed):
        world.take("c.csv", "n\n3\n", database="other")
    assert world.folder.table_database() == "other"


def test_generated_columns_come_to_a_database_that_is_served(tmp_path: Path) -> None:
    world = World(tmp_path, True)
    world.take("first.csv", "a\n1\n")
    script = (
        "create table g (a int, b int generated always as (a * 2)); insert into g (a) values (3);"
    )
    world.take("x.sql", script)
    assert world.rows("select a, b from g") == [(3, 6)]
