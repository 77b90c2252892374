"""Databases on other hosts that are read block by block."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import BOOT_TIMEOUT, follow, link, stop_worker, wait_for_datasette
from tests.support.hosts import DataHost, RangeHabits
from tests.support.large_databases import code_of, make_places
from tests.support.storage import wait_for_stored

ROWS = 40_000
BLOCK = 64 * 1024
MB = 1024 * 1024


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of some 13 MB."""
    return make_places(tmp_path_factory.mktemp("large") / "places.db", ROWS)


def rows_of(page: Page, path: str) -> list[dict[str, object]]:
    """Return the rows that a page of the workspace has as JSON."""
    status, body = page.evaluate(
        """async (path) => {
          const response = await fetch(path);
          return [response.status, await response.json()];
        }""",
        path,
    )
    assert status == 200, body
    rows: list[dict[str, object]] = body["rows"]
    return rows


def update(page: Page, path: str, **values: str) -> int:
    """Change a row as Datasette's own dialog does; return the status of the answer."""
    status: int = page.evaluate(
        """async ([path, update]) => (await fetch(path, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ update }),
        })).status""",
        [path, values],
    )
    return status


def open_places(page: Page, site: str, files: DataHost, places: Path, path: str) -> RangeHabits:
    """Open a page of the database, which is read block by block; return how its host answers."""
    habits = RangeHabits(etag='"1"')
    url = files.add("places.db", b"", file=places, ranges=habits)
    page.goto(link(site, path, url=url, range="1"))
    wait_for_datasette(page)
    return habits


def check_change_and_restart(page: Page, habits: RangeHabits) -> None:
    """On the page of row 20,000: check that a change is kept and the rest stays on its host."""
    address = page.url
    assert update(page, "20000/-/update", name="Here") == 200
    stop_worker(page)
    follow(page, address)
    expect(page.get_by_text("Here", exact=True)).to_be_visible()
    [row] = rows_of(page, f"../places.json?_shape=objects&code={code_of(39_999)}")
    assert row["name"] == "Place 39999"
    assert habits.sent < 5 * MB


def test_a_large_database_opens_without_being_downloaded(
    page: Page, site: str, files: DataHost, places: Path
) -> None:
    habits = open_places(page, site, files, places, "places/places")
    expect(page.get_by_text("Place 100", exact=True)).to_be_visible()
    assert habits.sent < 2 * MB
    before = habits.sent
    found = rows_of(page, f"places.json?_shape=objects&code={code_of(31_234)}")
    assert [row["name"] for row in found] == ["Place 31234"]
    found = rows_of(page, "places.json?_shape=objects&_search=w20999")
    assert [row["name"] for row in found] == ["Place 20999"]
    assert habits.sent - before < 3 * MB


def test_changes_are_kept_here_and_the_rest_stays_there(
    page: Page, site: str, files: DataHost, places: Path
) -> None:
    habits = open_places(page, site, files, places, "places/places/20000")
    check_change_and_restart(page, habits)


@pytest.mark.console_errors
def test_a_file_that_changes_is_reported_and_never_mixed(
    page: Page, site: str, files: DataHost, places: Path
) -> None:
    habits = open_places(page, site, files, places, "places/places")
    habits.etag = '"2"'
    follow(page, page.url + "?_search=w39000")
    expect(page.get_by_text("has changed since it was opened here")).to_be_visible()


@pytest.mark.console_errors
def test_a_query_that_would_read_too_much_offers_to_go_on(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    habits = RangeHabits(etag='"1"')
    path = make_places(tmp_path / "many.db", 100_000)
    url = files.add("many.db", b"", file=path, ranges=habits)
    page.goto(
        link(
            site,
            "many?sql=select+count(*)+from+places+where+note+like+'%25w99999'",
            url=url,
            range="1",
        )
    )
    expect(page.get_by_role("heading", name="This would read a large part")).to_be_visible(
        timeout=BOOT_TIMEOUT
    )
    assert habits.sent < 20 * MB
    page.get_by_role("link", name="Go on, and read up to 64 MB").click()
    expect(page.locator("td", has_text="1")).to_be_visible()


#: How databases are made and hosts answer: each must open, find a row by its index, and be written.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "small pages, left in WAL mode, all headers hidden": (
        {"page_size": 512, "wal": True},
        {"exposed": ""},
    ),
    "large pages, a host in trouble": (
        {"page_size": 65536, "vacuum": "full"},
        {"etag": '"1"', "troubles": ["", "drop", 503]},
    ),
}


@pytest.mark.console_errors
@pytest.mark.parametrize("case", CASES)
def test_kinds_of_databases_and_hosts(
    page: Page, site: str, files: DataHost, tmp_path: Path, case: str
) -> None:
    shape, answers = CASES[case]
    habits = RangeHabits(**answers)
    path = make_places(tmp_path / "x.db", 30_000, **shape)
    url = files.add("x.db", b"", file=path, ranges=habits)
    page.goto(link(site, "x/places/15000", url=url, range="1"))
    wait_for_datasette(page)
    assert 0 < habits.sent < 4 * MB
    assert update(page, "15000/-/update", name="Here") == 200
    found = rows_of(page, f"../../x.json?sql=select+*+from+places+where+code={code_of(15_000)}")
    assert [row["name"] for row in found] == ["Here"]


