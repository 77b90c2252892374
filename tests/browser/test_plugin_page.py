"""The page “Plugins”: finding, installing, upgrading and removing plugins inside Datasette."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import (
    BOOT_TIMEOUT,
    click_through,
    follow,
    link,
    stop_worker,
    wait_for_datasette,
)
from tests.support.hosts import DataHost, static_site
from tests.support.sites import build
from tests.support.wheels import add_to_index, repacked, saying, wheel

PROJECT = Path(__file__).resolve().parents[2]
GREETING = "This was said by a plugin"


@pytest.fixture(scope="module")
def indexed_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site with a package index of its own, empty."""
    out = tmp_path_factory.mktemp("site") / "indexed"
    build(out, index="wheels/")
    return out


@pytest.fixture
def index(indexed_build: Path) -> Path:
    """The folder of that index."""
    folder = indexed_build / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def indexed_site(indexed_build: Path) -> Iterator[str]:
    """That site; the address of its launcher."""
    with static_site(indexed_build) as address:
        yield address


def tried_version(name: str) -> str:
    """Return the version of a plugin that the catalogue offers."""
    catalogue = json.loads((PROJECT / "plugins" / "catalogue.json").read_text())
    return next(str(entry["version"]) for entry in catalogue if entry["name"] == name)


def installed(page: Page, name: str) -> Locator:
    """Return the page's text about an installed plugin."""
    heading = page.get_by_role("heading", name=name)
    return page.locator("#lite-installed > li", has=heading)


