"""<datasette-lite> in a page of another site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.browsing import BOOT_TIMEOUT, ConsoleWatch
from tests.support.embedding import Handbook, reader
from tests.support.hosts import DataHost

PENGUINS = b"id,species,mass\n1,Adelie,3750\n2,Gentoo,5000\n3,Adelie,3800\n"


@pytest.fixture(scope="module")
def _reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with reader(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture
def handbook(
    _reader: BrowserContext, site: str, files: DataHost, request: pytest.FixtureRequest
) -> Iterator[Handbook]:
    watch = ConsoleWatch(_reader)
    page = _reader.new_page()
    handbook = Handbook(page, site, files)
    handbook.add("penguins.csv", PENGUINS)
    yield handbook
    page.close()
    if request.node.get_closest_marker("console_errors") is None:
        assert watch.errors == [], "the console shows errors"


def test_an_embed_starts_when_it_is_asked_to(handbook: Handbook) -> None:
    handbook.show(
        '<datasette-lite csv="penguins.csv" path="/data/penguins?_facet=species"></datasette-lite>'
    )
    expect(handbook.embed()).to_contain_text("penguins, from penguins.csv")
    assert [url for url in handbook.requests if not url.endswith("/embed.js")] == []
    handbook.button().click()
    frame = handbook.frame()
    expect(frame.get_by_text("Gentoo").first).to_be_visible(timeout=BOOT_TIMEOUT)