def test_a_large_file_is_read_in_blocks_unless_the_link_says_otherwise(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    path = make_places(tmp_path / "x.db", 130_000)
    assert path.stat().st_size > 32 * MB
    habits = RangeHabits(etag='"1"')
    url = files.add("x.db", b"", file=path, ranges=habits)
    follow(page, link(site, "x/places/77777", url=url))
    assert 0 < habits.sent < MB
    before = len(habits.requests)
    follow(page, link(site, "x/places/77777", url=url, range="0"))
    expect(page.get_by_text("Place 77777", exact=True)).to_be_visible()
    # The browser itself may go on with the download that was cancelled before.
    size = path.stat().st_size
    ends = [end for start, end in habits.requests[before:] if end - start > 1]
    assert ends in ([], [size])


@pytest.mark.console_errors
def test_a_host_that_compresses_ranges_is_read_as_a_whole(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    habits = RangeHabits(etag='"1"', encode=("gzip", gzip.compress))
    path = make_places(tmp_path / "x.db", 2000)
    url = files.add("x.db", b"", file=path, ranges=habits)
    follow(page, link(site, "x/places/1999", url=url, range="1"))
    expect(page.get_by_text("Place 1999", exact=True)).to_be_visible()
    assert len(habits.requests) == 1


@pytest.mark.console_errors
def test_without_the_network_what_was_read_can_still_be_shown(
    page: Page, site: str, files: DataHost, places: Path
) -> None:
    open_places(page, site, files, places, "places/places/123")
    address = page.url
    del files.files["/places.db"]
    follow(page, address)
    expect(page.get_by_text("Place 123", exact=True)).to_be_visible()
    follow(page, address.replace("/123", "/33333"))
    expect(page.get_by_text("did not send a part of")).to_be_visible()
    expect(page.get_by_text("(HTTP 404)")).to_be_visible()


@pytest.mark.console_errors
@pytest.mark.first_visit
def test_what_was_read_can_be_shown_after_a_restart_without_the_network(
    page: Page, site: str, files: DataHost, places: Path
) -> None:
    habits = open_places(page, site, files, places, "places/places/123")
    address = page.url
    follow(page, address.replace("/123", "/20000"))
    expect(page.get_by_text("Place 20000", exact=True)).to_be_visible()
    # All but the block that shows what the file is. Nobody waits for that.
    wait_for_stored(page, "bases", habits.sent // BLOCK - 1)
    del files.files["/places.db"]
    stop_worker(page)
    follow(page, address.replace("/123", "/20000"))
    expect(page.get_by_text("Place 20000", exact=True)).to_be_visible()
    follow(page, address)
    expect(page.get_by_text("Place 123", exact=True)).to_be_visible()
    follow(page, address.replace("/123", "/33333"))
    expect(page.get_by_text("did not send a part of")).to_be_visible()


@pytest.mark.first_visit
def test_a_database_in_parts_is_read_in_ranges(
    page: Page, site: str, files: DataHost, places: Path
) -> None:
    content, part = places.read_bytes(), 3_000_000
    habits = RangeHabits(etag='"1"')
    names = [f"places.db.{at // part:03}" for at in range(0, len(content), part)]
    for number, name in enumerate(names):
        body = content[number * part : (number + 1) * part]
        files.add(f"data/{name}", body, ranges=habits)
    parts = {"parts": names, "part_size": part, "size": len(content)}
    url = files.add("data/places.db.json", json.dumps(parts).encode())
    page.goto(link(site, "places/places/20000", url=url, range="1"))
    wait_for_datasette(page)
    expect(page.get_by_text("Place 20000", exact=True)).to_be_visible()
    check_change_and_restart(page, habits)


@pytest.mark.first_visit
def test_a_local_copy_is_kept_and_works_without_the_host(
    page: Page, site: str, files: DataHost, places: Path
) -> None:
    habits = open_places(page, site, files, places, "places/places/20000")
    table = page.url.removesuffix("/20000")
    assert update(page, "20000/-/update", name="Here") == 200
    follow(page, f"{table.removesuffix('places/places')}-/sources")
    page.get_by_role("button", name="Keep a local copy of places").click()
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.get_by_text("All of places is on this device now")).to_be_visible()
    expect(page.get_by_role("button", name="Keep a local copy of places")).to_have_count(0)
    assert habits.sent > places.stat().st_size
    files.files.clear()
    stop_worker(page)
    follow(page, f"{table}/20000")
    expect(page.get_by_text("Here", exact=True)).to_be_visible()
    [row] = rows_of(page, f"{table}.json?_shape=objects&code={code_of(39_999)}")
    assert row["name"] == "Place 39999"
    page.goto(f"{site}saved.html")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download places.db").click()
    with closing(sqlite3.connect(download.value.path())) as conn:
        assert conn.execute("select count(*) from places").fetchone() == (ROWS,)
        assert conn.execute("select name from places where id = 20000").fetchone() == ("Here",)


@pytest.mark.console_errors
@pytest.mark.first_visit
def test_a_local_copy_that_cannot_be_made_changes_nothing(
    page: Page, site: str, files: DataHost, places: Path
) -> None:
    habits = open_places(page, site, files, places, "places/places/20000")
    home = page.url.removesuffix("places/places/20000")
    follow(page, f"{home}-/sources")
    keep = page.get_by_role("button", name="Keep a local copy of places")
    habits.etag = '"2"'
    keep.click()
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.get_by_text("No local copy of places was made")).to_be_visible()
    expect(page.get_by_text("has changed since it was opened here")).to_be_visible()
    stop_worker(page)
    habits.etag = '"1"'
    follow(page, f"{home}places/places/30000")
    expect(page.get_by_text("Place 30000", exact=True)).to_be_visible()
