"""Measures memory and waiting with many workspaces, each with a service worker of its own.

    python -m bench.many_workspaces [firefox|webkit] [--links 40] [--stalled 25] [--restarts 5]

Without a name in Chromium. The browser's workers are not watched, so that they end as they do for
people. Memory is the share (PSS) of the processes that run pages and workers, from /proc, so on
Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.append(str(PROJECT / "scripts"))

from bench.browser import settled_browser  # noqa: E402
from bench.visits import PATIENCE, seconds_until_rows  # noqa: E402
from tests.other_browsers import firefox, webkit  # noqa: E402
from tests.other_browsers.driving import Browser, with_new_profile  # noqa: E402
from tests.support.browsing import link  # noqa: E402
from tests.support.hosts import DataHost, data_host, static_site  # noqa: E402
from tests.support.raw_chromium import RawBrowser, RawTab, wait_until  # noqa: E402

OTHERS = {"firefox": firefox, "webkit": webkit}

#: Seconds after which unused workers are gone.
IDLE = 40


def megabytes(browser: Browser | RawBrowser) -> float:
    """Return the memory of the browser's pages and workers."""
    total = 0.0
    for process in browser.renderers():
        with contextlib.suppress(OSError):  # a process that has just ended
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
            found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
            total += int(found[1]) / 1000 if found else 0.0
    return total


def csv_link(site: str, files: DataHost, number: int, **options: object) -> str:
    """Return a link to a table of 50 rows in a workspace of its own."""
    body = "a,b\n" + "".join(f"{row},{number}\n" for row in range(50))
    address = files.add(f"{number}/t.csv", body.encode(), **options)
    return link(site, "data/t", csv=address)


def open_links(browser: Browser | RawBrowser, site: str, files: DataHost, count: int) -> None:
    """Open links one after another, each in a tab that is closed again, and one that stays."""
    stays = browser.new_tab()
    seconds_until_rows(stays, csv_link(site, files, 0))
    time.sleep(IDLE)
    one = megabytes(browser)
    print(f"one workspace: {one:.0f} MB", flush=True)
    for number in range(1, count + 1):
        tab = browser.new_tab()
        seconds = seconds_until_rows(tab, csv_link(site, files, number))
        print(f"link {number}: {seconds:.2f} s, {megabytes(browser):.0f} MB", flush=True)
        tab.close()
    time.sleep(IDLE)
    many = megabytes(browser)
    print(f"{IDLE} s after {count} links: {many:.0f} MB, {many / one:.2f} times one", flush=True)


def stalled_links(browser: Browser | RawBrowser, site: str, files: DataHost, count: int) -> None:
    """Open links whose data never comes, each in a tab that is closed again."""
    stays = browser.new_tab()
    seconds_until_rows(stays, csv_link(site, files, 0))
    time.sleep(IDLE)
    one = megabytes(browser)
    never = threading.Event()
    for number in range(1, count + 1):
        tab = browser.new_tab()
        tab.goto(csv_link(site, files, 1000 + number, released=never))
        waits = "document.querySelector('#boot')?.dataset.stage === 'fetch'"
        wait_until(partial(tab.evaluate, waits), PATIENCE, "the wait for data")
        tab.close()
    print(f"{count} stalled links, at their end: {megabytes(browser):.0f} MB", flush=True)
    time.sleep(IDLE)
    many = megabytes(browser)
    never.set()
    print(f"{IDLE} s after {count} stalled links: {many:.0f} MB, {many / one:.2f} times one")


def beside_a_busy_one(browser: Browser | RawBrowser, site: str, files: DataHost) -> None:
    """Load a page of a workspace while another one computes in one step of SQLite."""
    busy, other = browser.new_tab(), browser.new_tab()
    seconds_until_rows(other, csv_link(site, files, 1))
    seconds_until_rows(busy, csv_link(site, files, 2))
    address = other.evaluate("location.href")
    time.sleep(5)  # until the files for the next start are written
    busy.evaluate(
        "void fetch('../data/-/query.json?sql=select+length(hex(randomblob(400000000)))')"
    )
    time.sleep(1)
    print(f"beside a busy workspace: {seconds_until_rows(other, f'{address}?_size=20'):.2f} s")


def _leave(tab: RawTab) -> None:
    tab.goto("about:blank")
    tab.wait_for("location.href === 'about:blank'")


#: In a page: restart its workspace in the same worker.
RESTART = """new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => "working" in data || resolve(JSON.stringify(data));
  const key = location.pathname.match(/@([^/]*)/)[1];
  navigator.serviceWorker.controller.postMessage(
    { v: VERSION, type: "consent", key, allow: null }, [port2]);
})"""


def restarts(browser: RawBrowser, site: str, files: DataHost, count: int) -> None:
    """Restart a workspace in its worker, as after a plugin was installed."""
    from tests.support.asking import VERSION

    tab = browser.new_tab()
    seconds_until_rows(tab, csv_link(site, files, 0))
    address = tab.evaluate("location.href")
    for number in range(count + 1):
        time.sleep(8)
        collect(browser, tab)
        print(f"after {number} restarts: {megabytes(browser):.0f} MB", flush=True)
        tab.evaluate(RESTART.replace("VERSION", str(VERSION)))
        _leave(tab)
        seconds_until_rows(tab, address)


def collect(browser: RawBrowser, tab: RawTab) -> None:
    """Collect garbage in the page and its worker."""
    tab.send("HeapProfiler.collectGarbage")
    worker = browser.attach_to_worker(tab.scope)
    browser.send("HeapProfiler.collectGarbage", worker)
    browser.send("Target.detachFromTarget", sessionId=worker)


@contextlib.contextmanager
def fresh_browser(name: str | None) -> Iterator[Browser | RawBrowser]:
    """Run a browser with a new profile: Chromium, or one of OTHERS."""
    if name is None:
        with settled_browser() as chromium:
            yield chromium
        return
    with with_new_profile(OTHERS[name]) as browser:
        print(browser.version)
        yield browser


def main() -> None:
    """Run the trials, each in a browser of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("browser", nargs="?", choices=OTHERS)
    for name, count in (("links", 40), ("stalled", 25), ("restarts", 5)):
        parser.add_argument(f"--{name}", type=int, default=count)
    counts = parser.parse_args()
    with static_site(PROJECT / "dist") as site, data_host() as files:
        if counts.links:
            with fresh_browser(counts.browser) as browser:
                open_links(browser, site, files, counts.links)
            with fresh_browser(counts.browser) as browser:
                beside_a_busy_one(browser, site, files)
        if counts.stalled:
            with fresh_browser(counts.browser) as browser:
                stalled_links(browser, site, files, counts.stalled)
        if counts.restarts and counts.browser is None:
            with settled_browser() as browser:
                restarts(browser, site, files, counts.restarts)


if __name__ == "__main__":
    main()
