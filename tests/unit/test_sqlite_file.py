"""Tests of engine.sqlite_file."""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import sqlite_file
from engine.errors import SourceError

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
    sqlite_file.prepare(database, URL)
    assert database.read_bytes() == before


def test_wal_mode_database_becomes_one_that_needs_no_shared_memory(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("pragma journal_mode = wal")
    connection.execute("insert into t values ('one more')")
    connection.commit()
    connection.close()
    assert database.read_bytes()[18:20] == b"\x02\x02"
    sqlite_file.prepare(database, URL)
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
        (lambda data: data[:8192], "only part of a SQLite database: it has 8,192 of"),
        (lambda data: data[:100] + b"\xff" * (len(data) - 100), "damaged"),
    ],
)
def test_bad_file_is_refused_in_a_sentence(
    database: Path, spoil: Callable[[bytes], bytes], sentence: str
) -> None:
    database.write_bytes(spoil(database.read_bytes()))
    with pytest.raises(SourceError, match=sentence) as caught:
        sqlite_file.prepare(database, URL)
    assert caught.value.source == URL
    assert caught.value.message.startswith(URL)
    assert caught.value.hint
