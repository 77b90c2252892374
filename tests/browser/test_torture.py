"""Kills and deploys at random moments under continuous writes: no acknowledged write is lost, none
doubled.

A few of them here; `make torture` runs a hundred.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.browsing import HURRIED
from tests.support.deploys import Host
from tests.support.hosts import DataHost
from tests.support.raw_chromium import raw_browser
from tests.support.torture import torture

KILLS = int(os.environ.get("KILLS", "4"))
SEED = int(os.environ.get("SEED", "1"))


@pytest.mark.timeout(600 + 60 * KILLS)
def test_kills_under_continuous_writes(host: Host, plugin_build: Path, files: DataHost) -> None:
    builds = [host.sites["/"], plugin_build]
    with raw_browser(HURRIED) as browser:
        outcome = torture(browser, host, builds, files, KILLS, SEED)
    print(f"seed {SEED}: {outcome}")
    assert outcome.lost == []
    assert outcome.doubled == []
    assert outcome.failures == []
    assert outcome.taken_over > 0
