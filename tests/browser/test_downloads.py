"""Downloads: a database, all databases at once, and all rows of a table or query."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browsing import BOOT_TIMEOUT, ConsoleWatch, follow, link, open_within
from tests.support.databases import sqlite_file
from tests.support.hosts import DataHost

ROWS = 5000

#: Names that are awkward in a path, in a file name, in a header.
AWKWARD = ["my%20db", "Größe 50% [α].v2", 'it\'s; "quoted"']


@pytest.fixture(scope="module")
def _opened(
    browser: Browser, site: str, _data_host: DataHost, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Page, str, Path]]:
    """A tab, the address of the instance that it shows, and a file that is one of its databases."""
    folder = tmp_path_factory.mktemp("made")
    numbers = (
        f"insert into numbers with recursive n(i) as (select 1 union all select i + 1 from n"
        f" where i < {ROWS}) select i, 'number ' || i, hex(randomblob(200)) from n"
    )
    content = sqlite_file(
        folder,
        "create table numbers (id integer primary key, name text, filling text)",
        numbers,
        "create view evens as select id, name from numbers where id % 2 = 0",
    )
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(BOOT_TIMEOUT)
    page = context.new_page()
    follow(page, link(site, "./", url=[_data_host.add("download-me.db", content)]))
    yield page, page.url.rstrip("/"), folder / "made.db"
    context.close()


@pytest.fixture
def opened(
    _opened: tuple[Page, str, Path], request: pytest.FixtureRequest
) -> Iterator[tuple[Page, str, Path]]:
    """The same for one test, which fails on console errors unless it expects them."""
    watch = ConsoleWatch(_opened[0].context)
    yield _opened
    if request.node.get_closest_marker("console_errors") is None:
        assert watch.errors == [], "the console shows errors"


def saved(element: Locator, folder: Path, name: str) -> Path:
    """Click; return the file that is saved, whose name must be `name`."""
    with element.page.expect_download() as download:
        element.click()
    assert download.value.suggested_filename == name
    path = folder / "saved"
    download.value.save_as(path)
    return path


def action(page: Page, menu: str, name: str) -> Locator:
    """Open one of Datasette's action menus; return what is called `name` in it."""
    page.locator("summary", has_text=menu).click()
    return page.get_by_role("menuitem", name=name)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_database_is_downloaded_as_it_is(opened: tuple[Page, str, Path], tmp_path: Path) -> None:
    page, home, original = opened
    page.goto(f"{home}/download-me")
    path = saved(action(page, "Database actions", "Download database"), tmp_path, "download-me.db")
    assert path.read_bytes() == original.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert connection.execute("select count(*) from numbers").fetchall() == [(ROWS,)]


def test_all_rows_of_a_table_as_it_is_filtered(
    opened: tuple[Page, str, Path], tmp_path: Path
) -> None:
    page, home, original = opened
    with closing(sqlite3.connect(original)) as connection:
        connection.row_factory = sqlite3.Row
        numbers = [dict(row) for row in connection.execute("select * from numbers")]
    page.goto(f"{home}/download-me/numbers")
    element = action(page, "Table actions", "Download as NDJSON")
    assert lines(saved(element, tmp_path, "numbers.ndjson")) == numbers
    open_within(page, f"{home}/download-me/numbers?id__gt=10&_sort_desc=id&_size=5")
    element = page.locator(".export-links").get_by_role("link", name="ndjson")
    assert lines(saved(element, tmp_path, "numbers.ndjson")) == numbers[:9:-1]


def test_all_rows_of_a_view_and_of_a_query(opened: tuple[Page, str, Path], tmp_path: Path) -> None:
    page, home, _ = opened
    page.goto(f"{home}/download-me/evens")
    evens = lines(
        saved(action(page, "View actions", "Download as NDJSON"), tmp_path, "evens.ndjson")
    )
    assert evens == [{"id": i, "name": f"number {i}"} for i in range(2, ROWS + 1, 2)]
    open_within(page, f"{home}/download-me/-/query?sql=select+id+from+numbers+where+id+<+:n&n=4000")
    element = action(page, "Query actions", "Download as NDJSON")
    found = lines(saved(element, tmp_path, "download-me.ndjson"))
    assert found == [{"id": i} for i in range(1, 4000)]


def test_names_of_all_kinds_and_all_databases(
    opened: tuple[Page, str, Path], tmp_path: Path
) -> None:
    page, home, original = opened
    for name in AWKWARD:
        page.goto(f"{home}/-/sources")
        page.get_by_role("link", name="Rename").first.click()
        page.get_by_label("New name").fill(name)
        page.get_by_role("button", name="Rename database").click()
        expect(page.locator(".message-info")).to_contain_text(f"is now called “{name}”")
        element = page.get_by_role("link", name=f"Download {name}", exact=True)
        # A quote cannot be part of a file's name everywhere, so browsers replace it.
        path = saved(element, tmp_path, f"{name}.db".replace('"', "_"))
        assert path.read_bytes() == original.read_bytes()
    page.goto(home)
    path = saved(action(page, "Homepage actions", "Download all"), tmp_path, "databases.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{AWKWARD[-1]}.db"]
        assert archive.read(f"{AWKWARD[-1]}.db") == original.read_bytes()


@pytest.mark.console_errors
def test_what_is_not_there_is_a_page_that_says_so(opened: tuple[Page, str, Path]) -> None:
    page, home, _ = opened
    for path in ("nothing.db", "nothing", "..~2Fsecret.db"):
        answer = open_within(page, f"{home}/-/download/{path}")
        assert answer.status == 404
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text(
            re.compile("^There is no (database “nothing” here|page at this address)$")
        )
