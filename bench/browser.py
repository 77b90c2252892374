"""Runs a Chromium with its own profile and caches on disk, like a person's browser."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from find_browser import find_browser
from playwright.sync_api import BrowserContext, sync_playwright

from tests.support.browsing import BOOT_TIMEOUT, FLAGS
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


def _parents() -> dict[int, int]:
    """Return process id → parent's id for all processes."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # a process that has just ended
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return parents


def _is_of(visitor: Visitor, process: int) -> bool:
    with contextlib.suppress(OSError):
        arguments = Path(f"/proc/{process}/cmdline").read_text()
        return f"--user-data-dir={visitor.profile}" in arguments.replace("\0", " ").split(" ")
    return False


def processes(visitor: Visitor) -> set[int]:
    """Return the ids of the browser's processes: those started with its profile, and children."""
    parents = _parents()
    found = {process for process in parents if _is_of(visitor, process)}
    size = 0
    while len(found) > size:
        size = len(found)
        found |= {process for process, parent in parents.items() if parent in found}
    return found
