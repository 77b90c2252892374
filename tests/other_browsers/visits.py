"""Visits a table twice. Before the second visit, the worker has ended and, where the browser allows
it, the host is gone: everything has to come from what the browser has kept.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from functools import partial
from pathlib import Path
from types import ModuleType

from tests.other_browsers.driving import PATIENCE, Tab, awaited
from tests.support.browsing import link
from tests.support.hosts import static_site
from tests.support.kept import ENTRIES, has_parts, has_site
from tests.support.raw_chromium import wait_until

PROJECT = Path(__file__).resolve().parent.parent.parent
DIST = PROJECT / "dist"

TABLE = "world/airports"
ROWS = "document.querySelectorAll('table.rows-and-columns tbody tr').length > 9"
QUERY = "world/-/query.json?sql=select+6*7+as+answer&_shape=array"


def is_kept(tab: Tab) -> bool:
    """Tell whether the whole site is kept for offline use; its large parts are fetched last."""
    found = awaited(tab.evaluate, f"({ENTRIES})()")
    return has_parts(found) and has_site(found)


def visit(tab: Tab, address: str) -> float:
    """Open a table; return the seconds until its rows were there.

    Raises:
        AssertionError: they did not come, or a query was answered wrongly.
    """
    began = time.monotonic()
    tab.goto(address)
    wait_until(lambda: tab.evaluate(ROWS), PATIENCE, "the table")
    seconds = time.monotonic() - began
    # An expression, not a function: the page that it runs in has the instance's address.
    place = "location.href.slice(0, location.href.indexOf('world/airports'))"
    answer = awaited(
        tab.evaluate, f"fetch({place} + '{QUERY}').then((response) => response.json())"
    )
    assert answer == [{"answer": 42}], answer
    return seconds


def try_visits(browser: ModuleType) -> str:
    """Return a sentence on how long both visits took.

    Raises:
        Missing, AssertionError: the browser is not there, or something did not work in it.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        contextlib.ExitStack() as hosting,
    ):
        site = hosting.enter_context(static_site(DIST))
        address = link(site, TABLE, url="data/world.db")
        seconds = []
        name = ""
        for version, tab in browser.visits(Path(profile)):
            name = version
            seconds.append(visit(tab, address))
            address = str(tab.evaluate("location.href"))
            if not browser.NEEDS_HOST:
                wait_until(partial(is_kept, tab), PATIENCE, "keeping the site")
                hosting.close()
        first, again = seconds
        host = "with its" if browser.NEEDS_HOST else "no"
        return f"{name}: first visit {first:.1f} s; worker ended, {host} host: {again:.1f} s"
