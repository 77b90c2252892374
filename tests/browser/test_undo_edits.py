"""Edits of rows are undone from the page that they were made on, or that they lead to."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import follow, link
from tests.support.hosts import DataHost
from tests.support.shop import make_items, rows_of


def notice(page: Page, words: str) -> Locator:
    """Return the notice that begins so."""
    return page.get_by_role("listitem").filter(has_text=re.compile(rf"^\s*{re.escape(words)}"))


def undo(page: Page, words: str) -> None:
    """Undo the edit that a notice is about, and wait for the page that shows it."""
    offer = notice(page, words)
    expect(offer).to_have_count(1)
    with page.expect_navigation():
        offer.get_by_role("button", name="Undo").click()
    expect(notice(page, f"Undone: {words}")).to_be_visible()


def delete_row(page: Page, row: str) -> None:
    page.get_by_role("button", name=f"Delete row {row}").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete row").click()


def test_a_deleted_row_comes_back(shop: Page) -> None:
    table = make_items(shop, "undo_delete")
    before = rows_of(shop, table)
    shop.goto(table)
    delete_row(shop, "2")
    undo(shop, "Row 2 was deleted from “undo_delete”.")
    assert rows_of(shop, table) == before


def test_the_offer_goes_when_the_data_is_deleted_in_another_tab(
    visitor: BrowserContext, page: Page, site: str, files: DataHost
) -> None:
    follow(page, link(site, "data/pets", csv=files.add("pets.csv", b"name\nRex\nTom\n")))
    delete_row(page, "1")
    expect(notice(page, "Row 1 was deleted")).to_be_visible()
    other = visitor.new_page()
    other.goto(f"{site}saved.html")
    other.get_by_role("button", name="Delete all").click()
    other.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(notice(page, "This data was deleted from this browser.")).to_be_visible()
    expect(notice(page, "Row 1 was deleted")).to_have_count(0)


def test_edits_are_undone_one_after_the_other(shop: Page) -> None:
    table = make_items(shop, "undo_several")
    before = rows_of(shop, table)
    shop.goto(table)
    shop.get_by_role("button", name="Insert row").click()
    form = shop.get_by_role("dialog")
    form.get_by_label("name").fill("Jug")
    form.get_by_role("button", name="Insert row").click()
    expect(notice(shop, "A row was added to “undo_several”.")).to_be_visible()
    delete_row(shop, "1")
    undo(shop, "Row 1 was deleted from “undo_several”.")
    # What was done before is offered after the next edit, not again and again.
    expect(notice(shop, "A row was added")).to_have_count(0)
    delete_row(shop, "1")
    undo(shop, "Row 1 was deleted from “undo_several”.")
    assert rows_of(shop, table)[:-1] == before


def test_a_row_that_is_deleted_on_its_page_comes_back(shop: Page) -> None:
    table = make_items(shop, "undo_on_page")
    before = rows_of(shop, table)
    shop.goto(f"{table}/3")
    shop.locator("details.actions-menu-links summary").click()
    shop.get_by_role("menuitem", name="Delete row 3").click()
    with shop.expect_navigation():
        shop.get_by_role("dialog").get_by_role("button", name="Delete row").click()
    undo(shop, "Row 3 was deleted from “undo_on_page”.")
    assert rows_of(shop, table) == before


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_the_offer_can_be_read_and_closed(shop: Page, width: int, scheme: str) -> None:
    table = make_items(shop, f"undo_look_{width}")
    shop.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    shop.set_viewport_size({"width": width, "height": 800})
    shop.goto(table)
    delete_row(shop, "2")
    offer = notice(shop, "Row 2 was deleted")
    expect(offer).to_be_visible()
    assert [one for one in accessibility_problems(shop) if "About this data" in one] == []
    offer.get_by_role("button", name="Close").click()
    expect(offer).to_have_count(0)
    shop.reload()
    expect(shop.get_by_role("heading", name=f"undo_look_{width}").first).to_be_visible()
    expect(offer).to_have_count(0)
    shop.set_viewport_size({"width": 1280, "height": 720})
