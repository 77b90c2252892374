"""Code from a link is neither fetched nor run before the person has allowed it."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import BOOT_TIMEOUT, follow, link, stop_worker, wait_for_datasette
from tests.support.crafted_exports import key
from tests.support.hasty import has_pressed, press_at_once_on_any
from tests.support.hosts import DataHost
from tests.support.plugins import allow
from tests.support.wheels import saying, wheel

GREETING = "This was said by a plugin"


def greeter(files: DataHost) -> str:
    """Serve a plugin that says something on every page; return the address of its wheel."""
    name, content = wheel("datasette-greeter", code=saying(GREETING))
    return files.add(name, content)


def wait_for_question(page: Page) -> None:
    """Wait for the page that asks for consent."""
    expect(page.get_by_role("heading", name="Allow this code to run here?")).to_be_visible(
        timeout=BOOT_TIMEOUT
    )


def allow_after_all(page: Page) -> None:
    """Change one's mind, and see that the code runs then."""
    page.get_by_role("button", name="Decide again").click()
    wait_for_question(page)
    allow(page)
    expect(page.get_by_text(GREETING)).to_be_visible()


def notices(page: Page) -> Locator:
    """Return the page's text about its data."""
    return page.get_by_role("status", name="About this data")


def asked_for(files: DataHost, part: str) -> list[str]:
    """Return the requests for what has `part` in its path."""
    return [path for _, path in files.requests if part in path]


@pytest.mark.console_errors  # what is fetched meanwhile is refused with 403
def test_nothing_of_an_unknown_plugin_is_fetched_or_runs_before_it_is_allowed(
    page: Page, site: str, files: DataHost
) -> None:
    table = files.add("pets.csv", b"id,name\n1,cat\n")
    page.goto(link(site, "data/pets", csv=table, install=greeter(files)))
    wait_for_question(page)
    item = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(item).to_contain_text("datasette-greeter 1.0")
    expect(item).to_contain_text(files.origin.removeprefix("http://"))
    expect(page.get_by_text(f"everything saved by {site.split('/')[2]}")).to_be_visible()
    address = page.url

    # Not by waiting, not by asking for other pages of it, not after a restart of the worker.
    status = page.evaluate("async () => (await fetch('data/pets.json')).status")
    assert status == 403
    stop_worker(page)
    page.goto(address)
    wait_for_question(page)
    assert asked_for(files, ".whl") == []

    # The keyboard is enough to allow it.
    button = page.get_by_role("button", name="Allow and open")
    button.focus()
    expect(button).to_be_enabled()
    page.keyboard.press("Enter")
    wait_for_datasette(page)
    expect(page.get_by_text(GREETING)).to_be_visible()
    assert page.url == address and "data/pets" in address
    assert len(asked_for(files, ".whl")) == 1

    # Once is enough, also after a restart.
    stop_worker(page)
    follow(page, address)
    expect(page.get_by_text(GREETING)).to_be_visible()
    expect(notices(page)).to_have_count(0)


def test_without_the_plugin_it_opens_as_well_and_the_person_may_change_their_mind(
    page: Page, site: str, files: DataHost
) -> None:
    table = files.add("pets.csv", b"id,name\n1,cat\n")
    page.goto(link(site, "data/pets", csv=table, install=greeter(files)))
    wait_for_question(page)
    page.get_by_role("button", name="Open without it").click()
    wait_for_datasette(page)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_text(GREETING)).to_have_count(0)
    assert asked_for(files, ".whl") == []
    expect(notices(page)).to_contain_text("you did not allow it")

    # The answer is kept.
    address = page.url
    stop_worker(page)
    follow(page, address)
    expect(page.get_by_text(GREETING)).to_have_count(0)

    allow_after_all(page)
    expect(notices(page)).to_have_count(0)


def test_a_decision_is_about_one_link_only(page: Page, site: str, files: DataHost) -> None:
    plugin = greeter(files)
    page.goto(link(site, install=plugin, memory="1"))
    wait_for_question(page)
    allow(page)
    page.goto(link(site, install=plugin, csv=files.add("pets.csv", b"id\n1\n")))
    wait_for_question(page)
    page.get_by_role("button", name="Open without it").click()
    wait_for_datasette(page)
    expect(page.get_by_text(GREETING)).to_have_count(0)


def test_html_in_metadata_is_asked_about(page: Page, site: str, files: DataHost) -> None:
    content = {"title": "Of a link", "description_html": f"<p>{GREETING}</p>"}
    metadata = files.add("metadata.json", json.dumps(content).encode())
    page.goto(link(site, memory="1", metadata=metadata))
    wait_for_question(page)
    item = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(item).to_contain_text("metadata.json")
    expect(item).to_contain_text("description_html")
    page.get_by_role("button", name="Open without it").click()
    wait_for_datasette(page)
    expect(page.get_by_role("heading", name="Of a link")).to_be_visible()
    expect(page.get_by_text(GREETING)).to_have_count(0)
    allow_after_all(page)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_the_question_is_accessible_and_fits(
    browser: Browser, site: str, files: DataHost, scheme: str, width: int
) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 740},
    )
    page = context.new_page()
    page.goto(link(site, memory="1", install=[greeter(files), "datasette-of-the-index"], ref="pre"))
    wait_for_question(page)
    items = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(items).to_have_text(
        [
            re.compile(r"^datasette-greeter 1\.0\s*Plugin from localhost"),
            re.compile(r"^datasette-of-the-index\s*Plugin from the package index"),
            re.compile(r"^Datasette, newest pre-release"),
        ]
    )
    assert accessibility_problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.title().startswith("Allow this code to run here?")
    context.close()


