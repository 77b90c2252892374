"""Sources that load, and sources that fail, with a sentence on a page that works."""

from __future__ import annotations

import gzip
import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import BOOT_TIMEOUT, follow, link, wait_for_datasette
from tests.support.databases import sqlite_file
from tests.support.hosts import DataHost
from tests.support.shop import rows_of

WORLD = Path(__file__).parents[2] / "data" / "world.db"

AWKWARD = {
    "semicolons": b"a;b\n1;2,5\n",
    "tabs": b"a\tb\n1\tx y\n",
    "pipes": b"a|b\n1|x\n",
    "bom": b"\xef\xbb\xbfa,b\n1,x\n",
    "utf16": "a,b\n1,żółw\n".encode("utf-16"),
    "latin1": "a,b\n1,café\n".encode("latin-1"),
    "quoted": b'a,b\n1,"line one\nline ""two"""\n',
    "duplicates": b"a,A,a,\n1,2,3,4\n",
    "ragged": b"a,b\n1\n2,x,more,still more\n",
    "huge": b"a,b\n1," + b"x" * 2_000_000 + b"\n",
    "header": b"a,b\n",
    "zeros": b"a,b\n007,0.5\n",
}

EXPECTED = {
    "semicolons": [{"a": 1, "b": "2,5"}],
    "tabs": [{"a": 1, "b": "x y"}],
    "pipes": [{"a": 1, "b": "x"}],
    "bom": [{"a": 1, "b": "x"}],
    "utf16": [{"a": 1, "b": "żółw"}],
    "latin1": [{"a": 1, "b": "café"}],
    "quoted": [{"a": 1, "b": 'line one\nline "two"'}],
    "duplicates": [{"a": 1, "A_2": 2, "a_3": 3, "untitled_4": 4}],
    "ragged": [
        {"a": 1, "b": None, "_extra": None},
        {"a": 2, "b": "x", "_extra": '["more", "still more"]'},
    ],
    "huge": [{"a": 1, "b": "x" * 2_000_000}],
    "header": [],
    "zeros": [{"a": "007", "b": 0.5}],
}


def test_awkward_csv_files_become_the_right_tables(page: Page, site: str, files: DataHost) -> None:
    urls = [files.add(f"{name}.csv", data) for name, data in AWKWARD.items()]
    follow(page, link(site, "data", csv=urls))
    found = page.evaluate(
        """async (names) => {
          const rows = async (name) => (await fetch(`data/${name}.json?_shape=objects`)).json();
          const answers = await Promise.all(names.map(rows));
          return answers.map(({ rows }) => rows.map(({ rowid, ...row }) => row));
        }""",
        list(AWKWARD),
    )
    for name, rows in zip(AWKWARD, found, strict=True):
        assert json.dumps(rows) == json.dumps(EXPECTED[name]), name


#: Has a page fetch an address; returns status and text.
FETCHED = """async (address) => {
  const response = await fetch(address);
  return [response.status, await response.text()];
}"""


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


# Parameter, what the other host answers, and what the person reads.
FAILURES: dict[str, tuple[str, dict[str, Any], str]] = {
    "not found": ("csv", {"body": b"no", "status": 404}, "has no file at .* \\(HTTP 404\\)"),
    "forbidden": ("csv", {"body": b"no", "status": 403}, "refuses access to .* \\(HTTP 403\\)"),
    "server error": ("url", {"body": b"", "status": 500}, "has a problem and did not send"),
    "no CORS": ("csv", {"body": b"a\n1\n", "cors": False}, "does not allow other web sites"),
    "empty CSV": ("csv", {"body": b""}, "is empty"),
    "web page as CSV": ("csv", {"body": b"<!DOCTYPE html><title>x</title>"}, "web page"),
    "web page as database": ("url", {"body": b"<!DOCTYPE html>"}, "is a web page"),
    "CSV as database": ("url", {"body": b"a,b\n1,2\n"}, "is not a SQLite database"),
    "empty database": ("url", {"body": b""}, "is not a SQLite database"),
    "database as CSV": ("csv", {"body": b"SQLite format 3\0" + bytes(84)}, "SQLite database"),
}


@pytest.mark.console_errors
@pytest.mark.parametrize("case", FAILURES)
def test_a_source_that_fails_is_explained(
    page: Page, site: str, files: DataHost, case: str
) -> None:
    parameter, answer, sentence = FAILURES[case]
    url = files.add("some/file.x", **answer)
    page.goto(link(site, **{parameter: url}))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text(re.compile(sentence), timeout=BOOT_TIMEOUT)
    expect(problem).to_contain_text(url)
    if case == "no CORS":
        expect(problem).to_contain_text("Access-Control-Allow-Origin: *")
    # Nothing is stuck: once the cause is gone, the same page opens the data.
    files.add("some/file.x", b"a,b\n1,2\n" if parameter == "csv" else WORLD.read_bytes())
    problem.get_by_role("button", name="Try again").click()
    wait_for_datasette(page)


