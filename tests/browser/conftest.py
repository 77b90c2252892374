"""Fixtures of the browser tests. Every test fails on console errors, unless it expects them."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.asgi import APPS
from tests.support.browsing import BOOT_TIMEOUT, ConsoleWatch, chromium, follow, link
from tests.support.deploys import Host, deploy_host
from tests.support.hosts import DataHost, data_host, static_site
from tests.support.shop import shop_database
from tests.support.visitors import ReturningVisitors

PROJECT = Path(__file__).resolve().parent.parent.parent
DIST = PROJECT / "dist"
PLUGIN_SITE = PROJECT / "build" / "plugin-site"

#: Title of a section in the report of a test, with its first failure.
RAN_AGAIN = "ran again"

#: How many tests may still run again in this process. A fault in the site fails more than that.
RETRIES = pytest.StashKey[int]()

#: Whether a test has failed so far.
HAS_FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=90_000)  # for machines with much else to do


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The built site; the address of its launcher."""
    assert (DIST / "sw.js").is_file(), "there is no site to test: run `make site`"
    with static_site(DIST) as address:
        yield address


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test that fails once more, in a new browser; keep its first failure for the summary.

    Chromium crashes as a whole once in thousands of stopped workers, and every test of the same
    browser fails after it.
    """
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    failure = next((report for report in reports if report.failed), None)
    if failure is not None and item.config.stash[RETRIES] > 0:
        item.config.stash[RETRIES] -= 1
        with contextlib.suppress(Exception):
            item.session._setupstate.teardown_exact(None)
        item.stash[HAS_FAILED] = False
        item._initrequest()  # type: ignore[attr-defined]
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        reports[-1].sections.append((RAN_AGAIN, failure.longreprtext))
    for report in reports:
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show why tests ran again."""
    for report in terminalreporter.getreports(""):
        for title, failure in report.sections:
            if title == RAN_AGAIN:
                terminalreporter.section(f"{report.nodeid} {RAN_AGAIN}")
                terminalreporter.write_line(failure)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether the test has failed so far, for the fixtures that clear up."""
    report = yield
    item.stash[HAS_FAILED] = item.stash.get(HAS_FAILED, False) or report.failed
    return report


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RETRIES] = 3


def pytest_sessionstart(session: pytest.Session) -> None:
    """Build the site with the plugins of tests/plugins, once for all processes that run tests."""
    if not hasattr(session.config, "workerinput"):
        command = [sys.executable, "scripts/build_site.py"]
        options = ["--out", str(PLUGIN_SITE), "--plugins", "tests/plugins"]
        subprocess.run([*command, *options], check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def plugin_build() -> Path:
    """The folder of the site built with the plugins of tests/plugins as well."""
    return PLUGIN_SITE


@pytest.fixture(scope="session")
def plugin_site(plugin_build: Path) -> Iterator[str]:
    """The site of that build; the address of its launcher."""
    with static_site(plugin_build) as address:
        yield address


@pytest.fixture
def host() -> Iterator[Host]:
    """A host of the built site that can be taken away and be given another build."""
    with deploy_host(DIST) as running:
        yield running


@pytest.fixture(scope="session")
def _data_host() -> Iterator[DataHost]:
    with data_host() as host:
        yield host


@pytest.fixture
def files(_data_host: DataHost) -> DataHost:
    """Another origin, empty."""
    _data_host.files.clear()
    _data_host.requests.clear()
    return _data_host


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with chromium() as running:
        yield running


def _watched(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    watch = ConsoleWatch(context)
    yield context
    if request.node.get_closest_marker("console_errors") is None:
        assert watch.errors == [], "the console shows errors"


@pytest.fixture
def newcomer(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser context that has never visited any site."""
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(BOOT_TIMEOUT)
    yield from _watched(context, request)
    context.close()


@pytest.fixture(scope="session")
def _returning_visitors(browser: Browser) -> Iterator[ReturningVisitors]:
    with contextlib.closing(ReturningVisitors(browser)) as visitors:
        yield visitors


@pytest.fixture
def visited(request: pytest.FixtureRequest) -> str:
    """The address of the site on which the test's visitor has been before; empty if there is none.

    Modules with a site of their own override this.
    """
    return str(request.getfixturevalue("site")) if "site" in request.fixturenames else ""


@pytest.fixture
def _returning(
    _returning_visitors: ReturningVisitors, visited: str, request: pytest.FixtureRequest
) -> Iterator[BrowserContext]:
    item = request.node
    with _returning_visitors.visit(
        visited, is_fine=lambda: not item.stash.get(HAS_FAILED, False)
    ) as context:
        yield from _watched(context, request)


@pytest.fixture
def visitor(request: pytest.FixtureRequest) -> BrowserContext:
    """A browser context with nothing saved.

    It has been on the site of the test before, if there is one, unless the test is marked
    first_visit.
    """
    is_first = request.node.get_closest_marker("first_visit") is not None
    returns = not is_first and request.getfixturevalue("visited")
    context: BrowserContext = request.getfixturevalue("_returning" if returns else "newcomer")
    return context


@pytest.fixture
def page(visitor: BrowserContext) -> Page:
    """A tab of the visitor."""
    return visitor.new_page()


def _whose_default_instance_runs(browser: Browser, site: str) -> Iterator[BrowserContext]:
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(BOOT_TIMEOUT)
    page = context.new_page()
    follow(page, f"{site}app/")
    page.close()
    yield context
    context.close()


@pytest.fixture(scope="session")
def _regular(browser: Browser, site: str) -> Iterator[BrowserContext]:
    yield from _whose_default_instance_runs(browser, site)


@pytest.fixture
def regular_page(_regular: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new tab in which the default instance runs; for tests that leave no traces."""
    page = _regular.new_page()
    watched = _watched(_regular, request)
    next(watched)
    yield page
    page.close()
    next(watched, None)


@pytest.fixture(scope="session")
def _plugin_regular(browser: Browser, plugin_site: str) -> Iterator[BrowserContext]:
    yield from _whose_default_instance_runs(browser, plugin_site)


@pytest.fixture
def here(
    _plugin_regular: BrowserContext, plugin_site: str, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page next to the applications of tests/plugins/asgi_apps.py, so that "echo" names one."""
    page = _plugin_regular.new_page()
    watched = _watched(_plugin_regular, request)
    next(watched)
    page.goto(f"{plugin_site}{APPS}page")
    yield page
    page.close()
    next(watched, None)


@pytest.fixture(scope="session")
def world() -> Iterator[sqlite3.Connection]:
    """The database that the default instance shows, to compare with."""
    connection = sqlite3.connect(PROJECT / "data" / "world.db")
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def _shop(
    browser: Browser, site: str, _data_host: DataHost
) -> Iterator[tuple[BrowserContext, str]]:
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(BOOT_TIMEOUT)
    page = context.new_page()
    follow(page, link(site, "shop", url=[_data_host.add("shop.db", shop_database())]))
    address = page.url
    page.close()
    yield context, address
    context.close()


@pytest.fixture
def shop(_shop: tuple[BrowserContext, str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new tab on the database of tests/support/shop.py; each test writes to its own tables."""
    context, address = _shop
    page = context.new_page()
    watched = _watched(context, request)
    next(watched)
    page.goto(address)
    yield page
    page.close()
    next(watched, None)