def test_plugins_and_a_version_can_be_asked_for_in_the_form(
    page: Page, site: str, files: DataHost
) -> None:
    page.goto(site)
    page.get_by_text("Plugins and version").click()
    plugins = page.get_by_label("Plugins", exact=True)
    plugins.fill("https://example.org/archive.zip")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("neither the name of a package nor")
    expect(plugins).to_be_focused()
    expect(plugins).to_have_attribute("aria-invalid", "true")
    plugins.fill(f"datasette-of-the-index==1.2 {greeter(files)}")
    expect(page.get_by_role("alert")).to_have_text("")
    page.get_by_label("Version of Datasette").fill("1.0a40")
    page.get_by_label("Open a URL").fill(files.add("pets.csv", b"id,name\n1,cat\n"))
    recognised = page.get_by_role("list", name="Recognised").get_by_role("listitem")
    expect(recognised).to_have_text(
        [
            re.compile("pets.csv.*CSV file"),
            re.compile("datasette-of-the-index==1.2.*from the package index.*Plugin"),
            re.compile("datasette-greeter 1.0.*from localhost.*Plugin"),
            re.compile("Datasette 1.0a40.*from the package index"),
        ]
    )
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Open", exact=True).click()
    wait_for_question(page)
    items = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(items).to_have_count(3)
    assert asked_for(files, ".whl") == []


def test_an_answer_is_about_what_was_shown(page: Page, site: str, files: DataHost) -> None:
    def html(text: str) -> bytes:
        return json.dumps({"description_html": f"<p>{text}</p>"}).encode()

    metadata = files.add("m.json", html(GREETING))
    config = files.add("c.json", b"{}")
    page.goto(link(site, memory="1", metadata=metadata, config=config))
    wait_for_question(page)
    items = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(items).to_contain_text(["m.json"])
    # Meanwhile the worker ends, and the files are others.
    stop_worker(page)
    files.add("m.json", html("Something else"))
    files.add("c.json", b'{"extra_js_urls": ["https://evil.test/x.js"]}')
    page.get_by_role("button", name="Allow and open").click()
    expect(items).to_contain_text(["m.json", "c.json"])
    page.get_by_role("button", name="Open without them").click()
    wait_for_datasette(page)
    expect(page.get_by_text("Something else")).to_have_count(0)
    expect(page.get_by_text(GREETING)).to_have_count(0)


def test_code_cannot_be_allowed_by_a_click_that_was_meant_for_something_else(
    page: Page, site: str, files: DataHost
) -> None:
    press_at_once_on_any(page, "Allow and open")
    page.goto(link(site, memory="1", install=greeter(files)))
    wait_for_question(page)
    button = page.get_by_role("button", name="Allow and open")
    assert has_pressed(page)
    expect(page.locator("#consent")).to_have_attribute("data-state", "asking")
    expect(button).not_to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("You can choose “Allow and open” now.")).to_be_attached()
    # Whoever comes back to the page has to look at it again.
    page.evaluate("document.hasFocus = () => false; dispatchEvent(new Event('blur'))")
    expect(button).to_have_attribute("aria-disabled", "true")
    page.evaluate("document.querySelector('button').click()")
    expect(page.locator("#consent")).to_have_attribute("data-state", "asking")
    page.evaluate("delete document.hasFocus; dispatchEvent(new Event('focus'))")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).not_to_have_attribute("aria-disabled", "true")
    assert asked_for(files, ".whl") == []
    allow(page)
    expect(page.get_by_text(GREETING)).to_be_visible()


def test_known_vulnerabilities_of_a_datasette_are_told(page: Page, site: str) -> None:
    page.goto(link(site, memory="1", ref="1.0a20"))
    wait_for_question(page)
    item = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(item).to_contain_text("This version has published vulnerabilities that allow")
    expect(item).to_contain_text("GHSA-h547-rmjf-5m2m")
    expect(item).to_contain_text("CVE-2025-64481")


@pytest.mark.parametrize(
    "wanted",
    [
        "datasette-vega @ //{host}/x-1-py3-none-any.whl",
        "datasette-vega @ http:\\\\{host}\\x-1-py3-none-any.whl",
    ],
)
def test_an_address_that_looks_like_none_is_not_fetched(
    page: Page, site: str, files: DataHost, wanted: str
) -> None:
    host = files.origin.removeprefix("http://")
    recipe = f"install={quote(wanted.format(host=host), safe='')}&memory=1"
    page.goto(f"{site}app/@{key(recipe)}/")
    wait_for_datasette(page)
    expect(notices(page)).to_contain_text("neither the name of a package nor the address")
    assert asked_for(files, ".whl") == []


def test_what_is_shown_of_an_address_is_what_is_fetched(
    page: Page, site: str, files: DataHost
) -> None:
    name, content = wheel("datasette-greeter", code=saying(GREETING))
    address = files.add(f"d/{name}", content)
    written = address.replace("http://", "HTTP://").replace("/d/", "/a/../d/")
    recipe = f"install={quote(written, safe='')}&memory=1"
    page.goto(f"{site}app/@{key(recipe)}/")
    wait_for_question(page)
    item = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(item.locator("code")).to_have_text(address)
    allow(page)
    expect(page.get_by_text(GREETING)).to_be_visible()
    assert asked_for(files, ".whl") == [f"/d/{name}"]
