"""Measures the built site in a browser against two baselines, in turns, on this machine.

    python -m bench [--quick] [--markdown] [--only PART ...]

The old way is the same Pyodide with the same wheels, installed by micropip in a page's worker;
native is a standard `datasette serve`. Numbers are medians. Nothing here passes or fails, since the
numbers depend on the machine and its load.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parent.parent
# As in the tests (pyproject.toml): scripts import each other by their plain names.
sys.path.append(str(PROJECT / "scripts"))

from bench import (  # noqa: E402
    apps,
    asgi,
    embeds,
    importing,
    large_databases,
    local_databases,
    memory,
    saving,
    slow_network,
    spreadsheets,
    transfers,
    visits,
    warm_pages,
)
from bench.browser import new_visitor  # noqa: E402
from bench.old_way import FOLDER, lay_out  # noqa: E402
from bench.report import Row, Table, machine  # noqa: E402
from tests.support.hosts import static_site  # noqa: E402
from tests.support.sites import build  # noqa: E402

VISITS = 5
ROUNDS = 20

HOW = """\
Written by `python -m bench --markdown`. Each number is a median of several measurements, taken in
turns on one machine with nothing else to do. Visits begin some seconds after a browser with a new
profile was started. A ratio below 1 means that the site needs less.

- **Old way**: the same Pyodide and the same wheels, installed by micropip in a page's worker, where
  Datasette renders a page without HTTP. It starts from scratch each time its page is opened, so
  everything is compared with its first visit.
- **Native**: `datasette serve` with its own settings, asked by the same script in the same browser.
- **Unsaved**: the site itself, with a link that asks it to save nothing, `?temporary=1`.

