"""Measures how long people wait for a table: on their first visit, and after the worker was
stopped.

The browser's workers are not watched (tests/support/raw_chromium.py), because attaching a debugger
to a worker takes a tenth of the measured time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from bench.browser import settled_browser
from tests.other_browsers.driving import Tab
from tests.support.browsing import link
from tests.support.hosts import static_site
from tests.support.raw_chromium import RawTab, wait_until

TABLE = "world/airports"
ROWS = "table.rows-and-columns tbody tr"

#: True once a table is drawn.
THERE = f"document.querySelector({ROWS!r})?.checkVisibility() === true"

PATIENCE = 180  # seconds
POLL = 0.01  # seconds

#: Restarts that are measured, the first without the browser's compiled code.
RESTARTS = 5

#: Seconds after a page in which the files for the next start are written.
REST = 4.0


def _until_rows(tab: RawTab | Tab) -> None:
    deadline = time.perf_counter() + PATIENCE
    while not tab.evaluate(THERE):
        if time.perf_counter() > deadline:
            raise TimeoutError(f"there was no table within {PATIENCE} seconds")
        time.sleep(POLL)  # between two looks


def seconds_until_rows(tab: RawTab | Tab, address: str) -> float:
    """Return the seconds from the click until the table is drawn."""
    started = time.perf_counter()
    tab.goto(address)
    _until_rows(tab)
    return time.perf_counter() - started


def _stop_worker(tab: RawTab) -> None:
    """Stop the worker as browsers do when it is idle, and wait until it has stopped."""
    # Off the site first, so that nothing wakes it up again.
    tab.goto("about:blank")
    wait_until(lambda: _is_stopped(tab), 30, "the end of the worker")


def _is_stopped(tab: RawTab) -> bool:
    tab.stop_workers()  # again, in case something has woken it up
    tab.evaluate("0")  # so that events are received
    return set(tab.workers.values()) == {"stopped"}


def _restarts(tab: RawTab, address: str, count: int) -> Iterator[float]:
    for _ in range(count):
        time.sleep(REST)  # the time that a person looks at a page
        _stop_worker(tab)
        yield seconds_until_rows(tab, address)


def visit_site(folder: Path) -> tuple[float, float, list[float], float]:
    """Return the seconds of a first visit to the site in `folder`, of the next, of some more, and
    of one without the host; the worker is stopped before each except the first.
    """
    with settled_browser() as browser, contextlib.ExitStack() as hosting:
        tab = browser.new_tab()
        site = hosting.enter_context(static_site(folder))
        first = seconds_until_rows(tab, link(site, TABLE, url="data/world.db"))
        table: str = tab.evaluate("location.href")
        second, *more = _restarts(tab, table, RESTARTS)
        hosting.close()
        [offline] = _restarts(tab, table, 1)
        return first, second, more, offline


def old_address(old_way: str, number: int = 0) -> str:
    """Return the address of the table the old way; each number is another database."""
    return f"{old_way}?{urlencode({'url': 'world.db', 'path': f'/{TABLE}', 'n': number})}"


def visit_old_way(old_way: str) -> tuple[float, float]:
    """Return the seconds of a first visit, and of a second one, which starts from scratch."""
    with settled_browser() as browser:
        tab = browser.new_tab()
        first = seconds_until_rows(tab, old_address(old_way))
        tab.goto("about:blank")
        return first, seconds_until_rows(tab, old_address(old_way))


def open_several(site: str, old_way: str, count: int) -> tuple[float, float]:
    """Return the seconds until several tables, opened at once, each with a Python of its own, are
    all drawn: on the site, and the old way.
    """

    def until_all(addresses: list[str]) -> float:
        with settled_browser() as browser:
            tabs = [browser.new_tab() for _ in addresses]
            started = time.perf_counter()
            for tab, address in zip(tabs, addresses, strict=True):
                tab.goto(address)
            for tab in tabs:
                _until_rows(tab)
            return time.perf_counter() - started

    several = range(count)
    on_site = [link(site, TABLE, url=f"data/world.db?n={number}") for number in several]
    return until_all(on_site), until_all([old_address(old_way, number) for number in several])
