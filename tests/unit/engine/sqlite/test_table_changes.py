"""Tests of engine.sqlite.table_changes: everything that belongs to a table follows it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from sqlite_utils import Database

from engine.errors import LiteError
from engine.sqlite.table_changes import drop_table, rename_table


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def fill(connection: sqlite3.Connection, table: str, fts: str) -> Database:
    """Make a table with all that can hang on one."""
    database = Database(connection)
    database.table(table).insert_all(
        [{"id": 1, "name": "cat", "kind": 1}, {"id": 2, "name": "dog", "kind": 1}], pk="id"
    )
    database.table(table).create_index(["name"], index_name="by_name")
    # The triggers that sqlite-utils makes are for FTS5 only.
    triggers = fts == "FTS5"
    database.table(table).enable_fts(["name"], fts, create_triggers=triggers, tokenize="porter")
    name = '"' + table.replace('"', '""') + '"'
    connection.execute(f"create view short as select name from {name} where length(name) = 3")
    connection.execute(f"create table owners (animal references {name}(id))")
    return database


def names(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("select name from sqlite_master")}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("animals", "creatures"),
        ("x y", "a-b's c"),
        ("Ünï", "x y"),
        ("name", "Ünï"),
        ("a", "name"),
    ],
)
def test_a_renamed_table_keeps_all_that_hangs_on_it(
    connection: sqlite3.Connection, old: str, new: str
) -> None:
    database = fill(connection, old, "FTS5")
    connection.execute("begin")
    rename_table(connection, old, new)
    connection.execute("commit")
    table = database.table(new)
    assert [row["name"] for row in table.search("cats")] == ["cat"]
    table.insert({"id": 3, "name": "cow", "kind": 2})
    table.update(1, {"name": "hen"})
    table.delete(2)
    found = {word: [row["id"] for row in table.search(word)] for word in ("cow", "hen", "cat")}
    assert found == {"cow": [3], "hen": [1], "cat": []}
    assert {row["name"] for row in database.view("short").rows} == {"hen", "cow"}
    assert [index.name for index in table.indexes] == ["by_name"]
    assert database.table("owners").foreign_keys[0].other_table == new
    assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert f"{old}_fts" not in names(connection)
    # The old name is free for another table with an index.
    database.table(old).insert({"id": 1, "name": "wolf"}, pk="id")
    database.table(old).enable_fts(["name"], create_triggers=True)
    assert [row["name"] for row in database.table(old).search("wolf")] == ["wolf"]


def test_an_index_of_the_older_kind_is_kept(connection: sqlite3.Connection) -> None:
    database = fill(connection, "animals", "FTS4")
    rename_table(connection, "animals", "x y")
    assert [row["name"] for row in database.table("x y").search("cats")] == ["cat"]
    assert "x y_fts" in names(connection)


def test_other_connections_see_the_new_name(tmp_path: object) -> None:
    path = f"{tmp_path}/data.db"
    connection = sqlite3.connect(path, isolation_level=None)
    fill(connection, "animals", "FTS5")
    reader = sqlite3.connect(path)
    search = "select rowid from {0}_fts where {0}_fts match 'cat'"
    assert reader.execute(search.format("animals")).fetchall() == [(1,)]
    connection.execute("begin")
    rename_table(connection, "animals", "creatures")
    connection.execute("commit")
    assert reader.execute(search.format("creatures")).fetchall() == [(1,)]
    assert reader.execute("select name from creatures_fts").fetchall() == [("cat",), ("dog",)]
    connection.close()
    reader.close()


def test_only_the_case_of_a_name_changes(connection: sqlite3.Connection) -> None:
    database = fill(connection, "animals", "FTS5")
    rename_table(connection, "animals", "Animals")
    assert {"Animals", "Animals_fts"} <= names(connection)
    assert [row["name"] for row in database.table("Animals").search("cat")] == ["cat"]


def test_a_broken_view_is_named_as_the_cause(connection: sqlite3.Connection) -> None:
    connection.execute("create table t (a)")
    connection.execute("create view broken as select * from missing")
    with pytest.raises(LiteError, match="error in view broken"):
        rename_table(connection, "t", "u")


@pytest.mark.parametrize("fts", ["FTS4", "FTS5"])
def test_a_dropped_table_leaves_nothing_behind(connection: sqlite3.Connection, fts: str) -> None:
    fill(connection, "animals", fts)
    drop_table(connection, "animals")
    assert names(connection) == {"short", "owners"}
    drop_table(connection, "short")
    drop_table(connection, "nothing")
    assert names(connection) == {"owners"}