Everything comes from this machine, so none of the numbers includes network latency."""


def _visits(site: str, old_way: str, repetitions: int) -> Table:
    firsts, seconds, restarts, withouts, plains, olds, three = ([] for _ in range(7))
    slow, distant = [], []
    with tempfile.TemporaryDirectory(dir=PROJECT / "build") as folder:
        # The same site, but Python never starts from a snapshot of its memory.
        plain = build(Path(folder, "dist"), snapshots=False)
        for _ in range(repetitions):
            first, second, more, without_host = visits.visit_site(PROJECT / "dist")
            firsts.append(first)
            seconds.append(second)
            restarts += more
            withouts.append(without_host)
            plains += visits.visit_site(plain)[2]
            olds.append(visits.visit_old_way(old_way))
            three.append(visits.open_several(site, old_way, memory.OPEN))
            slow.append(slow_network.visits(site, old_way, slow_network.SLOW))
            distant.append(slow_network.visits(site, old_way, slow_network.DISTANT))
    old, _ = _medians(olds)
    rows = [
        Row("first visit ever", median(firsts), old),
        Row("first visit, 20 Mbit/s and CPU slowed down 4×", *_medians(slow)),
        Row("first visit, 100 ms for each request", *_medians(distant)),
        Row("first visit, three at once", *_medians(three)),
        Row("first time after the worker was stopped", median(seconds), old),
        Row("later times", median(restarts), old),
        Row("later times, without the host", median(withouts), old),
        Row("later times, without snapshots of memory", median(plains), old),
    ]
    return Table("From the click to the first table", "old way", "s", rows, digits=2)


def _embeds(site: str, repetitions: int) -> Table:
    launcher, first, others = zip(*(embeds.measure(site) for _ in range(repetitions)), strict=True)
    rows = [
        Row("first embed of a page, on a first visit", median(first), median(launcher)),
        Row("each of the others", median(one for some in others for one in some)),
        Row("the slowest of the others", max(one for some in others for one in some)),
    ]
    return Table("Embedded in a page of another site", "launcher", "s", rows, digits=2)


def _medians(pairs: list[tuple[float, float]]) -> list[float]:
    return [median(column) for column in zip(*pairs, strict=True)]


def _transfers(old_way: Path) -> Table:
    rows = [
        Row(what, *sizes) for what, sizes in transfers.measure(PROJECT / "dist", old_way).items()
    ]
    return Table("Transferred by a first visit", "old way", "MB", rows, digits=2)


def _pages(site: str, rounds: int) -> Table:
    results = warm_pages.measure(site, PROJECT / "data" / "world.db", rounds)
    rows = [Row(kind, *times) for kind, times in results.items()]
    return Table("A page of a running Datasette", "native", "ms", rows)


def _asgi(rounds: int) -> Table:
    rows = [Row(kind, *times) for kind, times in asgi.measure(rounds).items()]
    return Table("A plain ASGI application", "uvicorn", "ms", rows)


def _apps(repetitions: int) -> Table:
    with tempfile.TemporaryDirectory(dir=PROJECT / "build") as work:
        site = apps.build(Path(work, "site"))
        visits = [apps.first_visits(site) for _ in range(repetitions)]
    rows = [Row("an app made with FastAPI", *_medians(visits))]
    return Table("From the click to the first page, on a first visit", "Datasette", "s", rows, 2)


def _memory(site: str, old_way: str) -> Table:
    rows = [Row(what, *sizes) for what, sizes in memory.measure(site, old_way).items()]
    return Table("Memory with this table open", "old way", "MB", rows, digits=0)


def _saving(site: str, rounds: int) -> Iterator[Table]:
    costs = saving.measure(site, rounds)
    inserts = [Row(f"into {size} MB", *of.insert_ms) for size, of in costs.items()]
    yield Table("A row inserted, answered once it is on disk", "unsaved", "ms", inserts)
    stored = [Row(f"into {size} MB", of.stored_kb, of.file_kb) for size, of in costs.items()]
    yield Table("Stored for a row that was inserted", "whole file", "kB", stored, digits=0)
    restarts = [Row(f"restart with {size} MB", *of.restart_s) for size, of in costs.items()]
    what = "first save of {} MB, after its first page"
    first = [Row(what.format(size), of.first_save_s) for size, of in costs.items()]
    yield Table("Saving and getting back", "unsaved", "s", restarts + first, digits=2)


def _importing(site: str, repetitions: int) -> Iterator[Table]:
    times = importing.measure_speed(site, repetitions)
    seconds, native = (median(column) for column in zip(*times, strict=True))
    what = f"{importing.ROWS:,} rows of {importing.COLUMNS} columns"
    yield Table("A CSV file imported", "sqlite-utils", "s", [Row(what, seconds, native)], digits=2)
    answers = importing.measure_answers(site)
    rows = [
        Row("half of the answers within", median(answers)),
        Row("all of them within", max(answers)),
    ]
    yield Table("Pages answered while it is imported", "none", "ms", rows, digits=0)
    large = importing.measure_large(site)
    peaks = [
        Row(f"{kind} of {of.file_mb:,.0f} MB", of.peak_mb, of.file_mb) for kind, of in large.items()
    ]
    yield Table("Highest memory of a process with a large file", "the file", "MB", peaks, digits=0)
    rows = [Row(f"{kind} of {of.file_mb:,.0f} MB", of.seconds) for kind, of in large.items()]
    yield Table("From the click to the first page of a large file", "none", "s", rows)


def _spreadsheets(site: str, repetitions: int) -> Iterator[Table]:
    here, native = zip(*spreadsheets.measure(site, repetitions), strict=True)
    what = f"{spreadsheets.ROWS:,} rows of {spreadsheets.COLUMNS} columns"
    times = Row(what, *(median(cost.seconds for cost in one) for one in (here, native)))
    yield Table("An Excel workbook imported", "openpyxl", "s", [times], digits=2)
    peaks = Row(what, *(median(cost.peak_mb for cost in one) for one in (here, native)))
    yield Table("Highest memory of a process with it", "openpyxl", "MB", [peaks], digits=0)


def _local(site: str, repetitions: int) -> Iterator[Table]:
    drops = [local_databases.measure_drop(site, size) for size in local_databases.DROPPED_MB]
    named = {f"{of.file_mb:,.0f} MB, dropped": of for of in drops}
    rows = [Row(what, of.seconds) for what, of in named.items()]
    yield Table("From the click to the table of a file of one's own", "none", "s", rows)
    peaks = [Row(what, of.peak_mb, of.file_mb) for what, of in named.items()]
    yield Table("Highest memory of a process with it", "the file", "MB", peaks, digits=0)
    restarts = local_databases.measure_restarts(site, repetitions)
    rows = [Row(f"{size} MB saved", seconds) for size, seconds in restarts.items()]
    rows += [Row(what, of.restart_s) for what, of in named.items()]
    yield Table("From a stopped worker to a table", "none", "s", rows, digits=2)


def _large(site: str) -> Iterator[Table]:
    costs = large_databases.measure(site)
    whole = large_databases.SIZE / 1e6
    rows = [Row(what, of.megabytes, whole) for what, of in costs.items()]
    yield Table("Read of 10 GB on another host, start included", "the file", "MB", rows, digits=2)
    rows = [Row(what, of.requests) for what, of in costs.items()]
    yield Table("Requests for that", "none", "", rows, digits=0)
    rows = [Row(what, of.seconds) for what, of in costs.items()]
    yield Table("From the click to that page, on a first visit", "none", "s", rows)


PARTS = (
    "visits",
    "embeds",
    "transfers",
    "pages",
    "asgi",
    "memory",
    "saving",
    "importing",
    "spreadsheets",
    "large",
    "local",
)


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the built site.")
    parser.add_argument("--quick", action="store_true", help="measure once instead of often")
    parser.add_argument("--markdown", action="store_true", help="write Markdown")
    parser.add_argument(
        "--only", action="append", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}"
    )
    args = parser.parse_args()
    parts = args.only or PARTS
    dist = PROJECT / "dist"
    if not (dist / "sw.js").is_file():
        print("error: there is no site to measure. Run `make site` first.", file=sys.stderr)
        return 1
    with new_visitor() as visitor:
        about = machine(visitor.version)
    show = Table.as_markdown if args.markdown else Table.as_text
    print(f"# Benchmarks\n\n{HOW}\n\n{about}\n" if args.markdown else f"{about}\n")
    with static_site(dist) as site, static_site(lay_out()) as old_way:
        if "visits" in parts:
            print(show(_visits(site, old_way, 1 if args.quick else VISITS)), flush=True)
        if "embeds" in parts:
            print(show(_embeds(site, 1 if args.quick else VISITS)), flush=True)
        if "transfers" in parts:
            print(show(_transfers(FOLDER)), flush=True)
        if "pages" in parts:
            print(show(_pages(site, 1 if args.quick else ROUNDS)), flush=True)
        if "asgi" in parts:
            print(show(_asgi(1 if args.quick else ROUNDS)), flush=True)
            print(show(_apps(1 if args.quick else VISITS)), flush=True)
        if "memory" in parts:
            print(show(_memory(site, old_way)), flush=True)
        if "importing" in parts:
            for table in _importing(site, 1 if args.quick else VISITS):
                print(show(table), flush=True)
        if "spreadsheets" in parts:
            for table in _spreadsheets(site, 1 if args.quick else VISITS):
                print(show(table), flush=True)
        if "large" in parts:
            for table in _large(site):
                print(show(table), flush=True)
        if "local" in parts:
            for table in _local(site, 1 if args.quick else VISITS):
                print(show(table), flush=True)
        if "saving" in parts:
            for table in _saving(site, 3 if args.quick else ROUNDS):
                print(show(table), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
