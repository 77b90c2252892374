"""Queries that root saves with a name, on Datasette's own pages."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.browsing import click_through, open_within, save_query
from tests.support.shop import make_items, rows_of


def test_query_is_saved_found_and_run(shop: Page) -> None:
    database = shop.url
    sql = "select+name+from+items+where+price+>+:price+order+by+name"
    open_within(shop, f"{database}/-/query?sql={sql}&price=8")
    save_query(shop, "Dear things")
    expect(shop).to_have_url(f"{database}/dear-things")
    shop.goto(database)
    click_through(shop.get_by_role("link", name="Dear things"))
    shop.get_by_label("price", exact=True).fill("10")
    click_through(shop.get_by_role("button", name="Run SQL"))
    expect(shop.get_by_role("cell", name="Plate")).to_be_visible()
    expect(shop.get_by_role("cell", name="Bowl")).to_have_count(0)


def test_write_query_is_saved_and_run(shop: Page) -> None:
    database = shop.url
    table = make_items(shop, "repriced")
    open_within(shop, f"{database}/-/execute-write?sql=update+repriced+set+price+=+price+%2B+:more")
    save_query(shop, "Dearer")
    shop.get_by_label("more").fill("1")
    click_through(shop.get_by_role("button", name="Run SQL"))
    expect(shop.locator(".message-info")).to_contain_text("3 rows affected")
    assert [row["price"] for row in rows_of(shop, table)] == [8.5, 13.0, 10.25]


def test_saved_query_is_edited_and_deleted(shop: Page) -> None:
    database = shop.url
    open_within(shop, f"{database}/-/query?sql=select+1+as+one")
    save_query(shop, "Short lived")
    shop.locator("details.actions-menu-links summary").click()
    click_through(shop.get_by_role("menuitem", name="Edit this query"))
    shop.get_by_label("Title").fill("Renamed")
    click_through(shop.get_by_role("button", name="Save changes"))
    expect(shop.locator(".message-info")).to_have_text("Query updated")
    expect(shop.get_by_role("heading", level=1)).to_have_text("Renamed 🔒")
    shop.locator("details.actions-menu-links summary").click()
    click_through(shop.get_by_role("menuitem", name="Delete this query"))
    click_through(shop.get_by_role("button", name="Delete query"))
    shop.goto(f"{database}/-/queries")
    expect(shop.get_by_role("heading", level=1)).to_have_text("Queries")
    expect(shop.get_by_role("link", name="Renamed")).to_have_count(0)
