"""Visits the built site in Firefox and WebKitGTK, twice each, and says how long that took.

    python -m tests.other_browsers [firefox] [webkit]

The first visit follows a link to a table. Before the second, the worker has ended and, where the
browser allows it, the host is gone: all has to come from what the browser has kept. Each time a
page of Datasette has to show the table's rows, and an SQL query its result. Neither browser is one
that Playwright drives as it is installed, so this is no part of `make test`; the exit status says
whether all of it worked.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tests.other_browsers import firefox, webkit
from tests.other_browsers.driving import Missing, Tab
from tests.support.browsing import link
from tests.support.hosts import static_site
from tests.support.kept import ENTRIES, has_parts, has_site
from tests.support.raw_chromium import wait_until

PROJECT = Path(__file__).resolve().parent.parent.parent
BROWSERS = {"firefox": firefox, "webkit": webkit}
PATIENCE = 120  # seconds

TABLE = "world/airports"
ROWS = "document.querySelectorAll('table.rows-and-columns tbody tr').length > 9"
QUERY = "world/-/query.json?sql=select+6*7+as+answer&_shape=array"


def is_kept(tab: Tab) -> bool:
    """Tell whether the site is kept whole; its large parts come once nothing else is asked for."""
    # Asked for now, and read when it is asked for again.
    tab.evaluate(f"void ({ENTRIES})().then((found) => (window.kept = JSON.stringify(found)))")
    found = json.loads(tab.evaluate("window.kept ?? '[]'"))
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
    tab.evaluate(
        f"void (window.answer = '', fetch({place} + '{QUERY}').then((r) => r.text())"
        ".then((text) => (window.answer = text)))"
    )
    answer = wait_until(lambda: tab.evaluate("window.answer"), PATIENCE, "the answer of a query")
    assert answer == '[{"answer": 42}]', answer
    return seconds


def try_browser(name: str) -> str:
    """Return a sentence about a browser.

    Raises:
        Missing, AssertionError: it is not there, or something did not work in it.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        contextlib.ExitStack() as hosting,
    ):
        browser = BROWSERS[name]
        site = hosting.enter_context(static_site(PROJECT / "dist"))
        address = link(site, TABLE, url="data/world.db")
        seconds = []
        version = ""
        for tab in browser.visits(Path(profile)):
            version = tab.version
            seconds.append(visit(tab, address))
            address = str(tab.evaluate("location.href"))
            if not browser.NEEDS_HOST:
                wait_until(partial(is_kept, tab), PATIENCE, "keeping the site")
                hosting.close()
        first, again = seconds
        host = "with its" if browser.NEEDS_HOST else "no"
        return f"{version}: first visit {first:.1f} s; worker ended, {host} host: {again:.1f} s"


def main(names: Iterable[str]) -> int:
    """Try browsers; return the exit status."""
    failed = 0
    for name in names or BROWSERS:
        try:
            print(try_browser(name), flush=True)
        except (Missing, AssertionError) as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            failed += 1
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
