"""The column overview, from the pages of tables and queries."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import click_through, follow, link, open_within
from tests.support.databases import sqlite_file
from tests.support.hosts import DataHost

HOSTILE = '"><img src=x onerror=alert(1)>'


def card(page: Page, column: str) -> Locator:
    """Return the part of the overview that is about a column."""
    return page.get_by_role("region", name=column, exact=True)


def fact(page: Page, column: str, term: str) -> Locator:
    """Return what the overview says of a column under a heading."""
    return card(page, column).locator("div", has=page.get_by_text(term, exact=True)).locator("dd")


def open_overview(page: Page, address: str) -> None:
    """Open a page of Datasette and from there the overview; wait until it is complete."""
    page.goto(address)
    click_through(page.get_by_role("link", name="Column overview"))
    expect(page.get_by_role("status")).to_contain_text("All ")


def test_overview_of_a_table(regular_page: Page, site: str, world: sqlite3.Connection) -> None:
    page = regular_page
    open_overview(page, f"{site}app/world/countries")
    rows, least, most, named = world.execute(
        "select count(*), min(population), max(population), count(distinct name) from countries"
    ).fetchone()
    expect(page.get_by_role("status")).to_have_text(f"All {rows} rows were read.")
    expect(fact(page, "population", "Minimum")).to_have_text(str(least))
    expect(fact(page, "population", "Maximum")).to_have_text(str(most))
    expect(fact(page, "name", "Distinct values")).to_have_text(str(named))
    histogram = card(page, "population").get_by_role("img")
    expect(histogram).to_have_accessible_name(re.compile("^Histogram from 0 to .* Most values, "))
    assert accessibility_problems(page) == []


def test_frequent_value_leads_to_its_rows(regular_page: Page, site: str) -> None:
    page = regular_page
    open_overview(page, f"{site}app/world/countries?continent=EU")
    first = card(page, "continent").get_by_role("listitem")
    expect(first).to_have_count(1)
    page.goto(f"{site}app/world/countries/-/columns")
    expect(page.get_by_role("status")).to_contain_text("All ")
    africa = card(page, "continent").get_by_role("link", name="AF", exact=True)
    africa.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".table-summary")).to_contain_text('where continent = "AF"')


def test_overview_of_a_query(regular_page: Page, site: str) -> None:
    page = regular_page
    sql = "select+code,+length(name)+as+size+from+countries+where+continent+=+:c"
    open_overview(page, f"{site}app/world/-/query?sql={sql}&c=AN")
    expect(page.get_by_role("status")).to_have_text("All 5 rows were read.")
    expect(fact(page, "code", "Distinct values")).to_have_text("5")


def test_other_pages_are_answered_meanwhile(page: Page, site: str) -> None:
    follow(page, f"{site}app/world")
    slow = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000)"
        " select i, i % 7 as rest, 'n' || i as name from n"
    )
    open_within(page, f"{site}app/world/-/columns?{urlencode({'sql': slow})}")
    expect(page.get_by_role("status")).to_contain_text("rows so far")
    other = page.context.new_page()
    other.goto(f"{site}app/world/continents/EU")
    expect(other.get_by_role("cell", name="Europe")).to_be_visible()
    other.close()
    expect(page.get_by_role("status")).to_contain_text("rows so far")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped. This is what the first")
    expect(fact(page, "rest", "Distinct values")).to_have_text("7")
    expect(fact(page, "i", "Distinct values")).to_contain_text("about ")
    assert accessibility_problems(page) == []


def test_values_and_names_are_text(page: Page, site: str, files: DataHost, tmp_path: Path) -> None:
    column = '"' + HOSTILE.replace('"', '""') + '"'
    made = sqlite_file(
        tmp_path,
        f"create table t ({column} text, picture blob, none)",
        f"insert into t values ('{HOSTILE}', x'00', null), ('{HOSTILE}', x'00', null)",
        "insert into t values ('', null, null)",
    )
    follow(page, link(site, "made/t", url=[files.add("made.db", made)]))
    open_overview(page, page.url)
    expect(card(page, HOSTILE).get_by_role("link", name=HOSTILE)).to_be_visible()
    expect(page.locator("#lite-columns img:not([role])")).to_have_count(0)
    expect(fact(page, "none", "Empty (NULL)")).to_have_text("all 3")
    click_through(card(page, HOSTILE).get_by_role("link", name=HOSTILE))
    expect(page.locator(".table-summary")).to_contain_text("2 rows")


@pytest.mark.console_errors
def test_wrong_sql_is_explained(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/continents")
    open_within(page, f"{site}app/world/-/columns?sql=select+missing")
    expect(page.get_by_role("status")).to_contain_text("no such column: missing")
