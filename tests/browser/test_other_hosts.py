"""Hosts other than the usual: Python's own, with a strict policy, and with a login in front."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from datasette_lite.page_policy import header
from tests.support.browsing import follow, stop_worker, wait_for_datasette
from tests.support.deploys import Host
from tests.support.kept import wait_for_parts

DIST = Path(__file__).resolve().parents[2] / "dist"

STRICT = (
    "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; object-src 'none'; base-uri 'none'"
)


@pytest.fixture
def plain_host() -> Iterator[str]:
    """The address of the site on `python -m http.server`."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    command += ["--directory", str(DIST)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        port = re.search(rb"port (\d+)", server.stdout.readline())
        assert port is not None
        yield f"http://localhost:{int(port[1])}/"
        server.terminate()


def test_the_site_works_on_the_server_that_python_brings(page: Page, plain_host: str) -> None:
    follow(page, f"{plain_host}#/data/penguins")
    expect(page.locator("table.rows-and-columns")).to_be_visible()
    # Once visited, an address opens by itself.
    follow(page, page.url)
    expect(page.locator("table.rows-and-columns")).to_be_visible()


@pytest.mark.console_errors  # the browser's own, of the inline script that the policy forbids
def test_the_site_works_under_a_strict_policy(page: Page, host: Host) -> None:
    host.headers["Content-Security-Policy"] = STRICT
    page.goto(host.address())
    page.get_by_role("link", name="Palmer penguins").click()
    wait_for_datasette(page)
    expect(page.locator("table.rows-and-columns")).to_be_visible()
    # Datasette's own pages need inline scripts, which the worker's answers allow.
    page.locator("th .dropdown-menu-icon").first.click()
    expect(page.get_by_text("Sort ascending")).to_be_visible()
    wait_for_parts(page)
    stop_worker(page)
    host.unplug()
    follow(page, page.url)
    expect(page.locator("table.rows-and-columns")).to_be_visible()


def test_a_copied_address_opens_under_a_policy_that_names_the_inline_scripts(
    page: Page, host: Host
) -> None:
    host.headers["Content-Security-Policy"] = header(host.sites["/"])
    follow(page, f"{host.address()}app/data/penguins")
    expect(page.locator("table.rows-and-columns")).to_be_visible()


# The browser looks for a newer worker whenever it likes, and logs that it may not have one.
@pytest.mark.console_errors
def test_the_site_works_behind_a_login(page: Page, host: Host) -> None:
    host.login = "session=1"
    page.context.add_cookies([{"name": "session", "value": "1", "url": host.address()}])
    follow(page, f"{host.address()}app/data/penguins")
    expect(page.locator("table.rows-and-columns")).to_be_visible()
    wait_for_parts(page)
    page.context.clear_cookies()
    stop_worker(page)
    follow(page, page.url)
    expect(page.locator("table.rows-and-columns")).to_be_visible()
