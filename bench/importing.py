"""Measures how fast data is imported, compared with `sqlite-utils insert` on the same file, and
the memory that imports take.

Only the import itself counts: the file is not fetched over a network, and Python has already
started. For sqlite-utils, the whole command counts, since that is how it is used.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from bench.browser import Visitor, new_visitor
from bench.memory import megabytes
from tests.support.browsing import follow, link, wait_for_datasette
from tests.support.hosts import DataHost, data_host

ROWS = 200_000
COLUMNS = 20
LARGE_CSV_MB = 300
LARGE_DATABASE_MB = 500

_TIMEOUT = 600_000  # ms, for the large files

# In the launcher: when each stage of the boot began.
_NOTE_STAGES = """
addEventListener("DOMContentLoaded", () => {
  const boot = document.getElementById("boot");
  if (!boot) return;
  const note = () => window.noteStage?.(boot.dataset.stage ?? "", performance.now());
  new MutationObserver(note).observe(boot, { attributeFilter: ["data-stage"] });
});
"""

# In a page of Datasette: ask for another one until told to stop; ms that each answer took.
_ASK_MEANWHILE = """
async (url) => {
  const times = [];
  self.stopAsking = false;
  while (!self.stopAsking) {
    const started = performance.now();
    const answer = await fetch(url);
    await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
    times.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return times;
}
"""


@dataclass(frozen=True)
class Import:
    """The cost of importing a large file."""

    file_mb: float
    seconds: float
    peak_mb: float


def _row(source: random.Random, number: int) -> str:
    """Return a line of 20 columns like those of real files: numbers, text, dates, gaps."""
    whole = source.randrange(1_000_000)
    return (
        f"{number},{whole},{whole / 7:.3f},name {whole},2026-{whole % 12 + 1:02}-0{whole % 9 + 1},"
        f'{whole % 97},{whole % 2},,"Street {whole % 500}, {whole % 90}",{whole * 3},'
        f"{'' if whole % 5 else whole},{whole / 1000:.1f},kind {whole % 12},{number * 2},DE,"
        f"some longer text about {whole % 3000},{whole % 13},{-whole},x{whole:07},{whole % 1000}\n"
    )


def write_csv(path: Path, *, rows: int = 0, size: int = 0) -> None:
    """Write a CSV file with this many rows, or of about this many bytes."""
    source = random.Random(1)
    with path.open("w") as file:
        file.write(",".join(f"column_{n}" for n in range(1, COLUMNS + 1)) + "\n")
        number = 0
        while number < rows or file.tell() < size:
            for _ in range(1000):  # tell() is slow
                number += 1
                file.write(_row(source, number))


def _write_database(path: Path, size: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("create table t (id integer primary key, noise blob)")
    source = random.Random(1)
    rows = ((source.randbytes(10_000),) for _ in range(size // 10_200))
    connection.executemany("insert into t (noise) values (?)", rows)
    connection.commit()
    connection.close()


def _native(file: Path) -> float:
    """Return the seconds that sqlite-utils needs; since version 4 it detects types by default."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sqlite_utils", "insert", f"{folder}/t.db", "rows"]
        started = time.perf_counter()
        subprocess.run([*command, str(file), "--csv"], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started


@contextmanager
def watching_stages(page: Page) -> Iterator[dict[str, float]]:
    """Yield stage → ms at which it began, filled in as the page boots an instance."""
    stages: dict[str, float] = {}
    page.expose_function("noteStage", lambda stage, at: stages.setdefault(stage, at))
    page.add_init_script(_NOTE_STAGES)
    yield stages


def _on_site(site: str, url: str) -> float:
    with new_visitor() as visitor:
        page = visitor.context.new_page()
        with watching_stages(page) as stages:
            page.goto(link(site, "data", csv=url))
            wait_for_datasette(page)
        return (stages["open"] - stages["import"]) / 1000


def measure_speed(site: str, repetitions: int) -> list[tuple[float, float]]:
    """Return the seconds that ROWS rows take here and natively, once for each repetition."""
    with tempfile.TemporaryDirectory() as folder, data_host() as files:
        path = Path(folder, "rows.csv")
        write_csv(path, rows=ROWS)
        url = files.add("rows.csv", path.read_bytes())
        return [(_on_site(site, url), _native(path)) for _ in range(repetitions)]


def _peak(visitor: Visitor) -> float:
    return max(megabytes(visitor, "status", "VmHWM"))


def _open_large(site: str, files: DataHost, path: Path, parameter: str) -> Import:
    url = files.add(path.name, path.read_bytes())
    with new_visitor() as visitor:
        visitor.context.set_default_timeout(_TIMEOUT)
        page = visitor.context.new_page()
        started = time.perf_counter()
        page.goto(link(site, **{parameter: url}))
        page.wait_for_selector("navigation-search", timeout=_TIMEOUT, state="attached")
        seconds = time.perf_counter() - started
        files.files.clear()
        return Import(path.stat().st_size / 1e6, seconds, _peak(visitor))


def measure_large(site: str) -> dict[str, Import]:
    """Return the costs of opening a large CSV file and a large database, by kind."""
    with tempfile.TemporaryDirectory() as folder, data_host() as files:
        csv, database = Path(folder, "large.csv"), Path(folder, "large.db")
        write_csv(csv, size=LARGE_CSV_MB * 1_000_000)
        _write_database(database, LARGE_DATABASE_MB * 1_000_000)
        return {
            "CSV": _open_large(site, files, csv, "csv"),
            "database": _open_large(site, files, database, "url"),
        }


def measure_answers(site: str) -> list[float]:
    """Return the ms that each page took while a person's own file was imported."""
    with tempfile.TemporaryDirectory() as folder, new_visitor() as visitor:
        path = Path(folder, "rows.csv")
        write_csv(path, rows=ROWS)
        importing, reading = visitor.context.new_page(), visitor.context.new_page()
        follow(importing, f"{site}app/-/sources")
        follow(reading, f"{site}app/world/countries")
        with importing.expect_file_chooser() as chooser:
            importing.locator("[data-lite-open-files]").first.click()
        chooser.value.set_files(path)
        importing.get_by_role("button", name="Import").click()
        importing.get_by_role("progressbar").wait_for()
        reading.evaluate(f"(url) => {{ self.asking = ({_ASK_MEANWHILE})(url); }}", reading.url)
        wait = "() => location.pathname.endsWith('/data/rows')"
        importing.wait_for_function(wait, timeout=_TIMEOUT)
        times: list[float] = reading.evaluate("() => { self.stopAsking = true; return asking; }")
        return times
