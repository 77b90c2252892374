"""Attacks a private workspace from other sites; see tests/support/cross_site.py."""

from __future__ import annotations

from functools import partial
from types import ModuleType

from tests.other_browsers.driving import awaited, with_new_profile
from tests.other_browsers.visits import DIST
from tests.support.cross_site import attack
from tests.support.hosts import data_host, static_site


def try_cross_site(browser: ModuleType) -> str:
    """Return a sentence on what was tried.

    Raises:
        Missing, AssertionError: the browser is not there, or something got through.
    """
    with (
        with_new_profile(browser) as running,
        static_site(DIST) as site,
        data_host() as files,
    ):
        tab = running.new_tab()
        forbidden = attack(tab, site, files, partial(awaited, tab.evaluate))
        note = f" (it lets none of these navigate: {', '.join(forbidden)})" if forbidden else ""
        return f"{running.version}: nothing of other sites reaches a private workspace{note}"
