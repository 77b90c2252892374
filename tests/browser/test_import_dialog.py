"""A person's own files, dropped, chosen or pasted, and the dialog that asks how to open them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.bringing import (
    drop,
    drop_from_disk,
    hold_over,
    import_all,
    import_button,
    import_dialog,
    paste,
    take_away,
    wait_for_previews,
)
from tests.support.browsing import (
    BOOT_TIMEOUT,
    ConsoleWatch,
    click_through,
    follow,
    link,
    wait_for_datasette,
)
from tests.support.databases import sqlite_file
from tests.support.shop import fetch_json, rows_of, shop_database

BIRDS = b"name,legs,weight\nRobin,2,0.019\nOstrich,2,120\n"


@pytest.fixture(scope="session")
def _bringer(browser: Browser, site: str) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.set_default_timeout(BOOT_TIMEOUT)
    page = context.new_page()
    follow(page, link(site, memory="1"))
    page.close()
    yield context
    context.close()


@pytest.fixture
def here(_bringer: BrowserContext, site: str) -> Iterator[Page]:
    """A page of Datasette. Each test brings files with names of its own."""
    watch = ConsoleWatch(_bringer)
    page = _bringer.new_page()
    follow(page, link(site, memory="1"))
    yield page
    page.close()
    assert watch.errors == [], "the console shows errors"


def home(page: Page, site: str) -> str:
    """Return the address of the workspace of a page."""
    match = re.match(rf"{site}app/(@[\w-]+/)?", page.url)
    assert match is not None, page.url
    return match[0]


def query(page: Page, site: str, sql: str) -> list[dict[str, Any]]:
    """Return the rows that SQL gives in the database of imported tables."""
    url = f"{home(page, site)}data/-/query.json?_shape=array&sql={sql.replace(' ', '+')}"
    status, rows = fetch_json(page, url)
    assert status == 200, rows
    result: list[dict[str, Any]] = rows
    return result


def schema(page: Page, site: str, table: str) -> str:
    """Return the SQL that makes a table."""
    [row] = query(page, site, f"select sql from sqlite_master where name = '{table}'")
    return str(row["sql"])


def tables(page: Page, site: str, like: str) -> list[str]:
    """Return the names of the tables that begin so."""
    sql = f"select name from sqlite_master where type = 'table' and name like '{like}%25'"
    return sorted(row["name"] for row in query(page, site, sql))


def test_a_file_dropped_on_the_launcher_is_opened(page: Page, site: str) -> None:
    page.goto(site)
    dialog = drop(page, {"birds.csv": BIRDS})
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading", name="Open birds.csv")).to_be_focused()
    wait_for_previews(page)
    expect(dialog.get_by_role("region", name="Preview of birds")).to_contain_text("Ostrich")
    click_through(import_button(page))
    wait_for_datasette(page)
    assert re.fullmatch(rf"{site}app/@[\w-]+/data/birds", page.url)
    assert rows_of(page, page.url)[1]["weight"] == 120


def test_what_is_held_over_a_page_shows_that_it_can_be_dropped(here: Page) -> None:
    words = here.get_by_text("Drop to open")
    hold_over(here, {"held.csv": BIRDS})
    expect(words).to_be_visible()
    take_away(here)
    expect(words).to_be_hidden()
    expect(import_dialog(here)).to_be_hidden()


def test_files_are_chosen_with_the_keyboard_alone(here: Page, site: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.csv"
    file.write_bytes(BIRDS)
    # Playwright keeps a chooser from opening only some time after it was first told to.
    here.on("filechooser", lambda _: None)
    here.goto(site)
    button = here.get_by_role("button", name="Open files from your computer")
    expect(button).to_be_enabled()
    for _ in range(20):
        here.keyboard.press("Tab")
        if button.evaluate("(element) => element === document.activeElement"):
            break
    with here.expect_file_chooser() as chooser:
        here.keyboard.press("Enter")
    chooser.value.set_files(file)
    wait_for_previews(here)
    here.keyboard.press("Tab")
    expect(import_dialog(here).get_by_label("Table", exact=True)).to_be_focused()
    here.keyboard.press("ControlOrMeta+a")
    here.keyboard.type("typed/name")  # "/" is a shortcut of Datasette's
    with here.expect_navigation():
        here.keyboard.press("Enter")
    wait_for_datasette(here)
    assert len(rows_of(here, here.url)) == 2
    assert here.url.endswith("/data/typed~2Fname")


def test_any_element_of_a_page_can_open_the_file_chooser(here: Page, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("chosen one.csv", "chosen two.csv")]
    for file in files:
        file.write_bytes(BIRDS)
    here.evaluate(
        """() => {
            const link = document.createElement("a");
            link.href = "#";
            link.dataset.liteOpenFiles = "";
            link.textContent = "Open files";
            document.body.prepend(link);
        }"""
    )
    with here.expect_file_chooser() as chooser:
        here.get_by_role("link", name="Open files", exact=True).click()
    chooser.value.set_files(files)
    expect(import_dialog(here).get_by_role("heading", name="Open 2 files")).to_be_visible()
    import_all(here)


def test_a_pasted_table_is_opened(here: Page, site: str) -> None:
    paste(here, plain="city\tcountry\nLima\tPeru\nOslo\tNorway\n", html="<table></table>")
    wait_for_previews(here)
    import_dialog(here).get_by_label("Table", exact=True).fill("cities")
    import_all(here)
    assert query(here, site, "select * from cities")[1] == {"city": "Oslo", "country": "Norway"}


def test_a_pasted_column_is_a_table_too(here: Page, site: str) -> None:
    cells = "".join(f"<tr><td>{cell}</td></tr>" for cell in ["word", "two\nlines", '"quoted"'])
    paste(here, plain="word\ntwo\nlines\n", html=f"<meta><table>{cells}</table>")
    wait_for_previews(here)
    import_dialog(here).get_by_label("Table", exact=True).fill("words")
    import_all(here)
    assert [row["word"] for row in query(here, site, "select word from words")] == [
        "two\nlines",
        '"quoted"',
    ]


def test_what_is_pasted_into_a_field_stays_there(here: Page, site: str) -> None:
    here.goto(site)
    paste(here, into="#addresses", plain="a\tb\n1\t2\n")
    paste(here, plain="not a table")
    expect(import_dialog(here)).to_have_count(0)


def test_a_dropped_folder_gives_the_data_in_it(here: Page, site: str, tmp_path: Path) -> None:
    folder = tmp_path / "survey"
    (folder / "deeper" / ".git").mkdir(parents=True)
    (folder / "folder one.csv").write_bytes(BIRDS)
    (folder / "deeper" / "folder two.tsv").write_bytes(BIRDS.replace(b",", b"\t"))
    (folder / "deeper" / "holiday.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "deeper" / ".hidden.csv").write_bytes(BIRDS)
    (folder / "deeper" / ".git" / "index.db").write_bytes(b"")
    dialog = drop_from_disk(here, folder)
    wait_for_previews(here)
    expect(dialog.get_by_role("heading", name="Open 2 files")).to_be_visible()
    expect(dialog.get_by_role("status").last).to_contain_text("1 file of other kinds skipped")
    import_all(here)
    assert tables(here, site, "folder") == ["folder one", "folder two"]


def test_choices_change_what_is_imported(here: Page, site: str) -> None:
    text = "made by hand\nid;größe;note;secret\n1;1,5;red fox;x\n2;7;grey wolf;y\n"
    dialog = drop(here, {"choices.csv": text.encode("windows-1252")})
    wait_for_previews(here)
    dialog.get_by_label("Skip lines").fill("1")
    dialog.get_by_label("Skip lines").press("Tab")
    dialog.get_by_label("Separator").select_option("Semicolon (;)")
    dialog.get_by_label("Encoding").select_option("Western European (Windows-1252)")
    wait_for_previews(here)
    preview = dialog.get_by_role("region", name="Preview of choices")
    expect(preview.get_by_role("columnheader")).to_have_count(5)  # one with line numbers
    expect(preview).to_contain_text("größe")
    dialog.get_by_label("Type of id").select_option("Text")
    dialog.get_by_label("Key: id").check()
    dialog.get_by_label("Search: note").check()
    dialog.get_by_label("secret: import").uncheck()
    import_button(here).click()
    # The title above the header was found without help, which is told.
    expect(dialog).to_contain_text("1 line above the header was left out: “made by hand”.")
    click_through(dialog.get_by_role("button", name="Show the data"))
    assert rows_of(here, here.url) == [
        {"id": "1", "größe": "1,5", "note": "red fox"},
        {"id": "2", "größe": "7", "note": "grey wolf"},
    ]
    assert re.search(r'"?id"? TEXT PRIMARY KEY', schema(here, site, "choices"), re.I)
    expect(here.get_by_role("searchbox", name="Search").first).to_be_visible()


def test_a_table_without_a_header(here: Page, site: str) -> None:
    dialog = drop(here, {"bare.csv": b"1,2\n3,4\n"})
    wait_for_previews(here)
    header = dialog.get_by_label("First row is the header")
    header.check()
    wait_for_previews(here)
    header.uncheck()
    import_all(here)
    assert query(here, site, "select count(*) as n from bare") == [{"n": 2}]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("Keep both", (2, 1)), ("Replace it", (1, 0)), ("Add the rows to it", (3, 0))],
)
def test_a_name_that_is_taken(
    here: Page, site: str, answer: str, expected: tuple[int, int]
) -> None:
    name = answer.split()[0].lower()
    drop(here, {f"{name}.csv": BIRDS})
    import_all(here)
    dialog = drop(here, {f"{name}.csv": b"name,legs,weight\nKiwi,2,2\n"})
    wait_for_previews(here)
    expect(dialog.get_by_role("group", name=f"There is already a table “{name}”")).to_be_visible()
    dialog.get_by_label(answer).check()
    click_through(import_button(here))
    counts = [
        query(here, site, f"select count(*) as n from [{table}]")[0]["n"]
        for table in tables(here, site, name)
    ]
    assert counts == [count for count in (expected[0], expected[1]) if count > 0]


def test_another_name_settles_it(here: Page, site: str) -> None:
    drop(here, {"settled.csv": BIRDS})
    import_all(here)
    dialog = drop(here, {"settled.csv": BIRDS})
    wait_for_previews(here)
    question = dialog.get_by_role("group", name="There is already a table")
    expect(question).to_be_visible()
    dialog.get_by_label("Table", exact=True).fill("settled again")
    dialog.get_by_label("Table", exact=True).blur()
    expect(question).to_be_hidden()
    import_all(here)
    assert tables(here, site, "settled") == ["settled", "settled again"]


def test_each_sheet_of_a_workbook_is_a_table(here: Page, site: str) -> None:
    book = Workbook(write_only=True)
    for name in ("Sheet of sales", "Sheet of staff", "Sheet of scrap"):
        sheet = book.create_sheet(name)
        if name == "Sheet of sales":
            sheet.append(["made with care"])
        sheet.append(["name", "amount"])
        sheet.append(["Ann", 3])
    content = io.BytesIO()
    book.save(content)
    dialog = drop(here, {"book.xlsx": content.getvalue()})
    wait_for_previews(here)
    dialog.get_by_label("Import Sheet of scrap").uncheck()
    dialog.get_by_text("Sheet of sales", exact=True).click()
    skip = dialog.get_by_label("Skip rows").first
    skip.fill("1")
    skip.press("Tab")
    expect(dialog.get_by_role("region", name="Preview of Sheet of sales")).to_contain_text("amount")
    import_all(here)
    sql = "select name, amount from [Sheet of sales]"
    assert query(here, site, sql) == [{"name": "Ann", "amount": 3}]
    assert tables(here, site, "Sheet") == ["Sheet of sales", "Sheet of staff"]


def test_a_database_has_a_name_and_nothing_else_to_choose(here: Page, site: str) -> None:
    dialog = drop(here, {"store.db": shop_database()})
    wait_for_previews(here)
    expect(dialog.locator("li :is(input, select)")).to_have_count(2)  # with that to leave it out
    dialog.get_by_label("Database", exact=True).fill("my store")
    import_all(here)
    here.goto(home(here, site))
    here.get_by_role("link", name="my store", exact=True).first.click()
    expect(here.get_by_role("link", name="colours", exact=True).first).to_be_visible()


def test_a_database_takes_the_place_of_another(here: Page, site: str, tmp_path: Path) -> None:
    drop(here, {"swap.db": sqlite_file(tmp_path, "create table before (a)")})
    import_all(here)
    (tmp_path / "after").mkdir()
    dialog = drop(here, {"swap.db": sqlite_file(tmp_path / "after", "create table after (a)")})
    wait_for_previews(here)
    dialog.get_by_label("Replace it").check()
    import_all(here)
    here.goto(f"{home(here, site)}swap")
    expect(here.get_by_role("link", name="after", exact=True).first).to_be_visible()
    expect(here.get_by_role("link", name="before", exact=True)).to_have_count(0)


def test_a_file_that_is_no_data_leaves_the_others_be(here: Page, site: str) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(200)
    dialog = drop(here, {"among.csv": BIRDS, "photo.png": picture, "left.csv": BIRDS})
    wait_for_previews(here)
    row = dialog.get_by_role("listitem").filter(has_text="photo.png")
    expect(row).to_contain_text("Cannot be opened")
    expect(row.locator(".problem .message")).not_to_be_empty()
    expect(row.get_by_role("checkbox")).to_be_disabled()
    dialog.get_by_label("Import left.csv").uncheck()
    expect(import_button(here)).to_have_text("Import 1 of 3")
    import_all(here)
    assert tables(here, site, "among") == ["among"]
    assert tables(here, site, "left") == []


def test_a_file_that_does_not_fit_is_refused_before_it_is_read(
    here: Page, site: str, tmp_path: Path
) -> None:
    large, small = tmp_path / "large.db", tmp_path / "beside.csv"
    with large.open("wb") as file:
        file.truncate(5 * 1024**3)  # it takes no room on the disk
    small.write_bytes(BIRDS)
    dialog = drop_from_disk(here, large, small)
    wait_for_previews(here)
    row = dialog.get_by_role("listitem").filter(has_text="large.db")
    expect(row).to_contain_text("large.db has 5.4 GB; files of up to")
    expect(row.get_by_role("checkbox")).to_be_disabled()
    import_all(here)
    assert tables(here, site, "beside") == ["beside"]


def test_rows_that_do_not_fit_are_told_of(here: Page, site: str) -> None:
    dialog = drop(here, {"misfits.csv": b"n,word\n1,a\nmany,b\n3,c\n"})
    wait_for_previews(here)
    dialog.get_by_label("Type of n").select_option("Integer")
    import_button(here).click()
    expect(dialog).to_have_attribute("data-state", "done")
    expect(dialog.locator(".notice")).to_contain_text("did not fit")
    click_through(dialog.get_by_role("button", name="Show the data"))
    assert len(rows_of(here, f"{home(here, site)}data/misfits")) == 2


def test_cancelling_leaves_nothing_behind(here: Page, site: str) -> None:
    lines = b"".join(
        b"%d,some text that takes room,%d.5,and more\n" % (n, n) for n in range(20_000)
    )
    dialog = drop(here, {"endless.csv": lines}, times=75)  # some 60 MB
    wait_for_previews(here)
    import_button(here).click()
    expect(dialog).to_have_attribute("data-state", "importing")
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    expect(dialog.locator(".amount")).to_contain_text(re.compile(r"MB"))
    # A tab that is closed now would lose it.
    asked: list[str] = []

    def stay(question: Dialog) -> None:
        asked.append(question.type)
        question.dismiss()

    here.once("dialog", stay)
    here.close(run_before_unload=True)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_attribute("data-state", "choosing")
    assert asked == ["beforeunload"]
    expect(dialog.get_by_role("status").last).to_contain_text("Nothing of endless.csv was kept")
    dialog.get_by_role("button", name="Cancel").click()
    expect(import_dialog(here)).to_have_count(0)
    assert tables(here, site, "endless") == []
    # And it can be imported another time.
    drop(here, {"endless.csv": b"id\n1\n"})
    import_all(here)
    assert tables(here, site, "endless") == ["endless"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_dialog_is_accessible_and_fits(here: Page, site: str, scheme: str, width: int) -> None:
    here.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    here.set_viewport_size({"width": width, "height": 740})
    here.goto(site)
    dialog = drop(here, {"look.csv": BIRDS, "world.db": shop_database(), "photo.png": b"\x89PNG"})
    wait_for_previews(here)
    dialog.get_by_role("button", name="look.csv").click()
    expect(dialog.get_by_role("region", name="Preview of look")).to_be_visible()
    assert accessibility_problems(here) == []
    dialog.get_by_role("button", name="world.db").click()
    expect(dialog.get_by_label("Database", exact=True)).to_be_visible()
    assert accessibility_problems(here) == []
    assert dialog.evaluate("(element) => element.scrollWidth <= element.clientWidth")
    here.keyboard.press("Escape")
    expect(import_dialog(here)).to_have_count(0)
