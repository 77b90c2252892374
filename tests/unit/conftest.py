"""Isolates tests that run in one process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.plugin_registry import plugins_kept


@pytest.fixture(autouse=True)
def _plugins_kept() -> Iterator[None]:
    with plugins_kept():
        yield
