"""The main job: a person follows a link, and explores that data in real Datasette."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DIST
from tests.support.browsing import ConsoleWatch, follow, link
from tests.support.databases import sqlite_file
from tests.support.hosts import DataHost, static_site

TOWNS = b"name,zip,population\nBern,03000,134591\nBonn,53111,336465\n"


@pytest.mark.first_visit
def test_csv_link_opens_the_table(page: Page, site: str, files: DataHost) -> None:
    url = files.add("places/towns.csv", TOWNS)
    follow(page, link(site, csv=url))
    expect(page).to_have_url(re.compile(r"/app/@[\w-]+/data/towns$"))
    expect(page.get_by_role("heading", name="towns")).to_be_visible()
    cells = page.locator("table.rows-and-columns tbody tr").first.locator("td")
    assert [text.strip() for text in cells.all_inner_texts()][-3:] == ["Bern", "03000", "134591"]


def test_url_link_opens_the_database(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    data = sqlite_file(
        tmp_path, "create table t (id integer primary key, a)", "insert into t values (1, 'x')"
    )
    url = files.add("some/place/things.db?raw=true", data)
    files.add("some/place/things.db", data)
    follow(page, link(site, "things/t/1", url=url))
    assert page.url.endswith("/things/t/1")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1")


def test_hash_of_an_old_link_lands_on_its_page(page: Page, site: str, files: DataHost) -> None:
    url = files.add("towns.csv", TOWNS)
    follow(page, link(site, "data/towns?_facet=name&zip=03000", csv=url))
    assert page.url.endswith("/data/towns?_facet=name&zip=03000")
    expect(page.get_by_text("1 row where")).to_be_visible()


def test_several_sources_of_both_kinds(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    first = files.add("a/x.db", sqlite_file(tmp_path, "create table one (a)"))
    second = files.add("b/x.db", sqlite_file(tmp_path, "create table two (a)"))
    towns = [files.add("a/t.csv", TOWNS), files.add("b/t.csv", TOWNS)]
    follow(page, link(site, "-/databases.json", url=[first, second], csv=towns)[:-5])
    names = page.evaluate(
        "async () => (await (await fetch('databases.json')).json()).databases.map((d) => d.name)"
    )
    assert names == ["x", "x_1", "data"]
    follow(page, page.url.replace("-/databases", "data"))
    for table in ("t", "t_1"):
        expect(page.get_by_role("link", name=table, exact=True).first).to_be_visible()


def test_memory_link_opens_an_empty_database(page: Page, site: str) -> None:
    follow(page, link(site, "_memory?sql=select+sqlite_version()+as+v", memory="1"))
    expect(page.locator("table.rows-and-columns td")).to_contain_text("3.")


def test_old_link_without_sources_opens_what_the_site_ships(page: Page, site: str) -> None:
    follow(page, f"{site}#/world/airports?_facet=country")
    assert page.url == f"{site}app/world/airports?_facet=country"


@pytest.mark.parametrize("base", ["/some/sub/path/"])
def test_a_site_under_a_sub_path(browser: Browser, files: DataHost, base: str) -> None:
    url = files.add("towns.csv", TOWNS)
    context = browser.new_context()
    watch = ConsoleWatch(context)
    page = context.new_page()
    with static_site(DIST, base) as site:
        follow(page, link(site, "data/towns", csv=url))
        assert page.url.startswith(f"{site}app/@")
        page.get_by_role("link", name="home").click()
        page.get_by_role("link", name="data", exact=True).first.click()
        page.get_by_role("link", name="towns", exact=True).first.click()
        assert page.url.startswith(f"{site}app/@")
        expect(page.get_by_role("heading", name="towns")).to_be_visible()
        context.close()
    # Browsers ask the origin, which is not the site's here, for its icon.
    assert [error for error in watch.errors if "favicon.ico" not in error] == []


@pytest.mark.first_visit
def test_nothing_is_asked_of_other_hosts(page: Page, site: str, files: DataHost) -> None:
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    url = files.add("towns.csv", TOWNS)
    follow(page, link(site, "data/towns", csv=url))
    page.get_by_role("link", name="home").click()
    page.wait_for_load_state("networkidle")
    assert [u for u in asked if not u.startswith((site, files.origin, "data:", "blob:"))] == []
    assert [path for _, path in files.requests] == ["/towns.csv"]
