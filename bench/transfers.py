"""Measures how many bytes a first visit transfers, up to its first table and in all, from a host
that compresses nothing.
"""

from __future__ import annotations

import time
from pathlib import Path

from bench.visits import TABLE, old_address, seconds_until_rows
from tests.support.browsing import link
from tests.support.deploys import deploy_host
from tests.support.raw_chromium import raw_chromium

#: Seconds without a request after which no more are expected.
QUIET = 5.0


def _megabytes(folder: Path, path: str) -> tuple[float, float]:
    with deploy_host() as host, raw_chromium() as tab:
        host.sites["/"] = folder
        seconds_until_rows(tab, host.address() + path)
        before = sum(host.sent.values())
        count = -1
        while count != len(host.requests):
            count = len(host.requests)
            time.sleep(QUIET)
        return before / 1e6, sum(host.sent.values()) / 1e6


def measure(site: Path, old_way: Path) -> dict[str, tuple[float, float]]:
    """Return MB from the site and the old way, by measurement."""
    on_site = _megabytes(site, link("", TABLE, url="data/world.db"))
    old = _megabytes(old_way, old_address(""))
    whats = ["up to the first table, data included", "once nothing more comes"]
    return dict(zip(whats, zip(on_site, old, strict=True), strict=True))
