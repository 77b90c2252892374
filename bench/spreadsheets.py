"""Measures the time and memory that a large spreadsheet takes to import, compared with openpyxl.

openpyxl reads the workbook natively, row by row (`read_only`), and inserts its rows into a SQLite
table. As in importing.py, only the import itself counts for time; memory is the highest of a
process from start to end.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook

from bench.browser import new_visitor
from bench.importing import watching_stages
from bench.memory import megabytes
from tests.support.browsing import link, wait_for_datasette
from tests.support.hosts import data_host

ROWS = 100_000
COLUMNS = 20

_TIMEOUT = 600_000  # ms

_NATIVE = """
import resource, sqlite3, sys, time
import openpyxl
started = time.perf_counter()
rows = openpyxl.load_workbook(sys.argv[1], read_only=True, data_only=True).active.values
names = next(rows)
connection = sqlite3.connect(sys.argv[2])
connection.execute("create table rows (" + ", ".join(names) + ")")
connection.executemany("insert into rows values (" + ", ".join("?" * len(names)) + ")", rows)
connection.commit()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(time.perf_counter() - started, peak * 1024 / 1e6)
"""


@dataclass(frozen=True)
class Cost:
    """What an import takes."""

    seconds: float
    peak_mb: float


def write_workbook(path: Path) -> None:
    """Write a workbook with numbers, text, dates as text and gaps."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("rows")
    sheet.append([f"column_{number}" for number in range(1, COLUMNS + 1)])
    for number in range(ROWS):
        values: list[object] = [number, number / 7, f"name {number % 9000}", None, number % 97]
        sheet.append([*values, "2026-01-31", number * 3, f"kind {number % 12}", -number, "DE"] * 2)
    book.save(path)


def _natively(path: Path) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _NATIVE, str(path), f"{folder}/t.db"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = map(float, done.stdout.split())
    return Cost(seconds, peak)


def _on_site(site: str, url: str) -> Cost:
    with new_visitor() as visitor:
        visitor.context.set_default_timeout(_TIMEOUT)
        page = visitor.context.new_page()
        with watching_stages(page) as stages:
            page.goto(link(site, "data", excel=url))
            wait_for_datasette(page)
        peak = max(megabytes(visitor, "status", "VmHWM"))
        return Cost((stages["open"] - stages["import"]) / 1000, peak)


def measure(site: str, repetitions: int) -> list[tuple[Cost, Cost]]:
    """Return the costs here and natively, once for each repetition."""
    with tempfile.TemporaryDirectory() as folder, data_host() as files:
        path = Path(folder, "rows.xlsx")
        write_workbook(path)
        url = files.add("rows.xlsx", path.read_bytes())
        return [(_on_site(site, url), _natively(path)) for _ in range(repetitions)]
