"""A few real plugins, installed by a link: each does its main job.

`make compatibility` tries many more, beside a native Datasette; tests/compatibility/ has the cases.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.compatibility import wheels
from tests.compatibility.cases import CASES
from tests.compatibility.outcomes import CACHE
from tests.compatibility.runs import open_here
from tests.support.hosts import DataHost, static_site

#: Whose maps are elsewhere, where no test goes.
TILES = "datasette-cluster-map"


@pytest.fixture(scope="module")
def plugin_index_site() -> Iterator[str]:
    """A site that serves the wheels of these plugins."""
    out = CACHE / "subset" / "dist"
    wheels.build(wheels.subset_site(), out)
    with static_site(out) as address:
        yield address


@pytest.mark.parametrize("name", [name for name in wheels.SUBSET if name != TILES])
def test_plugin_does_what_it_is_for(
    name: str, page: Page, plugin_index_site: str, files: DataHost
) -> None:
    CASES[name].check(open_here(CASES[name], page, plugin_index_site, files))


@pytest.mark.console_errors  # the map's tiles cannot be had
def test_map_shows_its_markers(page: Page, plugin_index_site: str, files: DataHost) -> None:
    CASES[TILES].check(open_here(CASES[TILES], page, plugin_index_site, files))
