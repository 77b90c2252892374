"""A private window keeps changes until it is closed."""

from __future__ import annotations

import json

from playwright.sync_api import Browser, Page, expect

from tests.support.asgi import fetch
from tests.support.browsing import BOOT_TIMEOUT, follow, link, stop_worker
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
