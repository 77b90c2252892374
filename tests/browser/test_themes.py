"""Light and dark: Datasette's pages, and those of the site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import BOOT_TIMEOUT, ConsoleWatch, follow, link

PAGES = [
    "",
    "world",
    "world/airports?_facet=country&_size=20",
    "world/airports/1",
    "world/-/query?sql=select+1+as+one%2C+%27two%27+as+two",
    "world/-/queries",
    "world/-/schema",
    "-/sources",
    "-/install",
    "world/missing",
]

#: Lightness of a colour that the browser computed, of 255.
LIGHTNESS = """(element) => {
    const numbers = getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map(Number);
    return (numbers[0] + numbers[1] + numbers[2]) / 3;
}"""


@pytest.fixture(scope="module")
def _dark(browser: Browser, site: str) -> Iterator[Page]:
    context = browser.new_context(color_scheme="dark")
    context.set_default_timeout(BOOT_TIMEOUT)
    page = context.new_page()
    follow(page, f"{site}app/")
    yield page
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.console_errors  # a page that does not exist is among them
def test_everything_can_be_read_in_the_dark(_dark: Page, site: str, path: str, width: int) -> None:
    _dark.set_viewport_size({"width": width, "height": 900})
    _dark.goto(f"{site}app/{path}")
    expect(_dark.locator("body")).to_have_css("background-color", "rgb(15, 22, 33)")
    problems = [one for one in accessibility_problems(_dark) if one.startswith("color-contrast")]
    assert problems == []


def test_menus_and_dialogs_are_dark(_dark: Page, site: str) -> None:
    _dark.set_viewport_size({"width": 1280, "height": 900})
    _dark.goto(f"{site}app/world/airports")
    _dark.locator(".page-action-menu summary").click()
    assert _dark.locator(".page-action-menu .dropdown-menu").evaluate(LIGHTNESS) < 60
    _dark.keyboard.press("Escape")
    _dark.get_by_role("button", name="Insert row").click()
    dialog = _dark.locator("dialog.datasette-modal[open]").first
    expect(dialog).to_be_visible()
    assert dialog.evaluate(LIGHTNESS) < 60
    assert [one for one in accessibility_problems(_dark) if one.startswith("color-")] == []


def test_a_person_can_have_the_other_theme(browser: Browser, site: str) -> None:
    context = browser.new_context(color_scheme="dark")
    watch = ConsoleWatch(context)
    page = context.new_page()
    follow(page, f"{site}app/world")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.locator("details.nav-menu summary").click()
    page.get_by_role("button", name="Light theme").click()
    expect(root).to_have_attribute("data-theme", "light")
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", "rgb(248, 250, 251)")
    # The site's own pages do as Datasette's.
    page.goto(f"{site}saved.html")
    expect(root).to_have_attribute("data-theme", "light")
    assert page.locator("body").evaluate(LIGHTNESS) > 200
    page.goto(f"{site}app/world")
    page.locator("details.nav-menu summary").click()
    page.get_by_role("button", name="Dark theme").click()
    expect(root).to_have_attribute("data-theme", "dark")
    assert page.evaluate("localStorage.getItem('datasette-lite theme')") is None
    assert watch.errors == []
    context.close()


def test_where_the_system_prefers_light_nothing_is_dark(page: Page, site: str) -> None:
    follow(page, link(site, "world/continents", url="data/world.db"))
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("body")).to_have_css("background-color", "rgb(248, 250, 251)")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(15, 22, 33)")
