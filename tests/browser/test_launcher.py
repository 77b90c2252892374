"""The launcher, before any Python is loaded."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import BOOT_TIMEOUT, link, wait_for_datasette
from tests.support.databases import sqlite_file
from tests.support.hosts import DataHost


def open_form(page: Page, site: str, *addresses: str) -> None:
    page.goto(site)
    page.get_by_label("Open a URL").fill("\n".join(addresses))
    page.get_by_role("button", name="Open", exact=True).click()


def test_a_typed_url_opens(page: Page, site: str, files: DataHost) -> None:
    open_form(page, site, files.add("t.csv", b"a\nx\n"))
    wait_for_datasette(page)
    assert "/app/@" in page.url


def test_the_kind_is_recognised_from_the_content(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    database = files.add("download/1", sqlite_file(tmp_path, "create table things (a)"))
    table = files.add("download/2", b"a,b\n1,2\n")
    open_form(page, site, database, table)
    wait_for_datasette(page)
    expect(page.get_by_role("link", name="2", exact=True).first).to_be_visible()
    expect(page.get_by_role("link", name="things", exact=True).first).to_be_visible()


@pytest.mark.console_errors
def test_what_is_wrong_with_a_typed_url_is_said_beside_it(
    page: Page, site: str, files: DataHost
) -> None:
    open_form(page, site, f"{files.origin}/nothing-here")
    expect(page.get_by_role("alert")).to_contain_text("has no file at")
    field = page.get_by_label("Open a URL")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    # And it is gone as soon as the person mends it.
    field.fill(files.add("t.csv", b"a\nx\n"))
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_an_example_opens_on_its_page(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="Palmer penguins").click()
    wait_for_datasette(page)
    assert "/data/penguins?_facet=species" in page.url


def test_everything_the_site_ships_opens(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="Open everything this site ships").click()
    wait_for_datasette(page)
    assert page.url == f"{site}app/"


@pytest.mark.first_visit
def test_progress_is_named_and_measured(page: Page, site: str, files: DataHost) -> None:
    released = threading.Event()
    url = files.add("slow.csv", b"a\nx\n", released=released)
    page.goto(link(site, csv=url))
    # One bar for all of it; the stages are folded away.
    bar = page.get_by_role("progressbar", name="Progress")
    expect(bar).to_be_visible()
    # Otherwise browsers draw its empty part in white, in the dark as well.
    expect(bar).to_have_css("appearance", "none")
    page.get_by_text("Details", exact=True).click()
    stages = page.get_by_role("list", name="Stages").get_by_role("listitem")
    expect(stages).to_have_count(6)
    # While the other host keeps its answer back, that stage is the one in progress.
    fetching = stages.filter(has_text="Fetching the data")
    expect(fetching).to_contain_text("in progress", timeout=BOOT_TIMEOUT)
    expect(fetching).to_contain_text("slow.csv")
    expect(stages.filter(has_text="Downloading")).to_contain_text(re.compile(r"\d MB"))
    expect(page.get_by_text(re.compile(r"\d s so far"))).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Fetching the data")
    assert accessibility_problems(page) == []
    released.set()
    wait_for_datasette(page)


def test_the_keyboard_is_enough(page: Page, site: str, files: DataHost) -> None:
    url = files.add("t.csv", b"a\nx\n")
    page.goto(site)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "addresses":
            break
    page.keyboard.type(url)
    page.keyboard.press("Enter")
    wait_for_datasette(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_launcher_is_accessible_and_fits(
    browser: Browser, site: str, scheme: str, width: int
) -> None:
    context: BrowserContext = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 740},
    )
    page = context.new_page()
    page.goto(site)
    expect(page.get_by_role("link", name="Palmer penguins")).to_be_visible()
    # Also while nothing is saved.
    expect(page.get_by_role("banner").get_by_role("link", name="Saved data")).to_be_visible()
    assert accessibility_problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.mark.console_errors
def test_a_failure_is_accessible(page: Page, site: str, files: DataHost) -> None:
    page.goto(link(site, csv=f"{files.origin}/nothing.csv"))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert accessibility_problems(page) == []


@pytest.mark.console_errors
def test_an_address_that_is_not_there(page: Page, site: str) -> None:
    response = page.goto(f"{site}no/such/page")
    assert response is not None and response.status == 404
    expect(page.get_by_role("heading", name="There is no page at this address")).to_be_visible()
    page.get_by_role("link", name="go to the start page").click()


def test_a_browser_without_service_workers_is_told(browser: Browser, site: str) -> None:
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.add_init_script("delete Navigator.prototype.serviceWorker")
    page.goto(f"{site}?memory=1")
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("service worker")
    context.close()
