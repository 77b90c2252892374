"""Measures databases on this device that are too large to be in memory: how soon the first page is
there after a drop, how much memory that takes, and how long restarts take with more or less saved.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.browser import Visitor, new_visitor
from bench.memory import megabytes
from tests.support.bringing import drop_from_disk, import_button, wait_for_previews
from tests.support.browsing import follow, link, stop_worker, wait_for_datasette
from tests.support.hosts import data_host
from tests.support.large_databases import make_places

#: Sizes of those that are dropped.
DROPPED_MB = (502, 5000)

#: Sizes of those with which a workspace is restarted.
SAVED_MB = (1, 100, 1000)

#: Rows of such a database in 1 MB, and the most that one has; the rest is noise.
_ROWS = 3300
_MOST_ROWS = 60_000


@dataclass(frozen=True)
class Drop:
    """The cost of opening a file."""

    file_mb: float
    #: From the button of the dialog to the first page of rows.
    seconds: float
    #: Of the process that has most, in MB.
    peak_mb: float
    #: From a stopped worker to the first page.
    restart_s: float


@contextmanager
def _database(size: int) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="build") as folder:
        path = make_places(Path(folder, "places.db").resolve(), min(size * _ROWS, _MOST_ROWS))
        with closing(sqlite3.connect(path)) as conn:
            conn.execute("PRAGMA synchronous = OFF")
            conn.execute("CREATE TABLE rest (content)")
            missing = max(0, size * 1_000_000 - path.stat().st_size) // 10_000
            conn.executemany(
                "INSERT INTO rest VALUES (randomblob(10000))", ([] for _ in range(missing))
            )
            conn.commit()
        yield path


def measure_drop(site: str, size: int) -> Drop:
    """Return what it costs to drop a file of `size` MB and to open its table."""
    with _database(size) as path, new_visitor() as visitor:
        page = visitor.context.new_page()
        page.goto(site)
        page.wait_for_load_state("networkidle")
        drop_from_disk(page, path)
        wait_for_previews(page)
        started = time.perf_counter()
        import_button(page).click()
        page.wait_for_url(re.compile(r"/app/@[\w-]+/"))
        wait_for_datasette(page)
        home = re.sub(r"(/app/@[\w-]+/).*", r"\1", page.url)
        page.goto(f"{home}places/places")
        page.get_by_text("Place 100", exact=True).wait_for()
        seconds = time.perf_counter() - started
        peak = _peak(visitor)
        restart = _restart(visitor, f"{home}places/places")
        return Drop(path.stat().st_size / 1e6, seconds, peak, restart)


def measure_restarts(site: str, repetitions: int) -> dict[int, float]:
    """Return the seconds to the first page after a restart, by the MB that are saved."""
    found = {}
    for size in SAVED_MB:
        with _database(size) as path, data_host() as host, new_visitor() as visitor:
            url = host.add("places.db", b"", file=path)
            page = visitor.context.new_page()
            follow(page, link(site, "places/places", url=url, range="0"))
            address = page.url
            _wait_until_saved(visitor, address)
            found[size] = median(_restart(visitor, address) for _ in range(repetitions))
    return found


def _wait_until_saved(visitor: Visitor, address: str) -> None:
    """Wait until the workspace is on the page of saved data, in its final size."""
    page = visitor.context.new_page()
    page.goto(re.sub(r"/app/.*", "/saved.html", address))
    page.get_by_role("button", name="Download places.db").wait_for()
    page.close()


def _restart(visitor: Visitor, address: str) -> float:
    page = visitor.context.new_page()
    page.goto(re.sub(r"/app/.*", "/data/index.json", address))
    stop_worker(page)
    started = time.perf_counter()
    page.goto(address)
    wait_for_datasette(page)
    page.get_by_text("Place 100", exact=True).wait_for()
    seconds = time.perf_counter() - started
    page.close()
    return seconds


def _peak(visitor: Visitor) -> float:
    return max(megabytes(visitor, "status", "VmHWM"))
