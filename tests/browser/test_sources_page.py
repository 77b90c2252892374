"""The page “Manage data”: what is open, from where, and what can be done with it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import (
    click_through,
    follow,
    link,
    open_within,
    stop_worker,
    wait_for_datasette,
)
from tests.support.databases import sqlite_file
from tests.support.hosts import DataHost


def block(page: Page, name: str) -> Locator:
    """Return the page's text about a table."""
    return page.locator(".lite-tables > li", has=page.get_by_role("link", name=name, exact=True))


def test_story_of_what_is_open(
    visitor: BrowserContext, site: str, files: DataHost, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One start serves all: it is what takes time."""
    visitor.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visitor.new_page()
    pets = files.add("pets.csv", b"id,name\n1,cat\n2,dog\n")
    birds = files.add("birds.csv", b"id,name\n1,owl\n")
    content = sqlite_file(tmp_path_factory.mktemp("made"), "create table t (a)")
    shop = files.add("shop.db", content)
    follow(page, link(site, csv=[pets, birds], url=[shop]))
    home = page.url.rstrip("/")

    # It is in the menu, and says where everything is from.
    page.get_by_role("img", name="Menu").click()
    click_through(page.locator(".nav-menu-inner").get_by_role("link", name="Manage data"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Manage data")
    expect(block(page, "pets")).to_contain_text("2 rows")
    expect(block(page, "pets").get_by_role("link", name=pets)).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button", name="Open files…")).to_be_visible()
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert accessibility_problems(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    # A link that opens just this, also under another name.
    click_through(block(page, "pets").get_by_role("link", name="Rename"))
    page.get_by_label("New name").fill("house pets")
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Rename table").click()
    expect(page.locator(".message-info")).to_contain_text("is now called “house pets”")
    page.get_by_role("button", name="Copy link to house pets").click()
    expect(page.get_by_role("status")).to_contain_text("Link copied")
    copied = urlsplit(page.evaluate("navigator.clipboard.readText()"))
    assert parse_qs(copied.query) == {"csv": [pets], "name": ["house pets"]}
    assert copied.fragment == "/data/house+pets"
    assert f"{copied.scheme}://{copied.netloc}{copied.path}" == site

    # Removing asks first.
    click_through(block(page, "birds").get_by_role("link", name="Remove"))
    expect(page.get_by_text("This removes its 1 row.")).to_be_visible()
    assert accessibility_problems(page) == []
    click_through(page.get_by_role("link", name="Cancel"))
    click_through(block(page, "birds").get_by_role("link", name="Remove"))
    page.get_by_role("button", name="Remove table").click()
    expect(page.locator(".message-info")).to_have_text("The table “birds” was removed.")
    # Datasette shows its messages outside of all landmarks.
    assert [one for one in accessibility_problems(page) if not one.startswith("region")] == []
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".message-info")).to_have_text("The table “birds” is back.")
    click_through(block(page, "birds").get_by_role("link", name="Remove"))
    page.get_by_role("button", name="Remove table").click()
    click_through(page.get_by_role("link", name="Remove shop"))
    page.get_by_role("button", name="Remove database").click()
    expect(page.locator(".message-info")).to_have_text("The database “shop” was removed.")

    # All that outlives the worker.
    stop_worker(page)
    files.files.clear()
    follow(page, f"{home}/-/sources")
    expect(page.locator(".lite-tables > li")).to_have_count(1)
    expect(page.locator("section.lite-database")).to_have_count(1)
    expect(block(page, "house pets").get_by_role("link", name=pets)).to_be_visible()
    answer = page.goto(f"{home}/data/house+pets")
    assert answer is not None and answer.status == 200
    expect(page.locator("tbody tr")).to_have_count(2)


def test_data_is_loaded_again_from_its_source(
    visitor: BrowserContext, site: str, files: DataHost
) -> None:
    page = visitor.new_page()
    pets = files.add("pets.csv", b"id,name\n1,cat\n2,dog\n")
    follow(page, link(site, "-/sources", csv=[pets]))
    page.wait_for_load_state()  # by then its script listens
    button = page.get_by_role("button", name="Load again: pets")
    button.click()
    expect(page.get_by_role("status").first).to_contain_text("pets is already up to date")
    files.add("pets.csv", b"id,name\n1,cat\n2,dog\n3,cow\n")
    button.click()
    expect(page.get_by_role("status").first).to_contain_text("pets was loaded again")
    expect(block(page, "pets")).to_contain_text("3 rows")
    expect(block(page, "pets")).to_contain_text("loaded just now")

    # Who has changed something is asked first.
    open_within(page, page.url.replace("-/sources", "data/-/execute-write?sql=delete+from+pets"))
    page.get_by_role("button", name="Execute").click()
    wait_for_datasette(page)
    page.goto(page.url.split("/data/")[0] + "/-/sources")
    button.click()
    dialog = page.get_by_role("dialog", name="Revert to the source?")
    expect(dialog).to_contain_text("your changes to it are lost")
    assert accessibility_problems(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    expect(block(page, "pets")).to_contain_text("0 rows")
    # That brings back what the source has, though it has nothing newer.
    button.click()
    dialog.get_by_role("button", name="Revert to source").click()
    expect(block(page, "pets")).to_contain_text("3 rows")
