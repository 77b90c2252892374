"""Hosts other than the usual: Python's own, with a strict policy, and with a login in front."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from datasette_lite.page_policy import header
from tests.support.asgi import fetch
from tests.support.browsing import follow, stop_worker, wait_for_datasette
from tests.support.deploys import Host
from tests.support.kept import wait_for_parts
from tests.support.raw_chromium import PATIENCE, wait_until

PROJECT = Path(__file__).resolve().parents[2]
DIST = PROJECT / "dist"

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


#: What surrounds the recipe of docs/hosting.md in the configuration of a whole nginx.
NGINX = """
daemon off; pid {folder}/pid; error_log stderr;
{user}
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; {recipe} }}
}}
"""


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[str]:
    """The address of the site on nginx, with the recipe of docs/hosting.md."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip("nginx is not installed")
    [recipe] = re.findall(r"```nginx\n(.*?)```", (PROJECT / "docs/hosting.md").read_text(), re.S)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Started by root, its workers could not read a home directory.
    user = f"user {PROJECT.owner()};" if Path("/proc/self").owner() == "root" else ""
    settings = {"folder": tmp_path, "port": port, "user": user}
    settings["recipe"] = recipe.replace("/srv/site/", f"{DIST}/")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(NGINX.format(**settings))

    def answers() -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    with subprocess.Popen([program, "-c", str(configuration)]) as server:
        wait_until(lambda: answers() or server.poll() is not None, PATIENCE, "the start of nginx")
        yield f"http://localhost:{port}/data/"
        server.terminate()


def test_the_recipe_for_nginx_works(page: Page, nginx: str) -> None:
    # A copied address in a browser that has never been here is answered with 404.html.
    follow(page, f"{nginx}app/data/penguins")
    expect(page.locator("table.rows-and-columns")).to_be_visible()
    wait_for_parts(page)
    stop_worker(page)
    follow(page, page.url)
    assert fetch(page, f"{nginx}manifest.webmanifest").headers["content-type"] == (
        "application/manifest+json"
    )
    used = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    [versioned, *_] = [name for name in used if "/v/" in name]
    lasting = page.request.get(versioned)
    assert lasting.ok and "immutable" in lasting.headers["cache-control"]
    assert page.request.get(f"{nginx}sw.js").headers["cache-control"] == "no-cache"
    compiled = next((DIST / "runtime").glob("**/*.wasm"), None)
    if compiled is not None:
        answer = page.request.get(f"{nginx}{compiled.relative_to(DIST)}")
        assert answer.headers["content-type"] == "application/wasm"
