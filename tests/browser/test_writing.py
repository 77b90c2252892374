"""Writing as root, who nobody has to log in as: rows, write queries, the JSON API, messages.

Creating and altering tables is in test_table_design.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import click_through, write_sql
from tests.support.shop import PICTURE, fetch_json, make_items, rows_of


def dialog(page: Page, name: str) -> Locator:
    """Return the dialog with this heading, once it is there."""
    found = page.get_by_role("dialog", name=name)
    expect(found).to_be_visible()
    return found


def test_visitor_is_root(shop: Page) -> None:
    expect(shop.get_by_text("root", exact=True)).to_be_visible()
    actor = shop.url.rpartition("/")[0] + "/-/actor.json"
    assert fetch_json(shop, actor)[1]["actor"] == {"id": "root"}


def test_row_is_inserted(shop: Page) -> None:
    table = make_items(shop, "insert_one")
    shop.goto(table)
    shop.get_by_role("button", name="Insert row").click()
    form = dialog(shop, "Insert row")
    form.get_by_label("name").fill("Jug")
    form.get_by_label("price").fill("19.5")
    form.get_by_role("button", name="Insert row").click()
    expect(shop.get_by_text("Inserted row 4 (Jug).")).to_be_visible()
    expect(shop.get_by_role("cell", name="Jug")).to_be_visible()
    shop.reload()
    expect(shop.get_by_role("cell", name="Jug")).to_be_visible()
    assert rows_of(shop, table)[-1] == {"id": 4, "name": "Jug", "price": 19.5}


def test_row_is_inserted_on_a_phone(shop: Page) -> None:
    table = make_items(shop, "insert_phone")
    shop.set_viewport_size({"width": 390, "height": 800})
    shop.goto(table)
    shop.get_by_role("button", name="Insert row").click()
    form = dialog(shop, "Insert row")
    form.get_by_label("name").fill("Jug")
    form.get_by_role("button", name="Insert row").click()
    expect(shop.get_by_text("Inserted row 4 (Jug).")).to_be_visible()


def test_reference_is_chosen_by_its_label(shop: Page) -> None:
    database = shop.url
    shop.goto(f"{database}/items")
    shop.get_by_role("button", name="Insert row").click()
    form = dialog(shop, "Insert row")
    form.get_by_label("name").fill("Vase")
    form.get_by_label("colour").press_sequentially("Gre")
    form.get_by_role("option", name="Green").click()
    expect(form.get_by_label("colour")).to_have_value("2")
    form.get_by_role("button", name="Insert row").click()
    row = shop.get_by_role("row").filter(has_text="Vase")
    expect(row.get_by_role("link", name="Green")).to_be_visible()


@pytest.mark.console_errors
def test_row_that_breaks_a_rule_is_refused(shop: Page) -> None:
    database = shop.url
    sql = "create table limits (id integer primary key, size integer check (size < 10))"
    assert fetch_json(shop, f"{database}/-/execute-write", {"sql": sql})[0] == 200
    shop.goto(f"{database}/limits")
    shop.get_by_role("button", name="Insert row").click()
    form = dialog(shop, "Insert row")
    form.get_by_label("size").fill("11")
    form.get_by_role("button", name="Insert row").click()
    expect(form.get_by_role("alert")).to_contain_text("CHECK constraint failed: size < 10")
    form.get_by_label("size").fill("9")
    form.get_by_role("button", name="Insert row").click()
    expect(shop.get_by_text("Inserted row 1 (9).")).to_be_visible()


def test_rows_are_inserted_from_pasted_lines(shop: Page) -> None:
    table = make_items(shop, "insert_many")
    shop.goto(table)
    shop.get_by_role("button", name="Insert row").click()
    form = dialog(shop, "Insert row")
    form.get_by_role("link", name="Insert multiple rows").click()
    form = dialog(shop, "Insert multiple rows")
    lines = "".join(f"{n}\tCup {n}\t{n}.5\n" for n in range(4, 254))
    form.get_by_label("Paste TSV, CSV, or JSON").fill(f"id\tname\tprice\n{lines}")
    form.get_by_role("button", name="Preview rows").click()
    form.get_by_role("button", name="Insert these rows").click()
    expect(form.get_by_role("status")).to_contain_text("250 rows")
    click_through(form.get_by_role("button", name="Close and view table"))
    expect(shop.locator(".table-summary")).to_contain_text("253 rows")
    assert fetch_json(shop, f"{table}/253.json")[1]["rows"] == [
        {"id": 253, "name": "Cup 253", "price": 253.5}
    ]


def test_row_is_edited_in_the_table(shop: Page) -> None:
    table = make_items(shop, "edit_in_table")
    shop.goto(table)
    shop.get_by_role("button", name="Edit row 2").click()
    form = dialog(shop, "Edit row 2")
    expect(form.get_by_label("name")).to_have_value("Plate")
    form.get_by_label("name").fill("Teller ☕")
    form.get_by_role("button", name="Save").click()
    expect(shop.get_by_text("Updated row 2.")).to_be_visible()
    expect(shop.get_by_role("cell", name="Teller ☕")).to_be_visible()
    assert rows_of(shop, table)[1]["name"] == "Teller ☕"


def test_row_is_edited_on_its_page(shop: Page) -> None:
    table = make_items(shop, "edit_on_page")
    shop.goto(f"{table}/2")
    shop.locator("details.actions-menu-links summary").click()
    shop.get_by_role("menuitem", name="Edit row 2").click()
    form = dialog(shop, "Edit row 2")
    form.get_by_label("price").fill("13")
    form.get_by_role("button", name="Save").click()
    # The page is loaded again, and the message comes with a cookie.
    expect(shop.locator(".message-info")).to_contain_text("Updated row 2")
    expect(shop.get_by_role("cell", name="13.0")).to_be_visible()
    shop.reload()
    expect(shop.locator(".message-info")).to_have_count(0)


def test_row_is_deleted_in_the_table(shop: Page) -> None:
    table = make_items(shop, "delete_in_table")
    shop.goto(table)
    shop.get_by_role("button", name="Delete row 2").click()
    dialog(shop, "Delete row 2").get_by_role("button", name="Delete row").click()
    expect(shop.get_by_text("Deleted row 2.")).to_be_visible()
    expect(shop.get_by_role("cell", name="Plate")).to_have_count(0)
    assert [row["id"] for row in rows_of(shop, table)] == [1, 3]


def test_row_is_deleted_on_its_page(shop: Page) -> None:
    table = make_items(shop, "delete_on_page")
    shop.goto(f"{table}/2")
    shop.locator("details.actions-menu-links summary").click()
    shop.get_by_role("menuitem", name="Delete row 2").click()
    dialog(shop, "Delete row 2").get_by_role("button", name="Delete row").click()
    expect(shop).to_have_url(table)
    expect(shop.locator(".message-info")).to_contain_text("Deleted row 2")
    assert [row["id"] for row in rows_of(shop, table)] == [1, 3]


def test_file_is_attached_to_a_row(shop: Page, tmp_path: Path) -> None:
    (tmp_path / "photo.bin").write_bytes(PICTURE)
    database = shop.url
    sql = "create table attachments (name text primary key, image blob)"
    assert fetch_json(shop, f"{database}/-/execute-write", {"sql": sql})[0] == 200
    shop.goto(f"{database}/attachments")
    shop.get_by_role("button", name="Insert row").click()
    form = dialog(shop, "Insert row")
    form.get_by_label("name", exact=True).fill("attached")
    form.get_by_label("Attach file for image").set_input_files(tmp_path / "photo.bin")
    expect(form.get_by_text("photo.bin")).to_be_visible()
    form.get_by_role("button", name="Insert row").click()
    row = shop.get_by_role("row").filter(has_text="attached")
    with shop.expect_download() as download:
        row.get_by_role("link", name="Binary:").click()
    download.value.save_as(tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == PICTURE


def test_write_query_runs_with_parameters(shop: Page) -> None:
    table = make_items(shop, "write_query")
    shop.locator("details.actions-menu-links summary").click()
    shop.get_by_role("menuitem", name="Execute write SQL").click()
    write_sql(shop, "update write_query set price = price * :factor where name = :name")
    analysis = shop.locator("#execute-write-analysis-section")
    expect(analysis.get_by_role("row", name="update shop write_query")).to_be_visible()
    shop.get_by_label("factor").fill("2")
    shop.get_by_label("name", exact=True).fill("Plate")
    click_through(shop.get_by_role("button", name="Execute"))
    expect(shop.locator(".message-info")).to_contain_text("1 row")
    assert [row["price"] for row in rows_of(shop, table)] == [7.5, 24.0, 9.25]


def test_write_query_shows_returned_rows(shop: Page) -> None:
    table = make_items(shop, "write_returning")
    shop.goto(f"{shop.url}/-/execute-write")
    write_sql(shop, "delete from write_returning where id > 1 returning name")
    expect(shop.get_by_role("button", name="Execute")).to_be_enabled()
    click_through(shop.get_by_role("button", name="Execute"))
    expect(shop.get_by_role("heading", name="Returned rows")).to_be_visible()
    assert shop.locator("table.rows-and-columns td").all_inner_texts() == ["Plate", "Bowl"]
    assert len(rows_of(shop, table)) == 1


def test_write_query_starts_from_a_template(shop: Page) -> None:
    database = shop.url
    shop.goto(f"{database}/-/execute-write")
    shop.get_by_text("Start with a template").click()
    shop.get_by_label("or table:").select_option("colours")
    shop.get_by_role("button", name="Insert row").click()
    expect(shop.locator(".cm-editor")).to_contain_text("insert into")
    shop.get_by_label("name", exact=True).fill("Ochre")
    click_through(shop.get_by_role("button", name="Execute"))
    assert rows_of(shop, f"{database}/colours")[-1]["name"] == "Ochre"


@pytest.mark.parametrize("kind", ["INFO", "WARNING", "ERROR", "all"])
def test_messages_are_shown_once_after_a_redirect(shop: Page, kind: str) -> None:
    home = shop.url.rpartition("/")[0]
    shop.goto(f"{home}/-/messages")
    shop.locator("input[name=message]").fill("Grüße; a=b, “c”")
    shop.get_by_role("combobox").select_option(kind)
    click_through(shop.get_by_role("button", name="Add message"))
    kinds = ["info", "warning", "error"] if kind == "all" else [kind.lower()]
    for each in kinds:
        expect(shop.locator(f"p.message-{each}")).to_have_text("Grüße; a=b, “c”")
    shop.reload()
    expect(shop.locator("p[class^=message-]")).to_have_count(0)


def test_json_api_writes(shop: Page) -> None:
    table = make_items(shop, "api")
    assert fetch_json(shop, f"{table}/-/insert", {"row": {"name": "Fork"}})[0] == 201
    rows = [{"id": 4, "name": "Spoon", "price": 2}, {"id": 5, "name": "Knife", "price": 3}]
    assert fetch_json(shop, f"{table}/-/upsert", {"rows": rows})[0] == 200
    assert fetch_json(shop, f"{table}/1/-/update", {"update": {"price": None}})[0] == 200
    assert fetch_json(shop, f"{table}/2/-/delete", {})[0] == 200
    assert rows_of(shop, table) == [
        {"id": 1, "name": "Mug", "price": None},
        {"id": 3, "name": "Bowl", "price": 9.25},
        *rows,
    ]


def test_api_explorer_posts(shop: Page) -> None:
    table = make_items(shop, "explored")
    shop.goto(shop.url.rpartition("/")[0] + "/-/api")
    shop.locator("summary").get_by_text("POST", exact=True).click()
    form = shop.locator("#api-explorer-post")
    form.locator("input[name=path]").fill(f"{table}/-/insert")
    form.get_by_label("JSON:").fill('{"row": {"name": "Fork"}}')
    form.get_by_role("button", name="POST").click()
    expect(shop.get_by_text("API response: HTTP 201")).to_be_visible()
    assert rows_of(shop, table)[-1]["name"] == "Fork"


def test_token_that_was_created_is_accepted(shop: Page) -> None:
    home = shop.url.rpartition("/")[0]
    shop.goto(f"{home}/-/create-token")
    click_through(shop.get_by_role("button", name="Create token"))
    token = shop.locator("input.copyable").input_value()
    actor = shop.evaluate(
        """([url, token]) => fetch(url, { headers: { authorization: `Bearer ${token}` } })
             .then((answer) => answer.json())""",
        [f"{home}/-/actor.json", token],
    )
    assert actor["actor"]["id"] == "root"