@pytest.mark.console_errors
def test_a_host_that_cannot_be_reached(page: Page, site: str) -> None:
    url = f"http://localhost:{free_port()}/x.csv"
    page.goto(link(site, csv=url))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("could not be reached", timeout=BOOT_TIMEOUT)


@pytest.mark.console_errors
def test_a_download_that_breaks_off(page: Page, site: str, files: DataHost) -> None:
    headers = {"Content-Length": "1000000", "Connection": "close"}
    url = files.add("x.csv", b"a,b\n" + b"1,2\n" * 100, headers=headers)
    page.goto(link(site, csv=url))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("was interrupted", timeout=BOOT_TIMEOUT)


@pytest.mark.console_errors
def test_an_address_whose_source_fails_is_explained_there(
    page: Page, site: str, files: DataHost
) -> None:
    url = files.add("t.csv", b"a\nx\n")
    follow(page, link(site, "data/t", csv=url))
    address = page.url
    stranger_page = page.context.browser.new_page()  # type: ignore[union-attr]
    files.add("t.csv", b"", status=404)
    stranger_page.goto(address)
    problem = stranger_page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("HTTP 404", timeout=BOOT_TIMEOUT)
    assert stranger_page.url == address
    # The source may be reported before the page has a worker.
    stranger_page.wait_for_function("() => navigator.serviceWorker.controller")
    status, text = stranger_page.evaluate(FETCHED, f"{address}.json")
    assert status == 503, text
    assert "has no file at" in text
    files.add("t.csv", b"a\nx\n")
    stranger_page.reload()
    wait_for_datasette(stranger_page)
    assert stranger_page.url == address
    stranger_page.close()


@pytest.mark.console_errors
def test_a_mistyped_key_is_explained(page: Page, site: str) -> None:
    page.goto(f"{site}app/@bm9uc2Vuc2U/data")
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("does not describe any data", timeout=BOOT_TIMEOUT)


@pytest.mark.console_errors
def test_a_fetch_of_an_address_that_names_no_data_gets_the_sentence(page: Page, site: str) -> None:
    follow(page, f"{site}app/")
    status, text = page.evaluate(FETCHED, "@bm9uc2Vuc2U/x.json")
    assert status == 404
    assert "does not describe any data" in text


def test_escaped_slashes_in_a_url_stay_as_they_are(page: Page, site: str, files: DataHost) -> None:
    files.add("refs%2Fconvert/t.csv", b"a\nx\n")
    follow(page, f"{site}?csv={files.origin}/refs%2Fconvert/t.csv#/data/t")
    assert page.url.endswith("/data/t")
    assert files.requests == [("GET", "/refs%2Fconvert/t.csv")]


def test_a_database_in_wal_mode_opens(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    data = sqlite_file(tmp_path, "pragma journal_mode = wal", "create table t (a)")
    assert data[18:20] == b"\x02\x02"
    follow(page, link(site, "x/t", url=files.add("x.db", data)))
    expect(page.get_by_role("heading", name="t", exact=True)).to_be_visible()


def test_a_body_that_is_smaller_than_it_was_on_the_wire_is_whole(
    page: Page, site: str, files: DataHost
) -> None:
    packed = gzip.compress(b"a\n1\n")
    assert len(packed) > 4
    # The host does not expose the header, so what Content-Length counts is hidden.
    url = files.add("tiny.csv", packed, headers={"Content-Encoding": "gzip"})
    follow(page, link(site, "data/tiny", csv=[url]))
    assert rows_of(page, page.url) == [{"rowid": 1, "a": 1}]


@pytest.mark.console_errors
def test_redirects_in_a_circle_are_named(page: Page, site: str, files: DataHost) -> None:
    url = files.add("around.csv", b"", status=302, headers={"Location": "/back.csv"})
    files.add("back.csv", b"", status=302, headers={"Location": "/around.csv"})
    page.goto(link(site, csv=[url]))
    problem = page.locator(".problem .message")
    expect(problem).to_contain_text("in a circle", timeout=BOOT_TIMEOUT)
    expect(problem).to_contain_text(url)


def test_types_of_content_and_redirects_do_not_matter(
    page: Page, site: str, files: DataHost
) -> None:
    octets = {"Content-Type": "binary/octet-stream"}
    files.add("bucket/t.csv", b"a\n1\n", headers=octets)
    url = files.add("t.csv", b"", status=307, headers={"Location": "/bucket/t.csv"})
    html = files.add("page.csv", b"a\n2\n", headers={"Content-Type": "text/html"})
    follow(page, link(site, "data/t", csv=[url, html]))
    assert rows_of(page, page.url) == [{"rowid": 1, "a": 1}]
    assert rows_of(page, page.url.removesuffix("t") + "page") == [{"rowid": 1, "a": 2}]
