"""Tests of engine.importing.sql_script and sql_import: dumps, errors, and what a script must not
do.
"""

from __future__ import annotations

import asyncio
import contextlib
import doctest
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils

from engine.errors import SourceError
from engine.folder import Folder
from engine.importing import sql_script
from engine.importing.intake import Intake
from engine.importing.options import Request
from engine.importing.sql_script import run_script, statements
from engine.sqlite.sql_guard import ChangesExisting
from tests.support.opening import Opener


def run(script: str) -> sqlite3.Connection:
    conn = sqlite3.connect(":memory:", isolation_level=None)
    asyncio.run(run_script(script, conn, "x.sql", None))
    return conn


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(sql_script).failed == 0


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a;b;", ["a;", "b;"]),
        ("a; -- b; c\nd;", ["a;", "d;"]),
        ("/* a; */ b", ["b"]),
        ("insert 'x;''y';z", ["insert 'x;''y';", "z"]),
        ('select "a;b", [c;d], `e;f`;', ['select "a;b", [c;d], `e;f`;']),
        (";;\n;", []),
        (
            "create trigger t after insert on x begin select 1; select 2; end; y;",
            ["create trigger t after insert on x begin select 1; select 2; end;", "y;"],
        ),
        (
            "CREATE TEMP TRIGGER t after insert on x begin\n  -- a; b\n  select case 1 when 1"
            " then 2 end;\nend;\ny;",
            [
                "CREATE TEMP TRIGGER t after insert on x begin\n  -- a; b\n  select case 1 when 1"
                " then 2 end;\nend;",
                "y;",
            ],
        ),
    ],
)
def test_script_is_taken_apart(script: str, expected: list[str]) -> None:
    assert [statement for _, statement in statements(script)] == expected


def test_long_values_take_no_time_per_line() -> None:
    # A quadratic scan would take minutes.
    value = "line; 'quoted'\n".replace("'", "''") * 100_000
    conn = run(f"create table t (a); insert into t values ('{value}');")
    assert conn.execute("select length(a) from t").fetchone() == (len(value.replace("''", "'")),)
    conn.close()


def test_what_python_dumps_reads_back() -> None:
    before = sqlite_utils.Database(memory=True)
    before.table("t").insert_all([{"id": n, "text": f"it's {n};\n"} for n in range(50)], pk="id")
    before.table("t").create_index(["text"])
    script = "\n".join(before.conn.iterdump())
    conn = sqlite3.connect(":memory:", isolation_level=None)
    conn.execute("begin")
    asyncio.run(run_script(script, conn, "x.sql", None))
    assert conn.in_transaction
    conn.execute("commit")
    assert conn.execute("select count(*) from t").fetchone() == (50,)
    conn.close()
    before.close()


def test_full_text_index_in_a_dump_of_the_sqlite3_program(tmp_path: Path) -> None:
    # It writes virtual tables into the schema, then what their rows are kept in.
    before = sqlite3.connect(":memory:")
    before.execute("create virtual table f using fts5 (t)")
    before.execute("insert into f values ('hello')")
    before.commit()
    where = "select name, sql from sqlite_master where name like 'f!_%' escape '!'"
    lines = [
        "PRAGMA foreign_keys=OFF;",
        "BEGIN TRANSACTION;",
        "PRAGMA writable_schema=ON;",
        "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)"
        " VALUES('table','f','f',0,'CREATE VIRTUAL TABLE f using fts5 (t)');",
    ]
    for name, sql in before.execute(where).fetchall():
        lines.append(sql.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1) + ";")
        for row in before.execute(f"select * from '{name}'"):
            values = [f"x'{v.hex()}'" if isinstance(v, bytes) else repr(v) for v in row]
            lines.append(f"INSERT INTO {name} VALUES({','.join(values)});".replace("None", "NULL"))
    before.close()
    lines += ["PRAGMA writable_schema=OFF;", "COMMIT;"]
    (tmp_path / "source-1").write_text("\n".join(lines))
    folder = Folder(tmp_path)
    request = Request.of({"parameter": "sql", "url": "x.sql"})
    asyncio.run(Intake(folder).take(request, tmp_path / "source-1", lambda *_: None))
    conn = sqlite3.connect(folder.database("data"))
    assert conn.execute("select t from f where f match 'hello'").fetchall() == [("hello",)]
    conn.close()


