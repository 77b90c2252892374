"""Readers start tables in Sphinx and MkDocs documentation, also without a network."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import BOOT_TIMEOUT
from tests.support.deploys import Host
from tests.support.documentation import EXAMPLES, build_mkdocs, build_sphinx
from tests.support.kept import wait_for_parts


@pytest.mark.console_errors  # MkDocs' own search, which does not work without a network
@pytest.mark.parametrize(("tool", "build"), [("sphinx", build_sphinx), ("mkdocs", build_mkdocs)])
def test_a_table_in_documentation_starts_on_a_click_and_offline(
    page: Page, host: Host, tmp_path: Path, tool: str, build: Callable[[Path, Path], object]
) -> None:
    shutil.copytree(EXAMPLES / tool, tmp_path / "source")
    build(tmp_path / "source", tmp_path / "docs")
    host.sites["/"] = tmp_path / "docs"

    def start() -> None:
        embed = page.locator("datasette-lite").first
        expect(embed.get_by_text("Torgersen")).to_be_visible()
        embed.get_by_role("button", name="Explore the penguins").click()
        rows = embed.locator("iframe").content_frame.locator("table.rows-and-columns tbody tr")
        expect(rows.first).to_be_visible(timeout=BOOT_TIMEOUT)

    page.goto(host.address())
    page.wait_for_load_state("networkidle")
    of_site = [path for path in host.requests if path.startswith("/lite/")]
    assert of_site == ["/lite/embed.js"]
    start()
    wait_for_parts(page, "/lite/")
    page.reload()
    host.unplug()
    start()
