"""Tests of engine.importing.slices."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from engine.importing import slices as module
from engine.importing.slices import slices


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(":memory:")
    conn.execute("create table t (id integer primary key)")
    yield conn
    conn.close()


@pytest.mark.parametrize(
    "ids",
    [
        [],
        [1],
        list(range(1, 1001)),
        [-(2**63), -5, 0, 3, 10**12, 2**63 - 1],
        list(range(-500, 5000, 7)),
    ],
)
def test_every_row_is_in_one_slice(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, ids: list[int]
) -> None:
    for name in ("_FIRST", "_LEAST", "_MOST"):
        monkeypatch.setattr(module, name, 3)
    conn.executemany("insert into t values (?)", [(n,) for n in ids])
    seen: list[int] = []
    where = "select id from t where rowid between ? and ? order by id"
    for low, high in slices(conn, "t"):
        found = [n for (n,) in conn.execute(where, (low, high))]
        assert 1 <= len(found) <= 3
        seen += found
    assert seen == ids


def test_time_decides_how_many_rows_a_slice_has(
    conn: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn.executemany("insert into t values (?)", [(n,) for n in range(1, 50_001)])
    now = 0.0
    monkeypatch.setattr(module, "perf_counter", lambda: now)
    sizes = []
    for low, high in slices(conn, "t"):
        size = high - max(low, 1) + 1
        sizes.append(size)
        now += size * 0.02 / 5000
    assert sizes[:3] == [200, 800, 3200]
    assert all(abs(size - 5000) < 10 for size in sizes[3:-1])
