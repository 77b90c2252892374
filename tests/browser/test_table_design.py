"""Creating, altering and dropping tables with Datasette's own dialogs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import click_through
from tests.support.shop import fetch_json, make_items, rows_of

TSV = "id\tname\tprice\n1\tMug\t7.5\n2\tBig plate\t12\n"
CSV = 'code,name,size\na,"Mug, large",3\nb,"Two\nlines",\n'
JSON = '[{"id": 7, "name": "Mug", "tags": ["a", "b"]}]'


def from_menu(page: Page, item: str) -> Locator:
    """Choose an item of the page's actions menu; return the dialog that opens."""
    page.locator("details.actions-menu-links summary").click()
    page.get_by_role("menuitem", name=item).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def columns(page: Page, address: str) -> dict[str, str]:
    """Return the columns of a table and their types."""
    details = fetch_json(page, f"{address}.json?_extra=column_details&_size=0")[1]
    return {name: column["sqlite_type"] for name, column in details["column_details"].items()}


def test_table_is_created_column_by_column(shop: Page) -> None:
    database = shop.url
    dialog = from_menu(shop, "Create table")
    dialog.get_by_label("Table name").fill("handmade")
    dialog.get_by_label("Column", exact=True).nth(1).fill("title")
    dialog.get_by_role("button", name="Add column").click()
    dialog.get_by_label("Column", exact=True).nth(2).fill("height")
    dialog.get_by_label("Column type", exact=True).nth(2).select_option(
        label="floating point number"
    )
    click_through(dialog.get_by_role("button", name="Create table"))
    expect(shop).to_have_url(f"{database}/handmade")
    assert columns(shop, shop.url) == {"id": "INTEGER", "title": "TEXT", "height": "REAL"}


def test_table_is_created_that_refers_to_another(shop: Page) -> None:
    dialog = from_menu(shop, "Create table")
    dialog.get_by_label("Table name").fill("referring")
    dialog.get_by_label("Column", exact=True).nth(1).fill("colour_id")
    dialog.get_by_label("Column type", exact=True).nth(1).select_option(label="integer")
    dialog.get_by_role("button", name="Toggle column settings").nth(1).click()
    target = dialog.get_by_label("Foreign key target").nth(1)
    target.select_option(label="colours.id (integer)")
    click_through(dialog.get_by_role("button", name="Create table"))
    expect(shop.locator("pre.wrapped-sql")).to_contain_text("REFERENCES")


@pytest.mark.parametrize(
    ("table", "text", "key", "rows"),
    [
        (
            "from_tsv",
            TSV,
            "id",
            [{"id": 1, "name": "Mug", "price": 7.5}, {"id": 2, "name": "Big plate", "price": 12}],
        ),
        (
            "from_csv",
            CSV,
            "code",
            [
                {"code": "a", "name": "Mug, large", "size": 3},
                {"code": "b", "name": "Two\nlines", "size": None},
            ],
        ),
        ("from_json", JSON, "id", [{"id": 7, "name": "Mug", "tags": '["a","b"]'}]),
    ],
)
def test_table_is_created_from_pasted_data(
    shop: Page, table: str, text: str, key: str, rows: list[dict[str, object]]
) -> None:
    database = shop.url
    dialog = from_menu(shop, "Create table")
    dialog.get_by_role("link", name="Create table from data").click()
    dialog.get_by_label("Table name").fill(table)
    dialog.get_by_label("Paste TSV, CSV, or JSON").fill(text)
    dialog.get_by_role("button", name="Preview rows").click()
    expect(dialog.get_by_role("row")).to_have_count(1 + len(rows))
    dialog.get_by_role("combobox", name="Primary key").select_option(key)
    click_through(dialog.get_by_role("button", name="Create table"))
    expect(shop).to_have_url(f"{database}/{table}")
    assert rows_of(shop, shop.url) == rows


