"""The first rows of a CSV file, on the page that waits for Python."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import BOOT_TIMEOUT, link, wait_for_datasette
from tests.support.deploys import Host
from tests.support.hosts import DataHost
from tests.support.layout_shift import LIMIT, score, shifts, watch_shifts

BIRDS = b"id,name\n" + b"".join(b"%d,bird %d\n" % (number, number) for number in range(1, 1001))


@pytest.fixture
def arrived() -> Iterator[threading.Event]:
    """Set when the rest of a file may be sent."""
    event = threading.Event()
    yield event
    event.set()


def first_rows(page: Page, name: str) -> Locator:
    return page.get_by_role("table", name=f"First rows of {name}, as they arrive")


def is_waiting_for_the_file(page: Page) -> None:
    """Check that Python runs, and has not got the rest of the file."""
    expect(page.get_by_role("status")).to_have_text("Fetching the data", timeout=BOOT_TIMEOUT)


@pytest.mark.first_visit
def test_rows_come_before_python_and_before_the_rest_of_the_file(
    page: Page, host: Host, files: DataHost, arrived: threading.Event
) -> None:
    host.stalled = (".wasm", ".pack")
    url = files.add("birds.csv", BIRDS, at_once=4000, released=arrived)
    page.goto(link(host.address(), csv=url))
    table = first_rows(page, "birds.csv")
    expect(table).to_be_visible(timeout=BOOT_TIMEOUT)
    assert not any(".wasm" in path or ".pack" in path for path in host.sent)
    expect(table.get_by_role("columnheader")).to_have_text(["id", "name"])
    expect(table.get_by_role("row")).to_have_count(9)
    expect(table.get_by_role("cell", name="bird 8")).to_be_visible()
    assert accessibility_problems(page) == []
    host.released.set()
    arrived.set()
    wait_for_datasette(page)
    expect(page.get_by_text("1,000 rows")).to_be_visible()


@pytest.mark.first_visit
def test_nothing_on_a_phone_moves_while_rows_are_there(
    page: Page, host: Host, files: DataHost, arrived: threading.Event
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    watch_shifts(page)
    host.stalled = ("packages.pack",)
    url = files.add("birds.csv", BIRDS, at_once=4000, released=arrived)
    page.goto(link(host.address(), csv=url))
    expect(first_rows(page, "birds.csv")).to_be_visible(timeout=BOOT_TIMEOUT)
    # The longest line about the progress.
    expect(page.get_by_text(re.compile("^Downloading Python.* MB$"))).to_be_visible()
    expect(page.get_by_text(re.compile(" left$"))).to_be_visible()
    host.released.set()
    is_waiting_for_the_file(page)
    moved = shifts(page)
    assert score(moved) <= LIMIT, moved


def test_a_page_that_is_opened_later_shows_them_too(
    page: Page, site: str, files: DataHost, arrived: threading.Event
) -> None:
    url = files.add("birds.csv.gz", gzip.compress(BIRDS), at_once=2000, released=arrived)
    page.goto(link(site, csv=url))
    is_waiting_for_the_file(page)
    expect(first_rows(page, "birds.csv.gz")).to_be_visible()
    later = page.context.new_page()
    later.goto(link(site, csv=url))
    expect(first_rows(later, "birds.csv.gz").get_by_role("row")).to_have_count(9)
    later.close()


def test_what_they_hold_is_text(
    page: Page, site: str, files: DataHost, arrived: threading.Event
) -> None:
    cell = "<img src=x onerror=\"document.title='run'\">"
    quoted = cell.replace('"', '""')
    body = f'id,<b>name</b>\n1,"{quoted}"\n2,x\n'.encode()
    url = files.add("markup.csv", body, at_once=len(body) - 2, released=arrived)
    page.goto(link(site, csv=url))
    table = first_rows(page, "markup.csv")
    expect(table.get_by_role("columnheader")).to_have_text(["id", "<b>name</b>"])
    expect(table.get_by_role("cell")).to_have_text(["1", cell])
    expect(table.locator("img, b")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("list.json", b'[{"a": 1, "b": 2},\n' + b'{"a": 3, "b": 4},\n' * 9 + b'{"a": 5, "b": 6}]'),
        ("titled.csv", b"Birds of 2024\n\nid,name,legs\n1,wren,2\n2,robin,2\n3,finch,2\n"),
    ],
)
def test_no_rows_are_shown_that_may_be_wrong(
    page: Page, site: str, files: DataHost, arrived: threading.Event, name: str, body: bytes
) -> None:
    url = files.add(name, body, at_once=len(body) - 1, released=arrived)
    page.goto(link(site, csv=url))
    is_waiting_for_the_file(page)
    expect(page.get_by_role("table")).to_have_count(0)
    arrived.set()
    wait_for_datasette(page)


@pytest.mark.first_visit
def test_what_shows_them_is_loaded_only_for_them(page: Page, host: Host, files: DataHost) -> None:
    page.goto(link(host.address(), json=files.add("t.json", b'[{"a": 1}]')))
    wait_for_datasette(page)
    assert [path for path in host.requests if "first-rows" in path] == []
    page.goto(link(host.address(), csv=files.add("t.csv", b"a\n1\n")))
    wait_for_datasette(page)
