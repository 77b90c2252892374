"""Reading: the pages of Datasette, the SQL editor, the jump menu. Tables have test_tables.py."""

from __future__ import annotations

import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import click_through, write_sql


def cells(page: Page, column: int = 1) -> list[str]:
    """Return the texts of a column of the page's table."""
    return page.locator(f"table.rows-and-columns td:nth-of-type({column})").all_inner_texts()


def test_home_database_and_table_lead_to_one_another(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/")
    expect(page.get_by_text("root", exact=True)).to_be_visible()
    page.get_by_role("link", name="world", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("world")
    page.get_by_role("link", name="continents").click()
    expect(page).to_have_title("world: continents: 7 rows")
    assert page.url == f"{site}app/world/continents"
    page.get_by_role("link", name="home").click()
    expect(page).to_have_url(f"{site}app/")


def test_database_page_lists_tables_and_views(
    regular_page: Page, site: str, world: sqlite3.Connection
) -> None:
    page = regular_page
    page.goto(f"{site}app/world")
    names = world.execute(
        "select name from sqlite_master where name not like '%\\_fts%' escape '\\'"
        " and type in ('table', 'view')"
    )
    for (name,) in names:
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    page.get_by_role("link", name=re.compile("hidden tables")).click()
    expect(page.get_by_role("link", name="airports_fts", exact=True)).to_be_visible()


def test_schema_page_shows_the_tables_definitions(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world")
    page.get_by_role("link", name="schema").click()
    expect(page.locator("main, body").first).to_contain_text('CREATE TABLE "continents"')


def test_row_page_leads_to_other_tables(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/airports/KEF")
    expect(page.get_by_role("heading", level=1)).to_have_text("airports: KEF")
    page.get_by_role("link", name="Iceland").click()
    expect(page).to_have_url(f"{site}app/world/countries/IS")
    link = page.get_by_role("listitem").filter(has_text="from country in airports")
    link.get_by_role("link").click()
    expect(page.locator(".table-summary")).to_contain_text('where country = "IS"')
    expect(page.get_by_role("link", name="KEF")).to_be_visible()


def test_json_link_of_a_row_gives_json(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/continents/EU")
    with page.expect_response("**/EU.json*") as answer:
        page.get_by_role("link", name="json").click()
    assert answer.value.from_service_worker
    assert answer.value.header_value("content-type") == "application/json; charset=utf-8"
    assert answer.value.json()["rows"] == [{"code": "EU", "name": "Europe"}]


def test_sql_editor_is_codemirror_and_runs_a_query(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world")
    expect(page.locator(".cm-editor")).to_be_visible()
    write_sql(page, "select code, upper(name) from continents order by code limit 2")
    click_through(page.get_by_role("button", name="Run SQL"))
    expect(page.get_by_role("heading", level=3)).to_contain_text("returning 2 rows")
    assert cells(page, 2) == ["AFRICA", "ANTARCTICA"]


def test_sql_editor_submits_with_the_keyboard(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/-/query")
    write_sql(page, "select 6 * 7 as answer")
    with page.expect_navigation():
        page.keyboard.press("Shift+Enter")
    expect(page.get_by_role("columnheader", name="answer")).to_be_visible()
    assert cells(page) == ["42"]


def test_sql_editor_formats(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/-/query?sql=select+1+as+a,+2+as+b+from+continents")
    page.get_by_role("button", name="Format SQL").click()
    expect(page.locator(".cm-line")).to_have_count(5)


def test_named_parameters_get_fields_as_one_types(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/-/query")
    write_sql(page, "select name from continents where code = :code or name = :name")
    page.get_by_label("name", exact=True).fill("Europe")
    page.get_by_label("code", exact=True).fill("AS")
    click_through(page.get_by_role("button", name="Run SQL"))
    expect(page).to_have_url(re.compile(r"code=AS&name=Europe"))
    assert cells(page) == ["Asia", "Europe"]
    expect(page.get_by_label("code", exact=True)).to_have_value("AS")


def test_query_can_be_hidden_and_shown(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/-/query?sql=select+1")
    click_through(page.get_by_role("link", name="hide", exact=True))
    expect(page.locator(".cm-editor")).to_have_count(0)
    assert cells(page) == ["1"]
    page.get_by_role("link", name="show", exact=True).click()
    expect(page.locator(".cm-editor")).to_be_visible()


@pytest.mark.console_errors
def test_wrong_sql_is_explained(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/-/query")
    write_sql(page, "select * from nowhere")
    click_through(page.get_by_role("button", name="Run SQL"))
    expect(page.locator(".message-error")).to_have_text("no such table: nowhere")
    expect(page.locator(".cm-editor")).to_contain_text("nowhere")


def test_jump_menu_finds_a_table(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/")
    page.keyboard.press("/")
    dialog = page.get_by_role("dialog", name="Jump to")
    dialog.get_by_role("combobox").fill("continents")
    expect(dialog.get_by_role("option").first).to_contain_text("world: continents")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}app/world/continents")


def test_jump_menu_opens_from_the_menu_on_a_phone(regular_page: Page, site: str) -> None:
    page = regular_page
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{site}app/world")
    page.locator("details.nav-menu summary").click()
    page.get_by_role("button", name="Jump to").click()
    dialog = page.get_by_role("dialog", name="Jump to")
    dialog.get_by_role("combobox").fill("penguins")
    dialog.get_by_role("option", name="data: penguins").click()
    expect(page).to_have_url(f"{site}app/data/penguins")


def test_static_files_have_the_right_types(regular_page: Page, site: str) -> None:
    page = regular_page
    types: dict[str, tuple[int, str | None]] = {}
    page.on(
        "response",
        lambda answer: (
            types.update({answer.url: (answer.status, answer.header_value("content-type"))})
            if "/-/static" in answer.url
            else None
        ),
    )
    for path in ("world/airports", "world/-/query", "world/-/execute-write"):
        page.goto(f"{site}app/{path}")
    assert len(types) >= 10
    for url, (status, kind) in types.items():
        expected = "text/javascript" if ".js" in url else "text/css"
        assert (status, (kind or "").partition(";")[0]) == (200, expected), url


def test_static_files_are_not_sent_twice(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/")
    statuses = page.evaluate(
        """async (url) => {
            const first = await fetch(url, { cache: "no-store" });
            const etag = first.headers.get("etag");
            const again = await fetch(url, { headers: { "if-none-match": etag } });
            return [first.status, again.status, (await again.text()).length];
        }""",
        f"{site}app/-/static/app.css",
    )
    assert statuses == [200, 304, 0]


@pytest.mark.console_errors
@pytest.mark.parametrize("path", ["nowhere", "world/nowhere", "world/continents/XX", "-/nowhere"])
def test_what_does_not_exist_is_datasettes_404(regular_page: Page, site: str, path: str) -> None:
    answer = regular_page.goto(f"{site}app/{path}")
    assert answer is not None
    assert answer.status == 404
    assert answer.from_service_worker
    expect(regular_page.get_by_role("link", name="Datasette", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "path",
    ["-/versions", "-/plugins", "-/settings", "-/databases", "-/actor", "-/schema", "-/threads"],
)
def test_pages_about_the_instance_open(regular_page: Page, site: str, path: str) -> None:
    answer = regular_page.goto(f"{site}app/{path}")
    assert answer is not None
    assert answer.status == 200
    with regular_page.expect_response(f"**/{path}.json") as answer_as_json:
        regular_page.evaluate("(url) => fetch(url).then((r) => r.json())", f"{site}app/{path}.json")
    assert answer_as_json.value.ok
