"""Titles, descriptions and display are edited on forms, and outlive the worker."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import click_through, stop_worker, wait_for_datasette
from tests.support.shop import make_items


def test_table_is_described(shop: Page) -> None:
    table = make_items(shop, "described")
    shop.goto(table)
    shop.locator("details.actions-menu-links summary").click()
    click_through(shop.get_by_role("menuitem", name="Edit description"))
    assert accessibility_problems(shop) == []
    shop.get_by_label("Title").fill("Things <b>we</b> sell")
    shop.get_by_label("price", exact=True).first.fill("In euros")
    shop.get_by_label("Sort by").select_option("price")
    shop.get_by_label("Descending").check()
    shop.get_by_role("checkbox", name="name", exact=True).check()
    click_through(shop.get_by_role("button", name="Save"))
    for _ in range(2):
        expect(shop.get_by_role("heading", level=1)).to_contain_text("Things <b>we</b> sell")
        expect(shop.locator("dl.column-descriptions")).to_contain_text("In euros")
        expect(shop.locator("table.rows-and-columns tbody tr").first).to_contain_text("Plate")
        expect(shop.locator(".facet-results")).to_contain_text("name")
        stop_worker(shop)
        shop.goto(table)
        wait_for_datasette(shop)
