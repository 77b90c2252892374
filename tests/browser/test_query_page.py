"""What the query page keeps: a wrong query, and the queries that were run before."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import click_through, save_query, write_sql


@pytest.mark.console_errors
@pytest.mark.parametrize(
    ("sql", "error"),
    [("select * from nowhere", "no such table"), ("drop table countries", "must be a SELECT")],
)
def test_wrong_query_stays_in_the_editor(
    regular_page: Page, site: str, sql: str, error: str
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/-/query")
    write_sql(page, sql)
    click_through(page.get_by_role("button", name="Run SQL"))
    expect(page.locator(".message-error")).to_contain_text(error)
    expect(page.locator(".cm-editor")).to_contain_text(sql)


@pytest.mark.console_errors
def test_the_cursor_stays_where_the_mistake_is(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world")
    write_sql(page, "select nam from countries where 1")
    for _ in range(len(" from countries where 1")):
        page.keyboard.press("ArrowLeft")
    with page.expect_navigation():
        page.keyboard.press("Shift+Enter")
    expect(page.locator(".message-error")).to_contain_text("no such column")
    expect(page.locator(".cm-editor [contenteditable=true]")).to_be_focused()
    page.keyboard.type("e")
    page.keyboard.press("Escape")  # closes completions, which would cover the button
    click_through(page.get_by_role("button", name="Run SQL"))
    expect(page.locator(".message-error")).to_have_count(0)
    expect(page.locator(".cm-editor")).to_contain_text("select name from countries where 1")


def test_history_leads_back_to_queries(page: Page, site: str) -> None:
    page.goto(f"{site}app/world")
    page.goto(f"{site}app/world/-/query")
    for sql in ("select 1 as one", "select '<i>two</i>' as two"):
        write_sql(page, sql)
        click_through(page.get_by_role("button", name="Run SQL"))
    page.goto(f"{site}app/world/-/query")
    page.get_by_role("button", name="History", exact=True).click()
    history = page.get_by_role("region", name="Query history")
    expect(history.get_by_role("link")).to_have_text(
        ["select '<i>two</i>' as two", "select 1 as one"]
    )
    # The editor has problems of its own.
    assert [one for one in accessibility_problems(page) if "istory" in one] == []
    click_through(history.get_by_role("link", name="select 1 as one"))
    expect(page.get_by_role("cell", name="1", exact=True)).to_be_visible()
    page.get_by_role("button", name="History", exact=True).click()
    page.get_by_role("button", name="Clear the history").click()
    page.goto(f"{site}app/world/-/query")
    expect(page.get_by_role("button", name="Run SQL")).to_be_visible()
    expect(page.get_by_role("button", name="History", exact=True)).to_have_count(0)


def test_saved_queries_leave_and_come_back(shop: Page, tmp_path: Path) -> None:
    database = shop.url
    shop.goto(f"{database}/-/query")
    write_sql(shop, "select name from items where price > 10")
    click_through(shop.get_by_role("button", name="Run SQL"))
    save_query(shop, "Leaving")
    shop.goto(database)
    shop.locator("details.actions-menu-links summary").click()
    with shop.expect_download() as download:
        shop.get_by_role("menuitem", name="Export saved queries").click()
    download.value.save_as(tmp_path / "queries.sql")
    text = (tmp_path / "queries.sql").read_text()
    assert "-- title: Leaving\nselect name from items where price > 10" in text
    (tmp_path / "queries.sql").write_text(text.replace("> 10", "> 11").replace("eaving", "oving"))
    shop.goto(database)
    shop.locator("details.actions-menu-links summary").click()
    click_through(shop.get_by_role("menuitem", name="Import queries"))
    assert accessibility_problems(shop) == []
    shop.get_by_label("A .sql file").set_input_files(tmp_path / "queries.sql")
    click_through(shop.get_by_role("button", name="Import"))
    expect(shop.locator(".message-info")).to_contain_text("saved")
    expect(shop.get_by_role("link", name="Loving")).to_be_visible()
