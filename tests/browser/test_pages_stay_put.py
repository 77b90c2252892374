"""Nothing on the site's pages moves while people read them, and axe finds nothing wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import BOOT_TIMEOUT, follow, link, wait_for_datasette
from tests.support.hosts import DataHost
from tests.support.layout_shift import LIMIT, score, shifts, watch_shifts


@pytest.fixture(scope="module", params=[("light", 390), ("dark", 1280)], ids=["390", "1280"])
def reader(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser in which the site's own data has been opened."""
    scheme, width = request.param
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    context.set_default_timeout(BOOT_TIMEOUT)
    page = context.new_page()
    follow(page, f"{site}app/")
    page.close()
    watch_shifts(context)
    yield context
    context.close()


def check(page: Page) -> None:
    """Fail if something has moved, or if axe finds something."""
    moved = shifts(page)
    assert score(moved) <= LIMIT, moved
    assert accessibility_problems(page) == []


@pytest.mark.parametrize("visit", ["first", "again"])
def test_the_launcher(reader: BrowserContext, site: str, visit: str) -> None:
    page = reader.new_page()
    page.goto(site)
    expect(page.get_by_role("region", name="Continue")).to_be_visible()
    expect(page.get_by_role("link", name="Palmer penguins")).to_be_visible()
    check(page)
    page.close()


def test_the_boot_page(reader: BrowserContext, site: str, files: DataHost) -> None:
    released = threading.Event()
    url = files.add("slow.csv", b"a\nx\n", released=released)
    page = reader.new_page()
    page.goto(link(site, csv=url))
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Fetching the data", timeout=BOOT_TIMEOUT)
    check(page)
    released.set()
    wait_for_datasette(page)
    page.close()


def test_the_boot_page_when_the_first_rows_come(
    reader: BrowserContext, site: str, files: DataHost
) -> None:
    released = threading.Event()
    body = b"id,name,about\n" + b"".join(b"%d,bird,%s\n" % (n, b"long " * n) for n in range(40))
    url = files.add("rows.csv", body, at_once=3000, released=released)
    page = reader.new_page()
    page.goto(link(site, csv=url))
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(9, timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("status")).to_have_text("Fetching the data", timeout=BOOT_TIMEOUT)
    check(page)
    released.set()
    wait_for_datasette(page)
    page.close()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("saved.html", "Export all"),
        ("app/-/install", "Install: datasette-vega"),
        ("app/-/sources", "Open files…"),
    ],
)
def test_a_page_with_buttons(reader: BrowserContext, site: str, path: str, shown: str) -> None:
    page = reader.new_page()
    page.goto(f"{site}{path}")
    expect(page.get_by_role("button", name=shown).last).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    check(page)
    page.close()


def test_datasettes_home_page(reader: BrowserContext, site: str) -> None:
    page = reader.new_page()
    follow(page, f"{site}app/")
    page.wait_for_load_state("networkidle")
    check(page)
    page.close()


def test_a_table_page_is_accessible(reader: BrowserContext, site: str) -> None:
    page = reader.new_page()
    follow(page, f"{site}app/world/countries")
    page.wait_for_load_state("networkidle")
    assert accessibility_problems(page) == []
    page.close()
