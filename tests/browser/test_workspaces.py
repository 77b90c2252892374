"""Workspaces as people know them: made from their files, named, found again, and kept apart from
the data that the site ships.
"""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.bringing import (
    drop,
    import_all,
    wait_for_previews,
    wait_until_it_takes_files,
)
from tests.support.browsing import BOOT_TIMEOUT, click_through, follow, link, wait_for_datasette
from tests.support.databases import sqlite_file
from tests.support.hosts import DataHost
from tests.support.shop import fetch_json

BIRDS = b"name,legs\nRobin,2\nOstrich,2\n"
TREES = b"name,height\nOak,30\n"


def open_launcher(page: Page, site: str) -> None:
    """Open the launcher and wait until it takes files."""
    page.goto(site)
    wait_until_it_takes_files(page)


def tables(page: Page, database: str) -> list[str]:
    """Return the names of a database's tables, whose address is given."""
    status, found = fetch_json(page, f"{database}.json")
    assert status == 200, found
    return [table["name"] for table in found["tables"]]


def test_files_dropped_on_the_launcher_become_a_workspace_named_after_them(
    page: Page, site: str
) -> None:
    open_launcher(page, site)
    dialog = drop(page, {"birds.csv": BIRDS, "trees.csv": TREES})
    wait_for_previews(page)
    name = dialog.get_by_label("Workspace", exact=True)
    expect(name).to_have_value("birds and trees")
    dialog.get_by_label("Import trees.csv").uncheck()
    expect(name).to_have_value("birds")
    assert accessibility_problems(page) == []
    name.fill("Bird notes")
    import_all(page)
    wait_for_datasette(page)
    page.goto(f"{site}saved.html")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Bird notes"))
    sources = card.get_by_role("list", name="Where it came from")
    expect(sources).to_have_text(re.compile(r"^\s*birds.csv from your computer CSV file\s*$"))


def test_a_workspace_is_renamed_and_keeps_its_name(page: Page, site: str) -> None:
    open_launcher(page, site)
    drop(page, {"birds.csv": BIRDS})
    import_all(page)
    wait_for_datasette(page)
    table = page.url
    page.goto(f"{site}saved.html")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading"))
    # To bring files is not to edit them.
    expect(card).to_contain_text("birds.csv")
    expect(card).not_to_contain_text("edited")
    page.get_by_role("button", name="Rename birds").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Our birds")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click(delay=1200)
    expect(page.get_by_role("heading", name="Our birds")).to_be_visible()
    # The running workspace saves its next change beside the new name.
    follow(page, table)
    status = page.evaluate(
        """async (url) => (await fetch(url, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ row: { name: "Emu", legs: 2 } }),
        })).status""",
        f"{table}/-/insert",
    )
    assert status == 201
    page.goto(f"{site}saved.html")
    expect(page.get_by_role("heading", name="Our birds")).to_be_visible()
    expect(card).to_contain_text("edited")


def test_files_dropped_on_a_page_are_added_to_its_workspace(
    page: Page, site: str, files: DataHost
) -> None:
    follow(page, link(site, "data/first", csv=[files.add("first.csv", b"a\n1\n")]))
    workspace = page.url.removesuffix("/data/first")
    dialog = drop(page, {"birds.csv": BIRDS})
    wait_for_previews(page)
    expect(dialog.get_by_label("Add to “first.csv”")).to_be_checked()
    import_all(page)
    expect(page).to_have_url(f"{workspace}/data/birds")
    assert sorted(tables(page, f"{workspace}/data")) == ["birds", "first"]


def test_tables_go_to_the_database_that_the_person_chooses(
    page: Page, site: str, tmp_path: Path, files: DataHost
) -> None:
    zoo = sqlite_file(tmp_path, "create table birds (name text)")
    follow(page, link(site, "zoo", url=[files.add("zoo.db", zoo)]))
    workspace = page.url.removesuffix("/zoo")
    dialog = drop(page, {"birds.csv": BIRDS})
    wait_for_previews(page)
    chosen = dialog.get_by_label("Database for the tables")
    expect(chosen).to_have_value("data")
    expect(dialog.get_by_text("Name taken")).to_have_count(0)
    chosen.select_option("zoo")
    # In that database there is a table of this name.
    expect(dialog.get_by_text("There is already a table “birds”")).to_be_visible()
    dialog.get_by_label("Keep both").check()
    import_all(page)
    expect(page).to_have_url(f"{workspace}/zoo/birds_1")
    dialog = drop(page, {"trees.csv": TREES})
    wait_for_previews(page)
    dialog.get_by_label("Database for the tables").select_option("A new database…")
    dialog.get_by_label("Name of the new database").fill("woods")
    dialog.get_by_label("Name of the new database").press("Tab")
    import_all(page)
    expect(page).to_have_url(f"{workspace}/woods/trees")


def test_files_dropped_on_the_sites_own_data_get_a_workspace_of_their_own(
    page: Page, site: str
) -> None:
    follow(page, f"{site}app/")
    dialog = drop(page, {"birds.csv": BIRDS})
    wait_for_previews(page)
    expect(dialog.get_by_label("Make a new workspace")).to_be_checked()
    # Datasette's own page has no landmarks.
    assert [one for one in accessibility_problems(page) if not one.startswith("region")] == []
    import_all(page)
    wait_for_datasette(page)
    assert re.fullmatch(rf"{site}app/@[\w-]+/data/birds", page.url)
    follow(page, f"{site}app/")
    assert "birds" not in tables(page, f"{site}app/data")
    # Who wants to may still add to it.
    dialog = drop(page, {"birds.csv": BIRDS})
    wait_for_previews(page)
    dialog.get_by_label("Add to “This site’s data”").check()
    wait_for_previews(page)
    import_all(page)
    expect(page).to_have_url(f"{site}app/data/birds")


def test_moving_files_to_a_new_workspace_leaves_nothing_behind_when_cancelled(
    page: Page, site: str
) -> None:
    follow(page, link(site, memory="1"))
    dialog = drop(page, {"birds.csv": BIRDS})
    wait_for_previews(page)
    dialog.get_by_label("Make a new workspace").check()
    wait_for_previews(page)
    dialog.get_by_role("button", name="Cancel").click()
    page.goto(f"{site}saved.html")
    expect(page.get_by_role("list", name="Saved data").locator("> li")).to_have_count(1)


def test_the_launcher_offers_to_go_on(page: Page, site: str) -> None:
    open_launcher(page, site)
    expect(page.get_by_role("heading", name="Continue")).to_have_count(0)
    drop(page, {"birds.csv": BIRDS})
    import_all(page)
    wait_for_datasette(page)
    open_launcher(page, site)
    again = page.get_by_role("region", name="Continue")
    expect(again.get_by_role("link", name="birds")).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(again).to_contain_text("just now")
    assert accessibility_problems(page) == []
    click_through(again.get_by_role("link", name="birds"))
    wait_for_datasette(page)
    expect(page).to_have_title(re.compile("birds|Datasette"))
