"""Fixtures that pytest-playwright has for Datasette's own tests, and a site with their plugin."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import BOOT_TIMEOUT, chromium
from tests.support.hosts import DataHost, data_host, static_site
from tests.upstream.release import tests_of_release

PROJECT = Path(__file__).resolve().parent.parent.parent
BUILD = PROJECT / "build" / "upstream"

expect.set_options(timeout=90_000)  # for machines with much else to do


def upstream() -> ModuleType:
    """Return the module with Datasette's own browser tests."""
    spec = importlib.util.spec_from_file_location("upstream", tests_of_release(BUILD))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark of Datasette's tests."""
    config.addinivalue_line("markers", "playwright: tests in a browser")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Fetch the tests, and build the site with their plugin, once for all processes."""
    if not hasattr(session.config, "workerinput"):
        plugins = BUILD / "plugins"
        shutil.rmtree(plugins, ignore_errors=True)
        upstream().write_playwright_plugin(plugins)
        command = [sys.executable, "scripts/build_site.py", "--out", str(BUILD / "site")]
        command += ["--plugins", str(plugins)]
        subprocess.run(command, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the launcher."""
    with static_site(BUILD / "site") as address:
        yield address


@pytest.fixture(scope="session")
def files() -> Iterator[DataHost]:
    """Another origin."""
    with data_host() as host:
        yield host


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of a browser context of its own."""
    context = browser.new_context()
    context.set_default_timeout(60_000)
    context.set_default_navigation_timeout(BOOT_TIMEOUT)
    yield context.new_page()
    context.close()