def test_table_is_created_from_a_file(shop: Page, tmp_path: Path) -> None:
    (tmp_path / "cups.csv").write_text("name,size\nCup,3\n", encoding="utf-8")
    dialog = from_menu(shop, "Create table")
    dialog.get_by_role("link", name="Create table from data").click()
    dialog.locator("input[type=file]").set_input_files(tmp_path / "cups.csv")
    expect(dialog.get_by_label("Paste TSV, CSV, or JSON")).to_have_value("name,size\nCup,3\n")
    dialog.get_by_label("Table name").fill("from_file")
    dialog.get_by_role("button", name="Preview rows").click()
    click_through(dialog.get_by_role("button", name="Create table"))
    assert [row["name"] for row in rows_of(shop, shop.url)] == ["Cup"]


@pytest.mark.console_errors
def test_table_that_exists_is_not_created_again(shop: Page) -> None:
    make_items(shop, "existing")
    dialog = from_menu(shop, "Create table")
    dialog.get_by_label("Table name").fill("existing")
    dialog.get_by_label("Column", exact=True).nth(1).fill("title")
    dialog.get_by_role("button", name="Create table").click()
    expect(dialog.get_by_role("alert")).to_contain_text("already exists")


def test_table_is_altered(shop: Page) -> None:
    table = make_items(shop, "altered")
    shop.goto(table)
    dialog = from_menu(shop, "Alter table")
    dialog.get_by_label("Column", exact=True).nth(1).fill("title")
    dialog.get_by_role("button", name="Drop column").nth(2).click()
    dialog.get_by_role("button", name="Add column").click()
    dialog.get_by_label("Column", exact=True).last.fill("stock")
    dialog.get_by_label("Column type", exact=True).last.select_option(label="integer")
    dialog.get_by_role("button", name="Review changes").click()
    review = dialog.get_by_role("listitem")
    expect(review.filter(has_text="Rename column name to title")).to_be_visible()
    expect(review.filter(has_text="Drop column price")).to_be_visible()
    click_through(dialog.get_by_role("button", name="Apply changes"))
    assert columns(shop, table) == {"id": "INTEGER", "title": "TEXT", "stock": "INTEGER"}
    assert [row["title"] for row in rows_of(shop, table)] == ["Mug", "Plate", "Bowl"]


def test_table_is_renamed(shop: Page) -> None:
    database = shop.url
    shop.goto(make_items(shop, "renamed"))
    dialog = from_menu(shop, "Alter table")
    dialog.get_by_text("Rename table").click()
    dialog.get_by_label("New table name").fill("new name / with ünusual chars")
    dialog.get_by_role("button", name="Review changes").click()
    click_through(dialog.get_by_role("button", name="Apply changes"))
    expect(shop.get_by_role("heading", level=1)).to_have_text("new name / with ünusual chars")
    assert shop.url == f"{database}/new+name+~2F+with+~C3~BCnusual+chars"
    assert len(rows_of(shop, shop.url)) == 3


def test_table_is_dropped(shop: Page) -> None:
    database = shop.url
    shop.goto(make_items(shop, "dropped"))
    dialog = from_menu(shop, "Alter table")
    shop.on("dialog", lambda question: question.accept())
    click_through(dialog.get_by_role("button", name="Drop table"))
    expect(shop).to_have_url(database)
    expect(shop.locator(".message-warning")).to_have_text("Table dropped dropped")
    expect(shop.get_by_role("link", name="dropped", exact=True)).to_have_count(0)


def test_column_gets_a_custom_type(shop: Page) -> None:
    table = make_items(shop, "typed")
    fetch_json(shop, f"{table}/1/-/update", {"update": {"name": '{"a": 1}'}})
    shop.goto(table)
    shop.locator("th[data-column=name] svg.dropdown-menu-icon").click()
    shop.get_by_role("link", name="Set custom type").click()
    dialog = shop.get_by_role("dialog")
    dialog.get_by_role("radio", name="textarea").check()
    click_through(dialog.get_by_role("button", name="Save"))
    shop.get_by_role("button", name="Edit row 2").click()
    expect(shop.get_by_role("dialog").locator("textarea[name=name]")).to_have_value("Plate")
