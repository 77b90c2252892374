"""Isolates tests that run in one process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.datasette.adaptations import facet_budget
from tests.support.plugin_registry import plugins_kept

# Datasette looks up how a page finds its facets once, at the first table page of the process.
facet_budget.install()


@pytest.fixture(autouse=True)
def _plugins_kept() -> Iterator[None]:
    with plugins_kept():
        yield
