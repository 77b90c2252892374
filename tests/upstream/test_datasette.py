"""Datasette's own browser tests, on the built site: whatever passes natively passes here.

Only their server is replaced, by a workspace that is opened with the same files. The tests also
send it requests from Python; here a page sends those. NATIVE=1 keeps the server, to see whether it
is the site that makes a test fail.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import pytest
from datasette.fixtures import write_fixture_database
from playwright.sync_api import Page

from tests.support.browsing import follow, link
from tests.support.hosts import DataHost
from tests.upstream.conftest import upstream

_MODULE = upstream()

#: Tests that make no sense here, and why.
_ELSEWHERE = {
    "test_bulk_insert_conflicts_hide_upsert_without_update_permission": "everybody is root here",
    "test_count_all_error_retry": "Playwright's routes miss what a service worker answers",
}

for _name, _test in vars(_MODULE).items():
    if _name in _ELSEWHERE and not os.environ.get("NATIVE"):
        _test = pytest.mark.skip(reason=_ELSEWHERE[_name])(_test)
    if _name.startswith("test_"):
        globals()[_name] = _test

_FETCH = """async (url) => {
  const response = await fetch(url, { cache: "no-store" });
  return [response.status, [...new Uint8Array(await response.arrayBuffer())]];
}"""


class _FromPage:
    """As much of httpx2 as the tests use; a tab of its own sends the requests."""

    def __init__(self, page: Page) -> None:
        self._tested = page
        self._page: Page | None = None

    def get(self, url: str, params: Mapping[str, str] | None = None) -> httpx2.Response:
        if self._page is None:
            self._page = self._tested.context.new_page()
            self._page.goto(url)
        request = httpx2.Request("GET", url, params=params)
        status, body = self._page.evaluate(_FETCH, str(request.url))
        return httpx2.Response(status, content=bytes(body), request=request)


if os.environ.get("NATIVE"):
    datasette_server = _MODULE.datasette_server
else:

    @pytest.fixture
    def datasette_server(
        page: Page, site: str, files: DataHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[str]:
        """The address of a workspace with the files of the tests."""
        write_fixture_database(str(tmp_path / "fixtures.db"))
        _MODULE.write_playwright_database(str(tmp_path / "data.db"))
        _MODULE.write_playwright_config(tmp_path / "datasette.json")
        urls = {path.name: files.add(path.name, path.read_bytes()) for path in tmp_path.iterdir()}
        databases = [urls["fixtures.db"], urls["data.db"]]
        follow(page, link(site, url=databases, config=urls["datasette.json"]))
        monkeypatch.setattr(_MODULE, "httpx2", _FromPage(page))
        yield page.url
