"""How long people wait for a table: on their first visit, and when the worker was stopped."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import CDPSession, Page

from bench.browser import new_visitor
from tests.support.browsing import link
from tests.support.hosts import static_site

TABLE = "world/airports"
ROWS = "table.rows-and-columns tbody tr"


def _seconds_until_rows(page: Page, address: str) -> float:
    started = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(ROWS)
    return time.perf_counter() - started


def stop_worker(page: Page) -> None:
    """Stop the worker as browsers do when it is idle, and wait until it has stopped."""
    running: set[str] = set()

    def on_update(event: dict[str, list[dict[str, str]]]) -> None:
        for version in event["versions"]:
            change = running.add if version["runningStatus"] != "stopped" else running.discard
            change(version["versionId"])

    # Off the site first, so that nothing wakes it up again.
    page.goto("about:blank")
    session: CDPSession = page.context.new_cdp_session(page)
    session.on("ServiceWorker.workerVersionUpdated", on_update)
    session.send("ServiceWorker.enable")
    while not running:
        page.wait_for_timeout(20)
    session.send("ServiceWorker.stopAllWorkers")
    while running:
        page.wait_for_timeout(20)
    session.detach()


def visit_site(folder: Path) -> tuple[float, float, float]:
    """Return the seconds of a first visit to the site in `folder`, of coming back when the worker
    was stopped, and of coming back so without the host.
    """
    with new_visitor() as visitor, contextlib.ExitStack() as hosting:
        site = hosting.enter_context(static_site(folder))
        page = visitor.context.new_page()
        first = _seconds_until_rows(page, link(site, TABLE, url="data/world.db"))
        table = page.url
        stop_worker(page)
        again = _seconds_until_rows(page, table)
        stop_worker(page)
        hosting.close()
        return first, again, _seconds_until_rows(page, table)


def _old_address(old_way: str, number: int = 0) -> str:
    return f"{old_way}?{urlencode({'url': 'world.db', 'path': f'/{TABLE}', 'n': number})}"


def visit_old_way(old_way: str) -> tuple[float, float]:
    """Return the seconds of a first visit, and of coming back, when it starts afresh."""
    with new_visitor() as visitor:
        page = visitor.context.new_page()
        first = _seconds_until_rows(page, _old_address(old_way))
        page.goto("about:blank")
        return first, _seconds_until_rows(page, _old_address(old_way))


def open_several(site: str, old_way: str, count: int) -> tuple[float, float]:
    """Return the seconds until several tables, opened at once, each with a Python of its own, are
    all there: on the site, and the old way.
    """

    def until_all(addresses: list[str]) -> float:
        with new_visitor() as visitor:
            pages = [visitor.context.new_page() for _ in addresses]
            started = time.perf_counter()
            for page, address in zip(pages, addresses, strict=True):
                page.goto(address, wait_until="commit")
            for page in pages:
                page.wait_for_selector(ROWS)
            return time.perf_counter() - started

    several = range(count)
    on_site = [link(site, TABLE, url=f"data/world.db?n={number}") for number in several]
    return until_all(on_site), until_all([_old_address(old_way, number) for number in several])
