"""SQL that takes long: other pages stay usable, and it can be cancelled."""

from __future__ import annotations

from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import click_through, write_sql
from tests.support.shop import fetch_json, make_items

ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
LONG = ENDLESS.replace("from n)", "from n where i < 6000000)")


def run(page: Page, database: str, sql: str) -> None:
    """Write a query into the editor and run it."""
    page.goto(f"{database}/-/query")
    write_sql(page, sql)
    click_through(page.get_by_role("button", name="Run SQL"))


def test_long_query_shows_its_time_and_then_its_result(regular_page: Page, site: str) -> None:
    page = regular_page
    run(page, f"{site}app/world", LONG)
    expect(page.get_by_role("heading", name="The query is running")).to_be_visible()
    expect(page.get_by_role("timer")).to_contain_text(" s")
    assert accessibility_problems(page) == []
    expect(page.get_by_role("cell", name="6000000")).to_be_visible(timeout=60_000)
    expect(page.locator(".cm-editor")).to_contain_text("6000000")


def test_other_pages_are_read_and_written_while_a_query_runs(shop: Page) -> None:
    database = shop.url
    run(shop, database, ENDLESS)
    expect(shop.get_by_role("heading", name="The query is running")).to_be_visible()
    other = shop.context.new_page()
    other.goto(database)
    table = make_items(other, "meanwhile")
    other.goto(f"{table}/2")
    expect(other.get_by_role("cell", name="Plate")).to_be_visible()
    status, _ = fetch_json(other, f"{table}/2/-/update", {"update": {"name": "Dish"}})
    assert status == 200
    other.reload()
    expect(other.get_by_role("cell", name="Dish")).to_be_visible()
    other.close()
    shop.get_by_role("button", name="Cancel").click()
    expect(shop.locator(".message-error")).to_contain_text("You cancelled this query after")
    expect(shop.locator(".cm-editor")).to_contain_text("with recursive")


def test_exports_wait_for_a_long_query(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world")
    query = urlencode({"sql": LONG, "_shape": "array"})
    rows = page.evaluate("(url) => fetch(url).then((r) => r.json())", f"world/-/query.json?{query}")
    assert rows == [{"max(i)": 6_000_000}]