@pytest.mark.parametrize(
    "statement",
    ["attach ':memory:' as x", "detach main", "select load_extension('x')"],
)
def test_what_leads_out_of_the_database_is_refused(statement: str) -> None:
    with pytest.raises(SourceError, match="line 1"):
        run(f"{statement};")


def test_pragmas_of_the_connection_are_passed_over() -> None:
    conn = run("pragma journal_mode = off; pragma foreign_keys = on; pragma user_version = 7;")
    assert conn.execute("pragma user_version").fetchone() == (7,)
    assert conn.execute("pragma foreign_keys").fetchone() == (0,)
    conn.close()


def test_error_has_its_line_and_statement() -> None:
    with pytest.raises(SourceError) as caught:
        run("create table t (a);\n\n/* x\n*/ insert into t\n values (1, 2);")
    assert "failed in line 4" in caught.value.message
    assert "The statement is: insert into t values (1, 2);" in caught.value.message


@pytest.mark.parametrize(
    "line", ["LOCK TABLES `t` WRITE;", "SET NAMES utf8;", "COPY t FROM stdin;"]
)
def test_dump_of_another_program_is_named(line: str) -> None:
    with pytest.raises(SourceError) as caught:
        run(line)
    assert "MySQL or PostgreSQL" in caught.value.hint


# --- Into a database that is there --------------------------------------------------------------


