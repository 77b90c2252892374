"""Runs a Chromium with its own profile and caches on disk, like a person's browser."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from find_browser import find_browser
from playwright.sync_api import BrowserContext, sync_playwright

from tests.support.browsing import BOOT_TIMEOUT, FLAGS
from tests.support.processes import commands, with_descendants
from tests.support.raw_chromium import RawBrowser, raw_browser

#: Seconds after its start in which a browser still prepares its own interface, such as the popup
#: of its address bar. That takes a second of processor time.
SETTLING = 4.0


@dataclass(frozen=True)
class Visitor:
    """A running browser whose profile is new."""

    context: BrowserContext
    profile: str
    version: str


@contextlib.contextmanager
def new_visitor() -> Iterator[Visitor]:
    """Run a browser that has never visited anything."""
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=find_browser(), args=FLAGS
        )
        context.set_default_timeout(BOOT_TIMEOUT)
        version = context.browser.version if context.browser else "of unknown version"
        try:
            yield Visitor(context, profile, version)
        finally:
            context.close()


@contextlib.contextmanager
def settled_browser() -> Iterator[RawBrowser]:
    """Run a browser that has never visited anything, but has been open a while; not watched."""
    with raw_browser() as browser:
        time.sleep(SETTLING)
        yield browser


def processes(visitor: Visitor) -> set[int]:
    """Return the ids of the browser's processes: those started with its profile, and children."""
    # Chromium rewrites the command lines of its processes, with spaces.
    profile = f"--user-data-dir={visitor.profile}"
    found = commands().items()
    return with_descendants({one for one, words in found if profile in " ".join(words).split(" ")})
