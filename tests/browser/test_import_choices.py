"""What the import dialog lets people choose, and asks them, before and after an import."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.bringing import (
    drop,
    import_all,
    import_button,
    import_dialog,
    wait_for_previews,
)
from tests.support.browsing import BOOT_TIMEOUT, click_through, follow, link
from tests.support.shop import rows_of

UNTIDY = b"Sales;;\nmade by hand;;\nid;price;what\n1;3;mug\n2;many;bowl\n"


@pytest.fixture
def here(page: Page, site: str) -> Page:
    """A page of a workspace that has no tables yet."""
    page.set_default_timeout(BOOT_TIMEOUT)
    follow(page, link(site, memory="1"))
    return page


def table_page(page: Page, table: str) -> str:
    """Return the address of a table of the workspace of a page."""
    match = re.match(r"https?://[^/]+/(?:.*/)?app/(@[\w-]+/)?", page.url)
    assert match is not None, page.url
    return f"{match[0]}data/{table}"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_header_is_chosen_and_columns_are_renamed(here: Page, width: int, scheme: str) -> None:
    here.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    here.set_viewport_size({"width": width, "height": 800})
    dialog = drop(here, {"picked.csv": b"a,b\n1,2\nid,price\n7,8\n9,10\n"})
    wait_for_previews(here)
    preview = dialog.get_by_role("region", name="Preview of picked")
    expect(preview.get_by_role("columnheader", name="Line", exact=True)).to_be_visible()
    # All of the caption can be read, however wide the table is.
    wide = preview.evaluate("(region) => [region.scrollWidth, region.clientWidth]")
    assert preview.locator("caption").evaluate("(caption) => caption.offsetWidth") <= wide[1], wide
    starts = dialog.evaluate(
        """(dialog) => [...dialog.querySelectorAll("summary, .columns")].map(
            (part) => part.getBoundingClientRect().left)"""
    )
    assert len(set(starts)) == 1, starts
    preview.get_by_role("button", name="Use line 3 as the header").click()
    expect(preview.get_by_role("columnheader", name="price")).to_be_visible()
    expect(dialog.get_by_label("Skip lines")).to_have_value("2")
    # What is above it stays in view, so that it can be chosen instead.
    expect(preview.get_by_role("row", name="Use line 2 as the header 1,2")).to_be_visible()
    expect(preview).to_be_focused()
    preview.get_by_role("button", name="Rename price").click()
    name = preview.get_by_label("New name of price")
    expect(name).to_be_focused()
    name.fill("euros")
    name.press("Enter")
    expect(dialog).to_have_attribute("data-state", "choosing")
    preview.get_by_role("button", name="Rename id").click()
    preview.get_by_label("New name of id").press("Escape")
    expect(preview.get_by_role("button", name="Rename id")).to_be_focused()
    dialog.get_by_label("Key: id").check()
    dialog.get_by_label("Type of euros").select_option("Text")
    assert [one for one in accessibility_problems(here) if "import" in one] == []
    assert dialog.evaluate("(element) => element.scrollWidth <= element.clientWidth")
    import_all(here, noted=False)
    assert rows_of(here, here.url) == [{"id": 7, "euros": "8"}, {"id": 9, "euros": "10"}]


def test_names_that_are_taken_are_asked_about_once(here: Page) -> None:
    drop(here, {"one.csv": b"a\n1\n", "two.csv": b"a\n1\n"})
    import_all(here)
    here.goto(table_page(here, "one"))
    dialog = drop(here, {"one.csv": b"a\n2\n", "two.csv": b"a\n2\n", "three.csv": b"a\n2\n"})
    wait_for_previews(here)
    question = dialog.get_by_role("group", name="There are already tables “one” and “two”")
    expect(question).to_be_visible()
    expect(question.get_by_role("radio", checked=True)).to_have_count(0)
    import_button(here).click()
    expect(question.get_by_label("Keep all of them")).to_be_focused()
    expect(dialog.get_by_role("status").last).to_contain_text("First choose")
    question.get_by_label("Add the rows to them").check()
    # The answer stays while a file is read in another way, and for fewer files.
    dialog.get_by_role("button", name="two.csv").click()
    two = dialog.get_by_role("listitem").filter(has=here.get_by_label("Import two.csv"))
    two.get_by_label("Separator").select_option("Semicolon (;)")
    wait_for_previews(here)
    expect(question.get_by_label("Add the rows to them")).to_be_checked()
    dialog.get_by_label("Import two.csv").uncheck()
    alone = dialog.get_by_role("group", name="There is already a table “one”")
    expect(alone.get_by_label("Add the rows to it")).to_be_checked()
    import_all(here)
    assert [row["a"] for row in rows_of(here, table_page(here, "one"))] == [1, 2]
    assert [row["a"] for row in rows_of(here, table_page(here, "two"))] == [1]
    assert [row["a"] for row in rows_of(here, table_page(here, "three"))] == [2]


def test_an_import_is_changed_and_tried_again(here: Page) -> None:
    dialog = drop(here, {"untidy.csv": UNTIDY})
    wait_for_previews(here)
    dialog.get_by_label("Type of price").select_option("Integer")
    import_button(here).click()
    expect(dialog.locator(".notice").last).to_contain_text("1 row did not fit")
    dialog.get_by_role("button", name="Change and retry").click()
    wait_for_previews(here)
    # The choices are as they were, and nobody asks about the table that this has made.
    expect(dialog.get_by_label("Type of price")).to_have_value("integer")
    expect(dialog.get_by_role("group", name="There is already")).to_have_count(0)
    expect(dialog.get_by_text("Replaces what was imported")).to_be_visible()
    dialog.get_by_label("Type of price").select_option("Text")
    import_button(here).click()
    click_through(dialog.get_by_role("button", name="Show the data"))
    assert here.url.endswith("/data/untidy")
    assert [row["price"] for row in rows_of(here, here.url)] == ["3", "many"]
    here.goto(here.url.removesuffix("/untidy"))
    expect(here.get_by_role("link", name="untidy", exact=True).first).to_be_visible()
    expect(here.get_by_text("rejected")).to_have_count(0)
    expect(here.get_by_text("untidy_1")).to_have_count(0)


def test_warnings_are_seen_without_unfolding_anything(here: Page) -> None:
    bare = b"1,2\n3,4\n"
    dialog = drop(here, {"untidy.csv": UNTIDY, "bare.csv": bare, "tidy.csv": b"a,b\nx,1\n"})
    wait_for_previews(here)
    for file, words in (("untidy.csv", "above the header"), ("bare.csv", "Please check: header")):
        row = dialog.get_by_role("listitem").filter(has=here.get_by_role("button", name=file))
        expect(row.get_by_role("button", name=file, exact=True)).to_have_attribute(
            "aria-expanded", "false"
        )
        expect(row.locator(".warnings")).to_contain_text(words)
    expect(import_dialog(here).locator(".warnings .notice")).to_have_count(2)
