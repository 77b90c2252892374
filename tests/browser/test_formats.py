"""Every format, opened in every way: from a link, dropped, picked, and pasted as a file.

One person does it all, in one instance of their own for the files, so that Python starts once.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.bringing import (
    drop,
    import_all,
    import_dialog,
    paste_file,
    wait_for_previews,
)
from tests.support.browsing import BOOT_TIMEOUT, ConsoleWatch, click_through, follow, link
from tests.support.formats import FORMATS, ROWS, Format
from tests.support.hosts import DataHost
from tests.support.shop import fetch_json


@pytest.fixture(scope="module")
def _person(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.set_default_timeout(BOOT_TIMEOUT)
    yield context
    context.close()


@pytest.fixture
def tab(_person: BrowserContext) -> Iterator[Page]:
    """A tab of the person; its console must stay clean."""
    watch = ConsoleWatch(_person)
    page = _person.new_page()
    yield page
    page.close()
    assert watch.errors == [], "the console shows errors"


def _pick(page: Page, given: Format) -> None:
    page.goto(f"{page.url}-/sources")
    with page.expect_file_chooser() as chooser:
        page.locator("[data-lite-open-files]:visible").first.click()
    file = {"name": given.file, "mimeType": "", "buffer": given.content}
    chooser.value.set_files(file)  # type: ignore[arg-type]


def _check_rows(page: Page) -> None:
    """The page shows the table; its rows are those that every file holds."""
    expect(page.locator("table.rows-and-columns tbody tr")).to_have_count(len(ROWS))
    status, rows = fetch_json(page, f"{page.url.split('?')[0]}.json?_shape=array")
    assert status == 200, rows
    assert [{name: row[name] for name in ROWS[0]} for row in rows] == ROWS


@pytest.mark.parametrize("name", FORMATS)
def test_from_a_link(tab: Page, site: str, files: DataHost, name: str) -> None:
    given = FORMATS[name]
    # Nothing saved, so that nothing is left of one format when the next one comes.
    options = {given.parameter: files.add(given.file, given.content), "temporary": "1"}
    follow(tab, link(site, given.path, **options))
    _check_rows(tab)


@pytest.mark.parametrize("way", ["drop", "picker", "paste"])
@pytest.mark.parametrize("name", FORMATS)
def test_from_the_persons_own_disk(tab: Page, site: str, name: str, way: str) -> None:
    given = FORMATS[name]
    follow(tab, link(site, memory="1"))
    instance = tab.url
    if way == "drop":
        drop(tab, {given.file: given.content})
    elif way == "paste":
        paste_file(tab, given.file, given.content)
    else:
        _pick(tab, given)
    wait_for_previews(tab)
    taken = import_dialog(tab).get_by_label("Keep both")
    if taken.count() > 0:  # there is a database already that another format and way led to
        taken.check()
    import_all(tab, noted=given.noted)
    if not tab.url.endswith("/items"):  # a database's own page
        click_through(tab.get_by_role("link", name="items", exact=True).first)
    _check_rows(tab)
    if "/data/" in tab.url:  # the next one is to find the name free
        status, answer = fetch_json(tab, f"{instance}data/items/-/drop", {"confirm": True})
        assert status == 200, answer
