"""Sharing: the way back and onward on every page, links and files of what is open, and what people
who get them see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.bringing import drop, import_all
from tests.support.browsing import BOOT_TIMEOUT, click_through, follow, link, wait_for_datasette
from tests.support.hosts import DataHost

BIRDS = b"name,legs\nRobin,2\nOstrich,2\n"


@pytest.fixture
def elsewhere(browser: Browser) -> Iterator[Page]:
    """A tab in the browser of somebody else."""
    context = browser.new_context()
    context.set_default_timeout(BOOT_TIMEOUT)
    yield context.new_page()
    context.close()


def share(page: Page) -> Locator:
    """Open the dialog “Share” and return it."""
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog", name="Share this page")
    expect(dialog).to_be_visible()
    return dialog


def test_every_page_leads_back_and_onward(page: Page, site: str) -> None:
    follow(page, f"{site}app/world/countries")
    page.get_by_role("img", name="Menu").click()
    menu = page.locator(".nav-menu-inner")
    for name in ("New workspace", "Start page"):
        expect(menu.get_by_role("link", name=name)).to_be_visible()
    for name in ("Open files…", "Share…"):
        expect(menu.get_by_role("button", name=name)).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_file_chooser():
        page.get_by_role("button", name="Open files…", exact=True).click()
    page.get_by_role("banner").get_by_role("link", name="Start page").first.click()
    expect(page).to_have_url(site)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_bar_and_the_dialog_fit(page: Page, site: str, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 780})
    page.add_init_script(
        """new PerformanceObserver((list) => {
            // Datasette's own script lays its tables out again.
            const isOfHeader = ({ node }) => node?.parentElement?.closest("header");
            const entries = list.getEntries().filter(({ sources }) => sources.some(isOfHeader));
            for (const { value } of entries) window.shift = (window.shift ?? 0) + value;
        }).observe({ type: "layout-shift", buffered: true })"""
    )
    follow(page, f"{site}app/world/countries")
    expect(page.get_by_role("banner").get_by_role("link", name="Start page").first).to_be_visible()
    assert page.evaluate("window.shift ?? 0") <= 0.01
    if width < 640:
        page.get_by_role("img", name="Menu").click()
        # All of the menu can be seen.
        assert page.evaluate(
            """() => {
                const { x, y } = document.querySelector(".nav-menu-inner li:last-child")
                    .getBoundingClientRect();
                return document.elementFromPoint(x + 9, y + 9).closest(".nav-menu-inner") !== null;
            }"""
        )
        page.get_by_role("button", name="Share…").click()
        dialog = page.get_by_role("dialog", name="Share this page")
    else:
        dialog = share(page)
    expect(dialog.get_by_text("Everything on this page is included.")).to_be_visible()
    dialog.get_by_text("QR code").click()
    dialog.get_by_text("Embed it in a web page").click()
    assert accessibility_problems(page, "#lite-share") == []
    assert dialog.evaluate("(element) => element.scrollWidth <= element.clientWidth")


def test_a_link_to_a_view_opens_that_view_elsewhere(
    visitor: BrowserContext, page: Page, elsewhere: Page, site: str, files: DataHost
) -> None:
    visitor.grant_permissions(["clipboard-read", "clipboard-write"])
    address = files.add("birds.csv", BIRDS)
    follow(page, link(site, "data/birds?_facet=legs&name__contains=Ro", csv=[address]))
    dialog = share(page)
    dialog.get_by_role("button", name="Copy link").click()
    expect(dialog.get_by_text("Copied", exact=True)).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert dialog.get_by_label("Link", exact=True).input_value() == copied
    dialog.get_by_text("Embed it in a web page").click()
    code = dialog.get_by_label("HTML code").input_value()
    assert f'src="{site}embed.js"' in code
    assert 'path="/data/birds?_facet=legs&amp;name__contains=Ro"' in code
    follow(elsewhere, copied)
    assert elsewhere.url == page.url
    expect(elsewhere.get_by_role("cell", name="Robin")).to_be_visible()


def test_what_a_link_leaves_out_is_said_and_goes_into_a_file(
    page: Page, elsewhere: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    follow(page, link(site, "data/birds", csv=[files.add("birds.csv", BIRDS)]))
    workspace = page.url
    drop(page, {"trees.csv": b"name\nOak\n"})
    import_all(page)
    wait_for_datasette(page)
    dialog = share(page)
    expect(dialog).to_contain_text(
        "Not included, because it is only in this browser: the file trees.csv and your changes to"
        " the data."
    )
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Save as a file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    # A person who only has the link is told what is missing.
    follow(elsewhere, workspace)
    elsewhere.goto(workspace.replace("birds", "trees"))
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text(
        "There is no table “trees” in “data”"
    )
    expect(elsewhere.get_by_text("in their own browser")).to_be_visible()
    # With the file, they have all of it.
    drop(elsewhere, {file.name: file.read_bytes()})
    replace = elsewhere.get_by_role("dialog")
    replace.get_by_label("Replace it with the one from the file").check()
    replace.get_by_role("button", name="Import").click(delay=1200)
    elsewhere.wait_for_url(re.compile(r"/app/@[\w-]+/$"))
    wait_for_datasette(elsewhere)
    elsewhere.goto(workspace.replace("birds", "trees"))
    expect(elsewhere.get_by_role("cell", name="Oak")).to_be_visible()


def test_own_files_are_shared_as_a_file_that_opens_by_dropping_it(
    page: Page, elsewhere: Page, site: str, tmp_path: Path
) -> None:
    page.goto(site)
    page.wait_for_load_state("networkidle")
    drop(page, {"birds.csv": BIRDS})
    import_all(page)
    wait_for_datasette(page)
    dialog = share(page)
    expect(dialog.get_by_label("Link", exact=True)).to_have_count(0)
    expect(dialog).to_contain_text("This workspace is only in this browser")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Save as a file").click()
    assert download.value.suggested_filename == "birds.zip"
    file = tmp_path / "birds.zip"
    download.value.save_as(file)
    elsewhere.goto(site)
    elsewhere.wait_for_load_state("networkidle")
    drop(elsewhere, {file.name: file.read_bytes()})
    elsewhere.wait_for_url(re.compile(r"/app/@[\w-]+/$"))
    wait_for_datasette(elsewhere)
    elsewhere.get_by_role("link", name="birds", exact=True).first.click()
    expect(elsewhere.get_by_role("cell", name="Ostrich")).to_be_visible()


def test_embeds_have_no_bar(page: Page, site: str, files: DataHost) -> None:
    follow(page, link(site, "data/birds", csv=[files.add("birds.csv", BIRDS)], embed="1"))
    expect(page.get_by_role("link", name="Start page")).to_have_count(0)
    expect(page.get_by_role("button", name="Share", exact=True)).to_have_count(0)


def test_the_only_table_of_a_link_opens(page: Page, site: str, files: DataHost) -> None:
    address = files.add("birds.csv", BIRDS)
    follow(page, link(site, csv=[address]))
    assert page.url.endswith("/data/birds")
    # With a place in the link, that one; with several tables, the home page.
    follow(page, f"{link(site, csv=[address])}#/")
    assert page.url.endswith("/")
    follow(page, link(site, csv=[address, files.add("trees.csv", b"a\n1\n")]))
    assert page.url.endswith("/")
    click_through(page.get_by_role("banner").get_by_role("link", name="Start page").first)
