"""Datasette's register of plugins, which all instances of a process share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from datasette.plugins import pm


@contextlib.contextmanager
def plugins_kept() -> Iterator[None]:
    """Afterwards, unregister plugins that were registered within, as by the site's folder."""
    before = set(pm.get_plugins())
    yield
    for plugin in set(pm.get_plugins()) - before:
        pm.unregister(plugin)
