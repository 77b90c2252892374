"""Measures the cost of losing nothing: inserts, the first save and restarts, by file size.

Each is compared with an instance that saves nothing (`?temporary=1`), in turns.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, Worker

from bench.browser import Visitor, new_visitor
from tests.support.browsing import (
    BOOT_TIMEOUT,
    follow,
    link,
    stop_worker,
    wait_for_datasette,
)
from tests.support.hosts import DataHost, data_host

SIZES_MB = (1, 10, 100)
_ROW = 1000  # bytes

_INSERT = """
async ([url, row]) => {
  const started = performance.now();
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ row }),
  });
  await answer.text();
  if (answer.status !== 201) throw new Error(`${answer.status} for ${url}`);
  return performance.now() - started;
}
"""

_IS_SAVED = """
async () => {
  const heard = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const [{ name }] = await indexedDB.databases();
  const store = await heard(indexedDB.open(name));
  const count = await heard(store.transaction("instances").objectStore("instances").count());
  store.close();
  return count > 0;
}
"""

_COUNT_BYTES = """
() => {
  const { put } = IDBObjectStore.prototype;
  self.stored = 0;
  IDBObjectStore.prototype.put = function (value, ...key) {
    self.stored += value.byteLength ?? 0;
    return Reflect.apply(put, this, [value, ...key]);
  };
}
"""


@dataclass(frozen=True)
class Costs:
    """The measurements with a file of one size; pairs are with and without saving."""

    file_kb: float
    insert_ms: tuple[float, float]
    stored_kb: float
    first_save_s: float
    restart_s: tuple[float, float]


def _database(megabytes: int) -> bytes:
    """Return a SQLite file of about this size: a table with an index, as is usual."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.db")
        connection = sqlite3.connect(path)
        connection.execute("create table t (id integer primary key, code integer, noise blob)")
        connection.execute("create index by_code on t (code)")
        source = random.Random(megabytes)
        rows = ((source.getrandbits(40), source.randbytes(_ROW)) for _ in range(megabytes * 950))
        connection.executemany("insert into t (code, noise) values (?, ?)", rows)
        connection.commit()
        connection.close()
        return path.read_bytes()


def _restart(page: Page, address: str) -> float:
    stop_worker(page)
    started = time.perf_counter()
    follow(page, address)
    return time.perf_counter() - started


def _worker(visitor: Visitor) -> Worker:
    return visitor.context.service_workers[-1]


def _measure(site: str, files: DataHost, megabytes: int, rounds: int) -> Costs:
    content = _database(megabytes)
    url = files.add(f"{megabytes}/big.db", content)
    with new_visitor() as visitor:
        saved, temporary = visitor.context.new_page(), visitor.context.new_page()
        saved.goto(link(site, "big", url=url))
        wait_for_datasette(saved)
        started = time.perf_counter()
        saved.wait_for_function(_IS_SAVED, timeout=BOOT_TIMEOUT, polling=20)
        first_save = time.perf_counter() - started
        follow(temporary, link(site, "big", url=url, temporary="1"))
        _worker(visitor).evaluate(_COUNT_BYTES)
        times: dict[Page, list[float]] = {saved: [], temporary: []}
        stored = []
        source = random.Random(rounds)
        for _ in range(rounds):
            for page, of in times.items():
                row = {"code": source.getrandbits(40), "noise": "x" * _ROW}
                before = _worker(visitor).evaluate("stored")
                of.append(page.evaluate(_INSERT, [f"{page.url}/t/-/insert", row]))
                if page is saved:
                    stored.append(_worker(visitor).evaluate("stored") - before)
        addresses = {page: page.url for page in times}
        temporary.close()
        restarts = [_restart(saved, addresses[page]) for page in times]
        return Costs(
            file_kb=len(content) / 1000,
            insert_ms=(median(times[saved]), median(times[temporary])),
            stored_kb=median(stored) / 1000,
            first_save_s=first_save,
            restart_s=(restarts[0], restarts[1]),
        )


def measure(site: str, rounds: int) -> dict[int, Costs]:
    """Return the measurements by megabytes."""
    with data_host() as files:
        return {size: _measure(site, files, size, rounds) for size in SIZES_MB}