def install(page: Page, what: str) -> None:
    """Name a package or an address, and have it installed."""
    page.get_by_label("Search, or name a package").fill(what)
    page.get_by_role("button", name=f"Install: {what}", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Install").click()


def test_story_of_a_plugin(page: Page, indexed_site: str, index: Path, files: DataHost) -> None:
    add_to_index(index, wheel("datasette-greeter", "1.0", code=saying(f"{GREETING}, 1.0")))
    for name in ("datasette-vega", "datasette-cluster-map"):
        add_to_index(index, wheel(name, tried_version(name)))
    table = files.add("pets.csv", b"id,name\n1,cat\n2,dog\n")
    follow(page, link(indexed_site, "data/pets?_sort=name", csv=table))
    came_from = page.url

    # It is in the menu.
    page.get_by_role("img", name="Menu").click()
    click_through(page.locator(".nav-menu-inner").get_by_role("link", name="Plugins"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Plugins")
    expect(page.get_by_text("No plugins are installed yet")).to_be_visible()
    expect(page.get_by_role("link", name="Back to where you were")).to_be_visible()
    expect(page.get_by_role("group", name="In progress")).to_be_hidden()

    # The catalogue can be searched, with the keyboard alone.
    catalogue = page.get_by_role("group", name="Catalogue").get_by_role("listitem")
    expect(page.get_by_role("heading", name="datasette-vega")).to_be_visible()
    # Only what the site's package index has is offered, the most useful first.
    expect(catalogue).to_have_count(2)
    expect(page.get_by_role("region", name="Most useful").get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("heading", name="SQL functions")).to_be_hidden()
    expect(page.get_by_text("this site’s package index does not have them")).to_be_visible()
    page.get_by_label("Search, or name a package").press_sequentially("MAP cluster")
    expect(catalogue.filter(visible=True)).to_have_count(1)
    expect(catalogue.filter(visible=True)).to_contain_text("datasette-cluster-map")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Install: datasette-cluster-map")).to_be_focused()
    page.get_by_label("Search, or name a package").fill("no such thing")
    expect(page.get_by_text("Nothing in the catalogue matches.")).to_be_visible()
    expect(catalogue.filter(visible=True)).to_have_count(0)

    # What is not in it is installed by its name, after a warning; and one lands where one was.
    page.get_by_label("Search, or name a package").fill("datasette-greeter")
    page.get_by_role("button", name="Install: datasette-greeter").click()
    dialog = page.get_by_role("dialog", name="Install datasette-greeter?")
    expect(dialog).to_contain_text("can read and change everything that this site has saved")
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("No plugins are installed yet")).to_be_visible()
    page.get_by_role("button", name="Install: datasette-greeter").click()
    dialog.get_by_role("button", name="Install").click()
    page.wait_for_url(came_from, timeout=BOOT_TIMEOUT)
    expect(page.get_by_text(f"{GREETING}, 1.0")).to_be_visible()
    expect(page.get_by_text("datasette-greeter 1.0 is installed.")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)

    # It can be tried on other data: there it is looked up already.
    follow(page, came_from.split("data/pets")[0] + "-/install")
    plugin = installed(page, "datasette-greeter")
    plugin.get_by_text("Try it on…").click()
    expect(plugin.get_by_role("link", name="This workspace")).to_be_visible()
    click_through(plugin.get_by_role("link", name="This site’s data"))
    wait_for_datasette(page)
    expect(page.get_by_role("button", name="Install: datasette-greeter")).to_be_visible()

    # A newer version is not taken before somebody asks for it.
    add_to_index(index, wheel("datasette-greeter", "1.1", code=saying(f"{GREETING}, 1.1")))
    stop_worker(page)
    follow(page, came_from)
    expect(page.get_by_text(f"{GREETING}, 1.0")).to_be_visible()
    follow(page, came_from.split("data/pets")[0] + "-/install")
    expect(installed(page, "datasette-greeter")).to_contain_text("1.0")
    # Where a plugin puts what it shows is its own affair.
    page.get_by_text(GREETING).evaluate("(greeting) => greeting.remove()")
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert accessibility_problems(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Upgrade: datasette-greeter").click()
    expect(page.locator("#lite-outcome")).to_have_text(
        "datasette-greeter 1.1 is installed and replaces 1.0.", timeout=BOOT_TIMEOUT
    )
    expect(page.get_by_text(f"{GREETING}, 1.1")).to_be_visible()
    expect(installed(page, "datasette-greeter")).to_contain_text("1.1")
    page.get_by_role("button", name="Upgrade: datasette-greeter").click()
    expect(page.locator("#lite-outcome")).to_contain_text("is the newest version that works here")

    # And out again.
    page.get_by_role("button", name="Remove: datasette-greeter").click()
    expect(page.locator("#lite-outcome")).to_have_text(
        "datasette-greeter was removed.", timeout=BOOT_TIMEOUT
    )
    expect(page.get_by_text("No plugins are installed yet")).to_be_visible()
    expect(page.get_by_text(GREETING)).to_have_count(0)


def test_what_cannot_be_installed_is_said_and_changes_nothing(
    page: Page, indexed_site: str, index: Path
) -> None:
    add_to_index(index, wheel("datasette-native", tag="cp311-cp311-manylinux_2_17_x86_64", code=""))
    follow(page, link(indexed_site, "-/install", memory="1"))
    outcome = page.locator("#lite-outcome")
    install(page, "datasette-nowhere")
    expect(outcome).to_contain_text("datasette-nowhere")
    expect(outcome).to_be_focused()
    install(page, "datasette-native")
    expect(outcome).to_contain_text("datasette-native")
    assert accessibility_problems(page) == []
    expect(page.get_by_text("No plugins are installed yet")).to_be_visible()
    expect(page.get_by_role("group", name="In progress")).to_be_hidden()


def test_a_plugin_that_does_not_start_stays_listed_with_its_reason(
    page: Page, indexed_site: str, index: Path
) -> None:
    add_to_index(index, wheel("datasette-broken", code="raise RuntimeError('out of order')"))
    follow(page, link(indexed_site, "-/install?back=/nowhere", memory="1"))
    install(page, "datasette-broken")
    expect(page.locator("#lite-outcome")).to_contain_text("out of order", timeout=BOOT_TIMEOUT)
    expect(installed(page, "datasette-broken")).to_contain_text("out of order")
    page.get_by_role("button", name="Remove: datasette-broken").click()
    expect(page.locator("#lite-outcome")).to_have_text(
        "datasette-broken was removed.", timeout=BOOT_TIMEOUT
    )


def test_a_locked_site_takes_no_code(page: Page, files: DataHost, tmp_path: Path) -> None:
    build(tmp_path / "locked", locked=True)
    name, content = wheel("datasette-greeter", code=saying(GREETING))
    with static_site(tmp_path / "locked") as site:
        follow(page, link(site, "-/install", memory="1", install=files.add(name, content)))
        expect(page.get_by_text("so no plugins can be added")).to_be_visible()
        expect(page.get_by_label("Search, or name a package")).to_be_hidden()
        expect(page.get_by_text(GREETING)).to_have_count(0)
        notices = page.get_by_role("status", name="About this data")
        expect(notices).to_contain_text("this site accepts no code from links")
        left_out = page.locator("#lite-installed > li")
        expect(left_out).to_contain_text("this site accepts no code from links")
        expect(page.get_by_role("button", name="Decide again")).to_have_count(0)
        assert [path for _, path in files.requests if ".whl" in path] == []
        page.close()


def test_an_entry_of_the_catalogue_is_installed_as_it_was_tried(
    page: Page, indexed_site: str, index: Path
) -> None:
    tried = tried_version("datasette-graphql")
    for version in ("0.1", tried):
        code = saying(f"{GREETING}, {version}")
        add_to_index(index, wheel("datasette-graphql", version, code=code))
    follow(page, link(indexed_site, "-/install", memory="1"))
    page.get_by_role("button", name="Install: datasette-graphql", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Install datasette-graphql {tried}?")
    dialog.get_by_role("button", name="Install").click()
    expect(page.locator("#lite-outcome")).to_have_text(
        f"datasette-graphql {tried} is installed.", timeout=BOOT_TIMEOUT
    )
    expect(page.get_by_text(f"{GREETING}, {tried}")).to_be_visible()
    expect(page.get_by_role("button", name="Installed: datasette-graphql")).to_be_disabled()
    # It is a pre-release, for which nothing older is exchanged.
    page.get_by_role("button", name="Upgrade: datasette-graphql").click()
    expect(page.locator("#lite-outcome")).to_have_text(
        f"datasette-graphql {tried} is the newest version that works here.", timeout=BOOT_TIMEOUT
    )
    code = saying(f"{GREETING}, 99.0")
    add_to_index(index, wheel("datasette-graphql", "99.0", code=code))
    page.get_by_role("button", name="Upgrade: datasette-graphql").click()
    expect(page.locator("#lite-outcome")).to_have_text(
        f"datasette-graphql 99.0 is installed and replaces {tried}.", timeout=BOOT_TIMEOUT
    )
    expect(page.get_by_text(f"{GREETING}, 99.0")).to_be_visible()
    page.get_by_role("button", name="Remove: datasette-graphql").click()
    expect(page.get_by_text("No plugins are installed yet")).to_be_visible(timeout=BOOT_TIMEOUT)


def test_it_tells_which_datasette_runs_and_who_asked_for_it(
    page: Page, indexed_site: str, index: Path
) -> None:
    [own] = (PROJECT / "build" / "wheels").glob("datasette-*.whl")
    version = own.name.split("-")[1]
    add_to_index(index, repacked(own, "datasette", "1.0a99"))
    said = page.locator("#lite-datasette")
    follow(page, link(indexed_site, "-/install", memory="1"))
    expect(said).to_have_text(f"Datasette {version} runs here. It comes with this site.")

    page.goto(link(indexed_site, "-/install", memory="1", ref="pre"))
    page.get_by_role("button", name="Allow and open").click()
    expect(said).to_have_text(
        "Datasette 1.0a99 runs here. It comes from the package index, because the link asks for"
        " the newest"
        " pre-release (?ref=pre).",
        timeout=BOOT_TIMEOUT,
    )
    expect(page.get_by_text("No plugins are installed yet")).to_be_visible()

    for ref, answer, why in (
        ("0.1", "Allow and open", "datasette==0.1 cannot be installed"),
        ("1.0a98", "Open without it", "you did not allow it."),
    ):
        page.goto(link(indexed_site, "-/install", memory="1", ref=ref))
        page.get_by_role("button", name=answer).click()
        expect(said).to_contain_text(
            f"Datasette {version} runs here. It comes with this site. The link asks for another"
            f" one (?ref={ref}).",
            timeout=BOOT_TIMEOUT,
        )
        expect(said).to_contain_text(why)
