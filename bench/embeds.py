"""Measures how long readers wait for embedded tables, compared with the launcher.

Without a watcher of the browser's workers, as in visits.py. Each table is a workspace of its own.
"""

from __future__ import annotations

import time

from bench.browser import settled_browser
from bench.visits import PATIENCE, POLL, seconds_until_rows
from tests.support.browsing import link
from tests.support.hosts import DataHost, data_host
from tests.support.raw_chromium import RawTab

EMBEDS = 5

_ROWS = "id,name,value\n" + "".join(f"{row},name {row},{row * 7 % 100}\n" for row in range(200))

#: Starts an embed, and notes when its first page is shown.
_START = """(() => {{
    const embed = document.querySelectorAll("datasette-lite")[{number}];
    embed.addEventListener("ready", () => (embed.dataset.there = ""));
    embed.start();
}})()"""

_THERE = 'document.querySelectorAll("datasette-lite")[{number}].dataset.there === ""'


def _add_page(site: str, files: DataHost) -> str:
    """Put the page and its data on the other site; return its address."""
    embeds = ""
    for number in range(EMBEDS):
        files.add(f"{number}/t.csv", f"{_ROWS}999,{number},0\n".encode())
        embeds += f'<datasette-lite csv="{number}/t.csv" path="/data/t"></datasette-lite>'
    script = f'<script src="{site}embed.js"></script>'
    body = f"<!doctype html><link rel=icon href='data:,'>{embeds}{script}"
    files.add("page.html", body.encode(), headers={"Content-Type": "text/html"})
    # To browsers, localhost and 127.0.0.1 are different sites.
    return f"{files.origin.replace('localhost', '127.0.0.1')}/page.html"


def _seconds_until_ready(tab: RawTab, number: int) -> float:
    started = time.perf_counter()
    tab.evaluate(_START.format(number=number))
    while not tab.evaluate(_THERE.format(number=number)):
        if time.perf_counter() - started > PATIENCE:
            raise TimeoutError(f"the embed was not there within {PATIENCE} seconds")
        time.sleep(POLL)  # between two looks
    return time.perf_counter() - started


def measure(site: str) -> tuple[float, float, list[float]]:
    """Return the seconds of a first visit by the launcher, until a page's first embed is ready on a
    first visit, and until each of the others is, one after another.
    """
    with data_host() as files:
        page = _add_page(site, files)
        with settled_browser() as browser:
            by_launcher = seconds_until_rows(
                browser.new_tab(), link(site, "data/t", csv=f"{files.origin}/0/t.csv")
            )
        with settled_browser() as browser:
            tab = browser.new_tab()
            tab.goto(page)
            first, *others = (_seconds_until_ready(tab, number) for number in range(EMBEDS))
        return by_launcher, first, others
