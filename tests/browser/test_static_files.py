"""Static files of a running instance: Python serves each only once."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from tests.support.asgi import APPS, MEMORY, Fetched, fetch, new_id
from tests.support.browsing import BOOT_TIMEOUT, follow

CSS = "/app/-/static/app.css"
ICON = "/app/favicon.ico"


def asked(page: Page, text: str, apps: str = APPS) -> list[str]:
    """Return the methods of requests to Python for addresses that contain a text."""
    requests: list[str] = json.loads(fetch(page, f"/{apps}asked?for={text}").text)
    return [request.split()[0] for request in requests]


def same(one: Fetched, other: Fetched) -> bool:
    return (one.status, one.headers, one.text) == (other.status, other.headers, other.text)


@pytest.mark.parametrize("path", [CSS, ICON])
def test_python_gives_a_file_once(here: Page, path: str) -> None:
    key = new_id()
    first, *others = [fetch(here, f"{path}?{key}") for _ in range(3)]
    assert first.status == 200 and first.text != ""
    assert all(same(first, other) for other in others)
    head = fetch(here, f"{path}?{key}", method="HEAD")
    assert (head.status, head.headers, head.text) == (200, first.headers, "")
    assert asked(here, key) == ["GET"]


def test_head_and_errors_are_not_taken_for_the_file(here: Page) -> None:
    key = new_id()
    assert fetch(here, f"{CSS}?{key}", method="HEAD").text == ""
    assert fetch(here, f"{CSS}?{key}").text != ""
    assert asked(here, key) == ["HEAD", "GET"]


def test_who_has_the_file_is_told_that_it_is_the_same(here: Page) -> None:
    key = new_id()
    etag = fetch(here, CSS).headers["etag"]
    for method in ("GET", "HEAD", "GET"):
        for known, status in [(etag, 304), ('"other"', 200)]:
            answer = fetch(here, f"{CSS}?{key}", method=method, headers={"If-None-Match": known})
            assert (answer.status, answer.headers["etag"]) == (status, etag)
            assert (answer.text == "") == (status == 304 or method == "HEAD")
    # Python says it itself as long as it has not given the file.
    assert asked(here, key) == ["GET", "GET"]


def test_what_is_more_than_the_file_is_python_s_to_answer(here: Page) -> None:
    key = new_id()
    plain = fetch(here, f"{CSS}?{key}")
    for headers in ({"Range": "bytes=0-9"}, {"Authorization": "Basic eDp5"}):
        assert same(fetch(here, f"{CSS}?{key}", headers=headers), plain)
    fetch(here, f"{CSS}?{key}", method="POST")
    assert asked(here, key) == ["GET", "GET", "GET", "POST"]


def test_pages_are_never_kept(here: Page) -> None:
    key = new_id()
    for path in ("/app/", "/app/-/versions.json", "/app/world/countries.json"):
        for _ in range(2):
            assert fetch(here, f"{path}?{key}").status == 200
    assert asked(here, key) == ["GET"] * 6


def test_a_second_page_asks_python_for_no_file(here: Page, plugin_site: str) -> None:
    counts = []
    for _ in range(2):
        follow(here, f"{plugin_site}app/world/airports")
        here.wait_for_load_state("networkidle")
        counts.append(len(asked(here, "/static")))
    assert counts[0] == counts[1] > 0


def test_each_instance_has_its_own(here: Page, plugin_site: str) -> None:
    key = new_id()
    other = f"/{MEMORY.partition('-')[0]}-/static/app.css?{key}"
    for _ in range(2):
        fetch(here, f"{CSS}?{key}")
    page = here.context.new_page()
    page.set_default_timeout(BOOT_TIMEOUT)
    follow(page, f"{plugin_site}{MEMORY.partition('-')[0]}")
    for _ in range(2):
        assert fetch(page, other).text == fetch(here, CSS).text
    assert asked(page, key, MEMORY) == asked(here, key) == ["GET"]
    page.close()
