"""The table page: column menus, column chooser, filters, facets, sorting, search and pages.

Much of it is done by Datasette's own scripts (table.js and others), so that they run is tested too.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.support.browsing import click_through

PHONE: ViewportSize = {"width": 390, "height": 800}


def first_column(world: sqlite3.Connection, sql: str) -> list[Any]:
    """Return what a query says the page must show."""
    return [row[0] for row in world.execute(sql)]


def keys(page: Page) -> list[str]:
    """Return the primary keys of the rows shown."""
    links = page.locator("table.rows-and-columns td.type-pk a")
    return links.all_inner_texts()


def column_menu(page: Page, column: str) -> Locator:
    """Open the menu behind the cog of a column."""
    header = page.locator(f"th[data-column={column}]")
    header.locator("svg.dropdown-menu-icon").click()
    return page.locator(".dropdown-menu.anim-scale-in")


def apply_filters(page: Page) -> None:
    """Submit the filter form."""
    click_through(page.get_by_role("button", name="Apply filters"))


def test_every_column_has_a_menu(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries")
    expect(page.locator("th svg.dropdown-menu-icon")).to_have_count(11)
    menu = column_menu(page, "population")
    expect(menu.get_by_text("Type: INTEGER")).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(menu).to_have_count(0)


@pytest.mark.parametrize(
    ("action", "order"), [("Sort ascending", "population"), ("Sort descending", "population desc")]
)
def test_column_menu_sorts(
    regular_page: Page, site: str, world: sqlite3.Connection, action: str, order: str
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries")
    click_through(column_menu(page, "population").get_by_role("link", name=action))
    expect(page).to_have_url(re.compile("_sort"))
    assert keys(page) == first_column(
        world, f"select code from countries order by {order}, code limit 100"
    )


def test_column_menu_facets(regular_page: Page, site: str, world: sqlite3.Connection) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries")
    column_menu(page, "continent").get_by_role("link", name="Facet by this").click()
    facet = page.locator(".facet-info")
    expect(facet.get_by_role("listitem")).to_have_count(7)
    [count] = first_column(world, "select count(*) from countries where continent = 'EU'")
    expect(facet.get_by_role("listitem").filter(has_text="Europe")).to_have_text(
        re.compile(rf"Europe\s+{count}")
    )


def test_column_menu_hides_and_shows_columns(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries?continent=EU")
    column_menu(page, "iso3").get_by_role("link", name="Hide this column").click()
    expect(page).to_have_url(f"{site}app/world/countries?continent=EU&_nocol=iso3")
    expect(page.locator("th[data-column=iso3]")).to_have_count(0)
    column_menu(page, "capital").get_by_role("link", name="Show all columns").click()
    expect(page).to_have_url(f"{site}app/world/countries?continent=EU")
    expect(page.locator("th[data-column=iso3]")).to_be_visible()


def test_column_chooser_leaves_columns_out(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries")
    column_menu(page, "name").get_by_role("link", name="Choose columns").click()
    dialog = page.get_by_role("dialog", name="Choose columns")
    expect(dialog.get_by_role("checkbox")).to_have_count(10)
    dialog.get_by_role("button", name="Deselect all").click()
    for column in ("capital", "name"):
        dialog.get_by_role("checkbox", name=column).check()
    click_through(dialog.get_by_role("button", name="Apply"))
    expect(page.get_by_role("columnheader")).to_have_text(
        [re.compile("code"), re.compile("name"), re.compile("capital")]
    )


def test_phone_has_column_actions(regular_page: Page, site: str, world: sqlite3.Connection) -> None:
    page = regular_page
    page.set_viewport_size(PHONE)
    page.goto(f"{site}app/world/countries")
    expect(page.locator("th[data-column=name]")).not_to_be_in_viewport()
    page.get_by_role("button", name="Column actions").click()
    dialog = page.get_by_role("dialog", name="Column actions")
    dialog.get_by_role("button", name="area_km2").click()
    click_through(dialog.get_by_role("link", name="Sort descending"))
    expect(page).to_have_url(re.compile("_sort_desc=area_km2"))
    assert keys(page) == first_column(
        world, "select code from countries order by area_km2 desc, code limit 100"
    )


def test_phone_has_the_column_chooser(regular_page: Page, site: str) -> None:
    page = regular_page
    page.set_viewport_size(PHONE)
    page.goto(f"{site}app/world/countries?code=CH")
    page.get_by_role("button", name="Choose columns").click()
    dialog = page.get_by_role("dialog", name="Choose columns")
    dialog.get_by_role("checkbox", name="iso3").uncheck()
    click_through(dialog.get_by_role("button", name="Apply"))
    expect(page).to_have_url(re.compile("_col="))
    expect(page.locator("td.col-iso3")).to_have_count(0)
    assert page.locator("td.col-name").all_inner_texts() == ["Switzerland"]


def test_filters_are_added_through_the_form(
    regular_page: Page, site: str, world: sqlite3.Connection
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries")
    row = page.locator(".filter-controls-row")
    row.locator("select[name=_filter_column]").select_option("continent")
    row.locator("input").fill("EU")
    page.get_by_role("button", name="Add another filter").click()
    second = row.nth(1)
    second.locator("select").first.select_option("population")
    second.locator(".filter-op select").select_option(label=">")
    second.locator("input").fill("40000000")
    apply_filters(page)
    expect(page.locator(".table-summary")).to_contain_text(
        'where continent = "EU" and population > 40000000'
    )
    assert keys(page) == first_column(
        world,
        "select code from countries where continent = 'EU' and population > 40000000 order by code",
    )
    row.first.locator("select").first.select_option(label="- remove filter -")
    apply_filters(page)
    expect(page.locator(".table-summary")).not_to_contain_text("continent")
    expect(page.locator(".table-summary")).to_contain_text("where population > 40000000")


def test_form_sorts_descending(regular_page: Page, site: str, world: sqlite3.Connection) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries")
    page.locator("select[name=_sort]").select_option("name")
    page.get_by_label("descending").check()
    apply_filters(page)
    expect(page).to_have_url(f"{site}app/world/countries?_sort_desc=name")
    assert keys(page) == first_column(
        world, "select code from countries order by name desc limit 100"
    )


def test_header_link_sorts_and_turns_the_order_round(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/continents")
    header = page.get_by_role("columnheader", name="name")
    click_through(header.get_by_role("link"))
    expect(header.get_by_role("link")).to_contain_text("▼")
    assert keys(page) == ["AF", "AN", "AS", "EU", "NA", "OC", "SA"]
    click_through(header.get_by_role("link"))
    expect(header.get_by_role("link")).to_contain_text("▲")
    assert keys(page) == ["SA", "OC", "NA", "EU", "AS", "AN", "AF"]


def test_facet_narrows_and_is_removed(
    regular_page: Page, site: str, world: sqlite3.Connection
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries?_facet=continent&_facet=currency")
    continents = page.locator(".facet-info[data-column=continent]")
    continents.get_by_role("link", name="Oceania").click()
    [count] = first_column(world, "select count(*) from countries where continent = 'OC'")
    expect(page.locator(".table-summary")).to_contain_text(f"{count} rows")
    page.locator(".facet-info[data-column=currency]").get_by_role("link", name="✖").click()
    expect(page.locator(".facet-info")).to_have_count(1)
    continents.get_by_role("listitem").filter(has_text="Oceania").get_by_role("link").click()
    expect(page.locator(".table-summary")).to_contain_text("250 rows")


def test_long_facet_is_unfolded(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries?_facet=currency")
    facet = page.locator(".facet-info")
    expect(facet.get_by_role("listitem")).to_have_count(31)
    facet.get_by_role("link", name="…").click()
    expect(facet.get_by_role("listitem").nth(31)).to_be_visible()


def test_suggested_facet_is_taken(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/data/penguins")
    page.locator(".suggested-facets").get_by_role("link", name="Island").click()
    expect(page.locator(".facet-info").get_by_role("listitem")).to_have_count(3)


def test_search_box_searches(regular_page: Page, site: str, world: sqlite3.Connection) -> None:
    page = regular_page
    page.goto(f"{site}app/world/airports")
    page.get_by_label("Search:").fill("heathrow")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".table-summary")).to_contain_text('search matches "heathrow"')
    assert keys(page) == first_column(
        world,
        "select iata from airports where rowid in (select rowid from airports_fts"
        " where airports_fts match 'heathrow') order by iata",
    )


def test_pages_follow_one_another(regular_page: Page, site: str, world: sqlite3.Connection) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries?_sort=continent")
    following = page.get_by_role("link", name="Next page")
    seen = keys(page)
    for number in range(2):
        click_through(following)
        expect(page).to_have_url(re.compile("_next="))
        expect(page.get_by_role("link", name=seen[-1], exact=True)).to_have_count(0)
        seen += keys(page)
        assert following.count() == (1 if number == 0 else 0)
    assert seen == first_column(world, "select code from countries order by continent, code")


def test_foreign_keys_have_labels_that_link(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries?code=CH")
    cell = page.locator("td.col-continent")
    expect(cell).to_have_text(re.compile(r"Europe\s+EU"))
    cell.get_by_role("link").click()
    expect(page).to_have_url(f"{site}app/world/continents/EU")


def test_view_is_filtered(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/country_summary")
    expect(page.get_by_role("heading", level=1)).to_have_text("country_summary (view)")
    row = page.locator(".filter-controls-row")
    row.locator("select").first.select_option("continent")
    row.locator("input").fill("Antarctica")
    apply_filters(page)
    expect(page.locator(".table-summary")).to_contain_text('where continent = "Antarctica"')
    assert set(page.locator("td.col-continent").all_inner_texts()) == {"Antarctica"}


def test_sql_of_a_table_page_can_be_edited(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/continents?name__startswith=A")
    page.get_by_role("link", name="View and edit SQL").click()
    expect(page.locator(".cm-editor")).to_contain_text("from continents where")
    expect(page.get_by_role("heading", level=3)).to_contain_text("returning 3 rows")
