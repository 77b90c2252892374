"""Ways to the site that are no ordinary tab: a private window, frames, the installed app."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from tests.support.asgi import fetch
from tests.support.browsing import BOOT_TIMEOUT, follow, link, stop_worker
from tests.support.embedding import reader
from tests.support.hosts import DataHost

ROWS = "table.rows-and-columns tbody tr"


def insert(page: Page, address: str) -> None:
    """Insert a row into the table at an address."""
    headers = {"content-type": "application/json"}
    body = json.dumps({"rows": [{"a": "mine"}]})
    answer = fetch(page, f"{address}/-/insert", method="POST", body=body, headers=headers)
    assert answer.status == 201, answer.text


def test_a_private_window_keeps_changes_until_it_is_closed(
    browser: Browser, site: str, files: DataHost
) -> None:
    """Contexts that are not persistent are what Chromium makes private windows of."""
    address = link(site, "data/t", csv=files.add("t.csv", b"a\nx\n"))
    for _ in range(2):
        private = browser.new_context()
        private.set_default_timeout(BOOT_TIMEOUT)
        page = private.new_page()
        follow(page, address)
        expect(page.locator(ROWS)).to_have_count(1)
        insert(page, page.url)
        stop_worker(page)
        page.reload()
        expect(page.locator(ROWS)).to_have_count(2)
        page.goto(f"{site}saved.html")
        expect(page.get_by_role("heading", name="t.csv")).to_be_visible()
        private.close()


@pytest.fixture(scope="module")
def _reader(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with reader(browser, tmp_path_factory.mktemp("profile")) as context:
        yield context


def frame_in(page: Page, files: DataHost, origin: str, address: str) -> FrameLocator:
    """Show an address in a frame of a page at an origin."""
    html = f'<!doctype html><link rel="icon" href="data:,"><iframe src="{address}"></iframe>'
    files.add("around.html", html.encode(), headers={"Content-Type": "text/html"})
    page.goto(f"{origin}/around.html")
    return page.frame_locator("iframe")


@pytest.mark.parametrize("way", ["launcher", "deep link"])
@pytest.mark.parametrize("around", ["same site", "other site"])
def test_a_frame_may_be_the_first_visit(
    _reader: BrowserContext, site: str, files: DataHost, way: str, around: str
) -> None:
    table = files.add(f"{way} {around}.csv".replace(" ", "-"), b"a\nx\ny\n")
    name = table.rpartition("/")[2].removesuffix(".csv")
    address = link(site, f"data/{name}", csv=table)
    if way == "deep link":
        # Somebody copied it elsewhere; this browser has never been there.
        page = _reader.new_page()
        follow(page, address)
        address = page.url
        page.evaluate(
            """async () => {
                for (const one of await navigator.serviceWorker.getRegistrations()) {
                    await one.unregister();
                }
            }"""
        )
        page.close()
    # To browsers, localhost and 127.0.0.1 are different sites.
    origin = files.origin
    if around == "other site":
        origin = origin.replace("localhost", "127.0.0.1")
    page = _reader.new_page()
    frame = frame_in(page, files, origin, address)
    expect(frame.locator(ROWS)).to_have_count(2, timeout=BOOT_TIMEOUT)
    frame.get_by_role("link", name="a", exact=True).first.click()
    expect(frame.get_by_text("sorted by a")).to_be_visible()
    page.close()
