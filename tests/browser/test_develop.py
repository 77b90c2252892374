"""The window of `make dev`: one reload shows what was built last, whatever workers have kept."""

from __future__ import annotations

import re
from pathlib import Path

from develop import Window
from playwright.sync_api import BrowserContext, Page

from tests.support.browsing import follow, link, wait_for_datasette
from tests.support.deploys import Host
from tests.support.hosts import DataHost


def versions(page: Page) -> set[str]:
    """Return the versions of the site that the page's own files belong to."""
    return set(re.findall(r'"/v/(\w+)/', page.content()))


def test_a_reload_shows_the_last_build(
    visitor: BrowserContext, host: Host, plugin_build: Path, files: DataHost
) -> None:
    [old], [new] = (
        [folder.name for folder in (site / "v").iterdir()]
        for site in (host.sites["/"], plugin_build)
    )
    window = Window(visitor)
    page, launcher = visitor.new_page(), visitor.new_page()
    follow(page, link(host.address(), "data/t", csv=files.add("t.csv", b"a\n1\n")))
    launcher.goto(host.address())
    launcher.wait_for_load_state("networkidle")  # nothing of the old version is fetched later
    assert versions(page) == {old}
    host.sites["/"] = plugin_build
    window.reload()
    wait_for_datasette(page)
    assert versions(page) == {new}
    assert launcher.evaluate("document.scripts[0].src").split("/v/")[1].startswith(new)
    assert files.requests == [("GET", "/t.csv")], "the workspace is the one from before"
