"""Measures what pages of a 10 GB database on another host transfer, and in how many requests.

The file is sparse: its rows and indexes are at the beginning, in the middle and at the end, and
there is nothing in between, so that it takes little of the disk.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.browser import new_visitor
from tests.support.browsing import follow, link
from tests.support.hosts import RangeHabits, data_host
from tests.support.large_databases import code_of, make_places

GB = 1024**3
PAGE = 4096
SIZE = 10 * GB
ROWS = 200_000  # in each of three places


@dataclass(frozen=True)
class Cost:
    """What a page has cost."""

    megabytes: float
    requests: int
    seconds: float


def _grow(path: Path, size: int) -> None:
    """Have the next page that SQLite adds to a database lie at `size`, with nothing before it."""
    with path.open("r+b") as file:
        file.truncate(size)
        file.seek(28)
        file.write((size // PAGE).to_bytes(4, "big"))


def make_sparse(path: Path) -> None:
    """Make a database of 10 GB with a table in three places of the file."""
    make_places(path, ROWS)
    for part, size in ((1, SIZE // 2), (2, SIZE)):
        _grow(path, size)
        with closing(sqlite3.connect(path)) as conn, conn:
            conn.execute("PRAGMA synchronous = OFF")
            rows = [
                (n, f"Place {n}", code_of(n), f"w{n} " + "-" * 180)
                for n in range(part * ROWS + 1, (part + 1) * ROWS + 1)
            ]
            conn.executemany("INSERT INTO places VALUES (?, ?, ?, ?)", rows)
            conn.execute(
                "INSERT INTO places_fts (rowid, name, note)"
                " SELECT id, name, note FROM places WHERE id > ?",
                [part * ROWS],
            )


@contextmanager
def _database() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="build") as folder:
        path = Path(folder, "large.db")
        make_sparse(path)
        yield path


def measure(site: str) -> dict[str, Cost]:
    """Return the cost of each page, by what it is. Each begins in a workspace that just started."""
    last = 3 * ROWS - 17
    pages = {
        "home page": "",
        "table page": "large/places",
        "row by key": f"large/places/{last}",
        "row by index": f"large/places?code={code_of(last)}",
        "full-text search for a word": f"large/places?_search=w{last}",
    }
    costs = {}
    with _database() as path, data_host() as host:
        for what, page in pages.items():
            habits = RangeHabits(etag='"1"')
            url = host.add("large.db", b"", file=path, ranges=habits)
            with new_visitor() as visitor:
                tab = visitor.context.new_page()
                started = time.perf_counter()
                follow(tab, link(site, page, url=url))
                seconds = time.perf_counter() - started
            costs[what] = Cost(habits.sent / 1e6, len(habits.requests), seconds)
    return costs
