"""Packages with native code come from Pyodide's distribution, after the same question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import link, stop_worker, wait_for_datasette
from tests.support.deploys import Host, deploy_host
from tests.support.hosts import DataHost
from tests.support.kept import wait_for_site
from tests.support.plugins import allow, notices
from tests.support.sites import BUILDS, with_distribution
from tests.support.wheels import listed, native_wheel, saying, wheel

NATIVE = """
from native_code import _python_calamine
from datasette import hookimpl
import other_code
@hookimpl
def extra_body_script():
    made = _python_calamine.__name__ + " of " + other_code.NAME
    return f"document.body.insertAdjacentHTML('beforeend', '<p>{made} works</p>');"
"""


@pytest.fixture
def host(tmp_path: Path, files: DataHost) -> Iterator[Host]:
    """A site whose package index lacks what has native code; another host has that."""
    for made in [
        wheel("datasette-top", code="import middle\n" + NATIVE, requires=("middle",)),
        wheel("middle", plugin=False, requires=("native-code>=1",)),
        wheel("native-code", "2.0", plugin=False, tag="cp314-cp314-manylinux_2_17_x86_64"),
        wheel("datasette-wants", code=saying("wants"), requires=("native-code>=2",)),
    ]:
        (tmp_path / made[0]).write_bytes(made[1])
    native = native_wheel("native-code")
    other = wheel("other-code", plugin=False, code="NAME = 'the other'")
    files.add(f"full/{native[0]}", native[1])
    files.add(f"full/{other[0]}", other[1])
    has = listed(*native, needs=["other-code"]) | listed(*other)
    site = with_distribution(BUILDS / "native-site", tmp_path, f"{files.origin}/full/", has)
    with deploy_host(site) as running:
        yield running


def test_native_code_of_a_plugin_s_dependency(page: Page, host: Host, files: DataHost) -> None:
    data = files.add("trees.csv", b"a\n1\n")
    native_host = files.origin.removeprefix("http://")
    page.goto(link(host.address(), csv=data, install="datasette-top"))
    expect(page.get_by_text(f", or {native_host} for native code")).to_be_visible()
    assert not [path for _, path in files.requests if path.startswith("/full/")]
    allow(page)
    expect(page.get_by_text("_python_calamine of the other works")).to_be_visible()
    expect(notices(page)).to_have_count(0)
    assert len([path for _, path in files.requests if path.startswith("/full/")]) == 2
    # From then on, it needs neither of the hosts.
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    wait_for_site(page)
    files.files.clear()
    host.unplug()
    stop_worker(page)
    page.goto(address)
    wait_for_datasette(page)
    expect(page.get_by_text("_python_calamine of the other works")).to_be_visible()


def test_native_code_that_was_never_built(page: Page, host: Host, files: DataHost) -> None:
    page.goto(link(host.address(), csv=files.add("t.csv", b"a\n1\n"), install="datasette-wants"))
    allow(page)
    expect(notices(page)).to_contain_text(
        "datasette-wants cannot be installed: it needs native-code, which has native code, and"
        " only version 1.0 of it was built for browsers, not >=2."
    )