class World:
    """A folder with a database, which is being served."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = Folder(path)
        self.intake = Intake(self.folder)
        self.take("create table there (id integer primary key, a);insert into there values (1, 1);")
        self.intake.is_served = True

    def take(self, script: str, *, may_change: bool = False) -> dict[str, Any]:
        file = self.path / "source-1"
        file.write_text(script)
        request = Request.of({"parameter": "sql", "url": "x.sql", "mayChange": may_change})
        return asyncio.run(self.intake.take(request, file, lambda *_: None))

    def schema(self) -> list[tuple[str, str]]:
        conn = sqlite3.connect(self.folder.database("data"))
        try:
            return conn.execute("select type, name from sqlite_master order by name").fetchall()
        finally:
            conn.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        conn = sqlite3.connect(self.folder.database("data"))
        try:
            return conn.execute(sql).fetchall()
        finally:
            conn.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_script_with_all_kinds_of_things(world: World) -> None:
    result = world.take(
        "create table p (id integer primary key autoincrement, n text);"
        "create table q (p integer references p (id));"
        "insert into p (n) values ('x'), ('y');"
        "create index i on q (p); create view v as select n from p;"
        "create trigger g after insert on p begin insert into q values (new.id); end;"
    )
    assert result["added"] == [
        {"database": "data", "table": "p", "rows": 2},
        {"database": "data", "table": "q", "rows": 0},
    ]
    kinds = [("index", "i"), ("table", "p"), ("table", "q"), ("trigger", "g"), ("view", "v")]
    assert set(kinds) < set(world.schema())
    assert world.rows("select * from v") == [("x",), ("y",)]
    assert world.rows("select \"table\" from pragma_foreign_key_list('q')") == [("p",)]


def test_script_that_reads_what_is_there(world: World) -> None:
    result = world.take(
        "create table new as select * from there; create view v as select * from there;"
    )
    assert result["added"] == [{"database": "data", "table": "new", "rows": 1}]
    assert result["path"] == "data/new"
    assert world.rows("select * from v") == [(1, 1)]


#: Scripts that change a table that is there, and what is said of each.
CHANGES = {
    "insert into there values (2, 2); create table new (a)": "adds rows to there",
    "update THERE set a = 9": "changes rows of there",
    "delete from main.[there]": "deletes rows of there",
    "drop table there": "removes there",
    "drop table there; create table there (b)": "removes there",
    "alter table there add column x": "alters there",
    "alter table there rename to other": "alters there",
    "create index i on there (a)": "adds an index to there",
    "create trigger g after insert on there begin select 1; end": "adds a trigger to there",
    "create table n (a); create trigger g after insert on n begin delete from there; end": (
        "deletes rows of there"
    ),
    "create view v as select 1 a; create trigger g instead of insert on v"
    " begin update there set a = 2; end": "changes rows of there",
    "create table new (a); create trigger g after insert on new begin insert into there values"
    " (7, 7); end; insert into new values (1)": "adds rows to there",
    "create table n (a); create trigger b after insert on n begin select * from missing; end;"
    " create trigger g after update on n begin delete from there; end": (
        "adds a trigger to n that fails"
    ),
    "create table n (a); create trigger g after insert on n begin insert into missing"
    " values (1); delete from there; end": "adds a trigger to n that fails",
    "replace into there values (1, 5)": "adds rows to there",
    "with x as (select 1) update there set a = 3": "changes rows of there",
    "create table if not exists there (a); insert into there values (5, 5)": "adds rows to there",
}


@pytest.mark.parametrize("script", CHANGES)
def test_script_changes_nothing_that_it_has_not_made(world: World, script: str) -> None:
    before = world.schema()
    with pytest.raises(ChangesExisting) as caught:
        world.take(f"{script};")
    assert "x.sql changes tables that it did not create: it " in caught.value.message
    assert CHANGES[script] in caught.value.message
    assert world.schema() == before
    assert world.rows("select * from there") == [(1, 1)]


@pytest.mark.parametrize("script", CHANGES)
def test_script_changes_what_the_person_allows(world: World, script: str) -> None:
    def state() -> tuple[Any, Any]:
        tables = world.rows("select name, sql from sqlite_master order by name")
        is_there = "there" in dict(tables)
        return tables, world.rows("select * from there") if is_there else None

    before = state()
    world.take(f"{script};", may_change=True)
    assert state() != before


@pytest.mark.parametrize(
    "script",
    [
        "pragma writable_schema = on; create table new (a);"
        "insert into sqlite_master values ('trigger', 'g', 'new', 0, 'create trigger g after"
        " insert on new begin delete from there; end');",
        "pragma writable_schema = on; create table new (a); create index i on new (a);"
        "update sqlite_master set sql = 'drop table there' where name = 'i';",
        "pragma/**/writable_schema = on; delete from sqlite_master where name = 'there';",
        "create table new as select * from there; pragma main . writable_schema = on;"
        "delete from sqlite_master where name = 'there';",
        "create table new as select * from there; pragma journal_mode = off;",
        "create table new as select * from there; pragma/**/user_version = 7;",
    ],
)
def test_schema_and_pragmas_are_out_of_reach(world: World, script: str) -> None:
    with contextlib.suppress(SourceError):
        world.take(script)
    assert world.rows("select * from there") == [(1, 1)]
    assert world.rows("pragma user_version") == [(0,)]
    with contextlib.suppress(sqlite3.Error):
        conn = sqlite3.connect(world.folder.database("data"))
        conn.execute("insert into new values (1)")
        conn.commit()
        conn.close()
    assert world.rows("select * from there") == [(1, 1)]


def test_everything_of_a_script_is_copied_whole(world: World) -> None:
    world.take(
        "create table w (a primary key, b, c as (b * 2)) without rowid;"
        "create table d (id integer primary key autoincrement, t text); create index i on d (t);"
        "insert into w values (1, 2); insert into d values (5, 'hello'), (9, 'there you are');"
        "create virtual table f using fts5 (t, content=d, content_rowid=id);"
        "insert into f (f) values ('rebuild');"
        "create virtual table r using rtree (id, x0, x1); insert into r values (1, 2, 3);"
        "create trigger g after insert on d begin insert into f (rowid, t) values (new.id, new.t);"
        " end; create view v as select t from d;"
    )
    assert world.rows("select * from w") == [(1, 2, 4)]
    assert world.rows("select rowid from f where f match 'you'") == [(9,)]
    assert world.rows("select id from r where x0 < 3") == [(1,)]
    conn = sqlite3.connect(world.folder.database("data"))
    conn.execute("insert into d (t) values ('once more')")
    assert conn.execute("select rowid from f where f match 'more'").fetchall() == [(10,)]
    assert conn.execute("pragma integrity_check").fetchall() == [("ok",)]
    conn.close()
    assert world.rows("select * from v limit 1") == [("hello",)]


def test_statement_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_script, "STATEMENT_SECONDS", 0.1)
    endless = "with recursive n (i) as (select 1 union all select i + 1 from n)"
    with pytest.raises(SourceError, match="took longer than"):
        run(f"create table t as {endless} select count(*) from n;")


@pytest.mark.parametrize(
    "script",
    [
        "create virtual table f using fts5 (t); insert into f values ('hello');",
        "create table w (a primary key, b) without rowid; insert into w values (1, 2);",
    ],
)
def test_script_with_tables_that_are_not_copied(world: World, script: str) -> None:
    world.take(script)
    name = script.split("table ")[1][0]
    assert world.rows(f"select count(*) from {name}") == [(1,)]


@pytest.mark.parametrize(
    "script",
    [
        "create table there (b);",
        "create table new (a); insert into new values (1); insert into there values (1, 2);",
        "create table new as select * from there; oops;",
    ],
)
def test_failing_script_leaves_nothing(world: World, script: str) -> None:
    before = world.schema()
    with pytest.raises(SourceError) as caught:
        world.take(script)
    assert "failed in line 1" in caught.value.message
    assert world.schema() == before
    assert world.rows("select * from there") == [(1, 1)]


@pytest.mark.cpu_seconds(20)
@pytest.mark.parametrize(
    "script",
    [
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN " + "select 1;\n" * 300_000,
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN " + "select 1; end" * 300_000,
        "[x;\n" * 500_000,
        "/*x;\n" * 500_000,
        "x/*x;\n" * 500_000,
        "select 'x;\n" * 500_000 + "'",
        'x"' + "`[;\n" * 500_000,
        "-- x\n" * 500_000 + "/*",
        " \n" * 2_000_000,
        ";" * 3_000_000,
    ],
)
def test_what_is_not_closed_takes_no_longer(script: str) -> None:
    assert sum(1 for _ in statements(script)) <= 250_001


@pytest.mark.parametrize(
    "trigger",
    [
        "create/* ; */trigger t after insert on x begin select 1; /* ; */ end -- ;\n;",
        "create trigger t after insert on x begin select [end; end;]; end;",
        "explain create trigger t after insert on x begin select 1; end;",
    ],
)
def test_a_trigger_ends_where_sqlite_says(trigger: str) -> None:
    assert sqlite3.complete_statement(trigger)
    assert [text for _, text in statements(f"{trigger} select 2;")] == [trigger, "select 2;"]


def test_others_have_their_turn_amid_a_long_statement() -> None:
    turns = 0

    async def breathe(position: int) -> None:
        nonlocal turns
        turns += 1

    script = "create table t (x); insert into t values " + ",".join(["('x')"] * 500) + ";"
    script += "insert into t select " + "'x' || " * 120_000 + "'x';"
    conn = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(SourceError):  # SQLite refuses such a long chain, but after it was read
        asyncio.run(run_script(script, conn, "x.sql", breathe))
    assert turns >= 4


def test_dumps_of_newer_versions(tmp_path: Path) -> None:
    opened = Opener(tmp_path)(
        "x.sql",
        rb"""create table t (a text);
        insert into t values (unistr('one\u000atwo\\\+01F600\U0001F600\00e9')), (unistr(null));
        insert into t values (unistr(5)), (unistr(1.5)), (unistr(x'5c3030653941'));""",
    )
    texts = ["one\ntwo\\😀😀é", None, "5", "1.5", "éA"]
    assert opened.rows("select a from t") == [(text,) for text in texts]


def test_an_index_for_search_that_is_damaged_keeps_nothing_else_from_opening(
    tmp_path: Path,
) -> None:
    opened = Opener(tmp_path)(
        "x.sql",
        b"""pragma writable_schema = on;
        insert into sqlite_master (type, name, tbl_name, rootpage, sql)
        values ('table', 'f', 'f', 0, 'create virtual table f using fts5(a)');
        create table f_data (id integer primary key, block blob);
        pragma writable_schema = off; create table t (a); insert into t values (1);""",
    )
    assert opened.rows("select a from t") == [(1,)]


def test_generated_columns(tmp_path: Path) -> None:
    script = b"""create table g (a int, b int generated always as (a * 2), c int as (a) stored);
    insert into g (a) values (3);"""
    opened = Opener(tmp_path)("x.sql", script)
    assert opened.rows("select a, b, c from g") == [(3, 6, 3)]
    [table] = Opener(tmp_path).preview("x.sql", script)["tables"]
    assert [column["name"] for column in table["columns"]] == ["a", "b", "c"]
    assert table["rows"] == [[3, 6, 3]]
