"""Tests of engine.importing.sqlite_file."""

from __future__ import annotations

import asyncio
import gzip
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from engine.errors import SourceError
from engine.importing import sqlite_file
from tests.support.databases import in_wal_mode

URL = "https://a.test/x.db"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database of several pages."""
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("create table t (a)")
        connection.executemany("insert into t values (?)", [("x" * 1000,)] * 100)
    connection.close()
    return path


def rows(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("select count(*) from t").fetchone()[0])
    finally:
        connection.close()


def test_good_database_stays_as_it_is(database: Path) -> None:
    before = database.read_bytes()
    asyncio.run(sqlite_file.prepare(database, URL))
    assert database.read_bytes() == before


def test_wal_mode_database_becomes_one_that_needs_no_shared_memory(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("pragma journal_mode = wal")
    connection.execute("insert into t values ('one more')")
    connection.commit()
    connection.close()
    assert database.read_bytes()[18:20] == b"\x02\x02"
    asyncio.run(sqlite_file.prepare(database, URL))
    assert database.read_bytes()[18:20] == b"\x01\x01"
    assert rows(database) == 101


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda data: b"", "is not a SQLite database"),
        (lambda data: b"<!doctype html><p>Sign in</p>", "is not a SQLite database but a web page"),
        (lambda data: os.urandom(len(data)), "is not a SQLite database, or it is an encrypted one"),
        (lambda data: gzip.compress(data), "is not a SQLite database but a gzip file"),
        (lambda data: b"a,b\n1,2\n" * 1000, "is not a SQLite database.$"),
        (lambda data: bytes(len(data)), "is not a SQLite database"),
        (lambda data: data[:60], "only part of a SQLite database: it has only 60 bytes"),
        (lambda data: data[:4096], "only part of a SQLite database: it has 4,096 of"),
        (lambda data: data[:100] + b"\xff" * (len(data) - 100), "damaged"),
    ],
)
def test_bad_file_is_refused_in_a_sentence(
    database: Path, spoil: Callable[[bytes], bytes], sentence: str
) -> None:
    database.write_bytes(spoil(database.read_bytes()))
    with pytest.raises(SourceError, match=sentence) as caught:
        asyncio.run(sqlite_file.prepare(database, URL))
    assert caught.value.source == URL
    assert caught.value.message.startswith(URL)
    assert caught.value.hint


def prepared(path: Path) -> list[str]:
    return asyncio.run(sqlite_file.prepare(path, "x.db"))


def tables_of(path: Path) -> set[str]:
    connection = sqlite3.connect(path)
    names = {name for (name,) in connection.execute("select name from sqlite_master")}
    connection.close()
    return names


def test_a_log_beside_the_database_is_replayed(database: Path, tmp_path: Path) -> None:
    for name, content in in_wal_mode(tmp_path).items():
        (tmp_path / name.replace("app", "x")).write_bytes(content)
    assert prepared(database) == []
    assert tables_of(database) == {"in_file", "only_in_wal"}
    assert [path.name for path in tmp_path.glob("x.db*")] == ["x.db"]


def test_a_log_that_may_be_missing_is_mentioned(database: Path, tmp_path: Path) -> None:
    database.write_bytes(in_wal_mode(tmp_path)["app.db"])
    [note] = prepared(database)
    assert "x.db-wal beside it, the newest rows are only there" in note
    assert tables_of(database) == {"in_file"}


def test_a_log_of_another_database_is_not_replayed(database: Path, tmp_path: Path) -> None:
    Path(f"{database}-wal").write_bytes(in_wal_mode(tmp_path)["app.db-wal"])
    [note] = prepared(database)
    assert "The changes in x.db-wal are not in the database" in note
    assert rows(database) == 100


def test_a_broken_log_is_mentioned(database: Path, tmp_path: Path) -> None:
    files = in_wal_mode(tmp_path)
    database.write_bytes(files["app.db"])
    log = files["app.db-wal"]
    Path(f"{database}-wal").write_bytes(log[:50] + b"\xff" + log[51:])
    [note] = prepared(database)
    assert "The changes in x.db-wal are not in the database" in note
    assert tables_of(database) == {"in_file"}


def test_a_change_that_was_interrupted_is_undone(database: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(database.read_bytes())
    connection = sqlite3.connect(other, isolation_level=None)
    connection.execute("pragma cache_size = 1")
    connection.execute("begin immediate")
    connection.execute("delete from t where rowid > 3")
    connection.execute("insert into t select randomblob(3000) from t, t as u")
    database.write_bytes(other.read_bytes())
    Path(f"{database}-journal").write_bytes(Path(f"{other}-journal").read_bytes())
    connection.close()
    assert prepared(database) == []
    assert rows(database) == 100


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A database with a large table, a small one at its end, an index and a full-text index."""
    path = tmp_path / "tables.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("create table large (id integer primary key, a text)")
    connection.execute("create virtual table search using fts5(a)")
    connection.execute("insert into search values ('hello')")
    connection.execute("begin")
    rows = [(number * 7, f"row {number} " * 30) for number in range(3000)]
    connection.executemany("insert into large values (?, ?)", rows)
    connection.execute("create table small as select 1 as a")
    connection.execute("create index by_a on large (a)")
    connection.execute("commit")
    connection.close()
    return path


def test_of_a_truncated_database_the_rest_is_read(tables: Path) -> None:
    content = tables.read_bytes()
    tables.write_bytes(content[: len(content) // 3])
    [note] = prepared(tables)
    assert "only part of a SQLite database" in note
    assert "Nothing could be read of small" in note
    connection = sqlite3.connect(tables)
    found = connection.execute("select id, a from large").fetchall()
    assert 500 < len(found) < 3000
    assert f"large ({len(found):,} rows)" in note
    assert all(a == f"row {id // 7} " * 30 for id, a in found)
    assert connection.execute("select a from search where search match 'hello'").fetchall()
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.parametrize("seed", range(5))
def test_rows_around_damaged_pages_are_read(tables: Path, seed: int) -> None:
    content = bytearray(tables.read_bytes())
    leaves = [at for at in range(0, len(content), 4096) if content[at] == 13 and at > 4096]
    damaged = Random(seed).sample(leaves[10:], 5)
    for at in damaged:
        content[at : at + 4096] = bytes(4096)
    tables.write_bytes(content)
    [note] = prepared(tables)
    assert "damaged" in note
    connection = sqlite3.connect(tables)
    [count] = connection.execute("select count(*) from large").fetchone()
    # A page holds some 12 rows.
    assert 3000 - 5 * 20 <= count < 3000
    assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    connection.close()


def test_entries_of_the_schema_that_make_no_sense_are_passed_over(tables: Path) -> None:
    connection = sqlite3.connect(tables, isolation_level=None)
    connection.execute("pragma writable_schema = on")
    connection.execute("update sqlite_master set sql = 'create nonsense' where name = 'by_a'")
    connection.close()
    [note] = prepared(tables)
    assert "malformed database schema" in note
    assert "All rows of its tables could be read" in note
    connection = sqlite3.connect(tables)
    assert connection.execute("select count(*) from large").fetchone() == (3000,)
    connection.close()


def test_an_encrypted_database_is_told_from_other_noise(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(os.urandom(8192))
    with pytest.raises(SourceError, match="encrypted one: all of it looks random") as caught:
        prepared(path)
    assert "sqlcipher_export" in caught.value.hint
