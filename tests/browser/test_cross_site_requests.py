"""Other sites send requests of every method, referrer policy and origin to a private workspace.

`make other-browsers` does the same elsewhere.
"""

from __future__ import annotations

from tests.support.cross_site import attack
from tests.support.hosts import DataHost
from tests.support.raw_chromium import raw_chromium


def test_nothing_of_other_sites_reaches_a_private_workspace(site: str, files: DataHost) -> None:
    with raw_chromium() as tab:
        assert attack(tab, site, files, tab.evaluate) == []
