"""Isolates tests that run in one process, and limits the processor time of those that say so."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time

import pytest

from engine.datasette.adaptations import facet_budget
from tests.support.plugin_registry import plugins_kept

# Datasette looks up how a page finds its facets once, at the first table page of the process.
facet_budget.install()


@pytest.fixture(autouse=True)
def _plugins_kept() -> Iterator[None]:
    with plugins_kept():
        yield


@pytest.fixture(autouse=True)
def _cpu_seconds(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that takes more processor time than its mark `cpu_seconds` allows."""
    mark = request.node.get_closest_marker("cpu_seconds")
    before = process_time()
    yield
    if mark is not None:
        seconds = process_time() - before
        assert seconds < mark.args[0], f"it took {seconds:.1f} s of processor time"
