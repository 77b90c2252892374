"""Malicious exports: their data opens, and everything else in them is ignored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.browsing import BOOT_TIMEOUT, follow, wait_for_datasette
from tests.support.exports import internal_database, key_of, record, sqlite_file, write_export
from tests.support.hosts import static_site
from tests.support.sites import BUILDS, build

# Runs as soon as it is on a page.
SCRIPT = '<img src=x onerror="document.title = 1337; window.ran = true"><b>bold</b>'

DATA = sqlite_file("create table t (id integer primary key, a text); insert into t values (1, 'x')")

STORED = f"""
    insert into metadata_instance values ('description_html', '{SCRIPT}');
    insert into metadata_instance values ('source_url', 'javascript:window.ran = true');
    insert into metadata_databases values ('d', 'description_html', '{SCRIPT}');
    insert into metadata_databases values ('d', 'license_url', 'javascript:window.ran = true');
    insert into metadata_resources values ('d', 't', 'description_html', '{SCRIPT}');
    insert into metadata_resources values ('d', 't', 'description', 'A harmless description');
    insert into queries (database_name, name, sql, title, description_html)
        values ('d', 'q', 'select 1', 'A stored query', '{SCRIPT}');
    create trigger again after insert on catalog_tables begin
        insert or replace into metadata_instance values ('description_html', '{SCRIPT}');
    end;
"""


def saved_page(context: BrowserContext, site: str) -> Page:
    page = context.new_page()
    page.goto(f"{site}saved.html")
    expect(page.locator("#instances")).not_to_have_attribute("aria-busy", "true")
    return page


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Saved data").locator("> li")


def import_file(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import…").click()
    chooser.value.set_files(file)


@pytest.fixture(scope="session")
def locked_site() -> Iterator[str]:
    with static_site(build(BUILDS / "locked-to-imports", locked=True)) as address:
        yield address


@pytest.fixture(params=["open", "locked"])
def any_site(request: pytest.FixtureRequest) -> str:
    name = "site" if request.param == "open" else "locked_site"
    address: str = request.getfixturevalue(name)
    return address


def test_no_script_in_an_imported_internal_database_runs(
    visitor: BrowserContext, any_site: str, tmp_path: Path
) -> None:
    key = key_of("csv=https%3A%2F%2Fa.test%2Ft.csv")
    files = {"databases/d.db": DATA, "internal.db": internal_database(STORED)}
    page = saved_page(visitor, any_site)
    import_file(page, write_export(tmp_path / "hostile.zip", [(record(key), files)]))
    expect(page.locator("#outcome")).to_have_text("Imported t.csv.")
    base = f"{any_site}app/@{key}/"
    follow(page, base)
    expect(page.get_by_text("Left out of this import")).to_contain_text("description_html")
    for path in ("", "d", "d/t", "d/q"):
        page.goto(f"{base}{path}")
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("window.ran") is None, path
        assert page.locator("a[href^='javascript:']").count() == 0, path
        expect(page.get_by_text("bold")).to_have_count(0)
    page.goto(f"{base}d/t")
    expect(page.get_by_text("A harmless description")).to_be_visible()
    page.goto(f"{base}d")
    expect(page.get_by_role("link", name="A stored query")).to_be_visible()


def test_files_that_an_export_cannot_bring_are_named_and_left_out(
    visitor: BrowserContext, site: str, tmp_path: Path
) -> None:
    key = key_of("csv=https%3A%2F%2Fa.test%2Ft.csv")
    files = {
        "databases/d.db": DATA,
        "plugins/<img src=x onerror=ran=true>.py": b"raise SystemExit",
        "templates/base.html": b"<script>",
        "secret": b"known to somebody else",
        "cookies.json": json.dumps([{"name": "ds_actor"}]).encode(),
    }
    page = saved_page(visitor, site)
    import_file(page, write_export(tmp_path / "more.zip", [(record(key), files)]))
    expect(page.locator("#outcome")).to_have_text(
        "Imported t.csv. Some files were left out, because an import may not contain them:"
        " plugins/<img src=x onerror=ran=true>.py and templates/base.html."
    )
    # Its sessions and the secret that signs them are this browser's own.
    page.get_by_role("link", name="Open", exact=False).first.click()
    wait_for_datasette(page)
    page.goto(f"{site}saved.html")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export t.csv").click()
    names = write_names(download.value.path())
    assert not any(name.endswith(("secret", "cookies.json")) for name in names), names


def write_names(path: Path) -> list[str]:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


#: Fields of a record → the one that is named.
MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"usedAt": 8.64e15 + 1}, "instances[0].instance.usedAt"),
    ({"createdAt": -1}, "instances[0].instance.createdAt"),
    ({"edited": "no"}, "instances[0].instance.edited"),
    ({"sources": [{"url": "javascript:1"}]}, "instances[0].instance.sources[0].parameter"),
    ({"trusted": True}, "instances[0].instance.trusted"),
]


def test_a_record_that_is_not_well_formed_is_refused(
    visitor: BrowserContext, site: str, tmp_path: Path
) -> None:
    page = saved_page(visitor, site)
    alert = page.get_by_role("alert")
    for fields, named in MALFORMED:
        file = write_export(tmp_path / "bad.zip", [(record(**fields), {"databases/d.db": DATA})])
        import_file(page, file)
        expect(alert).to_contain_text(f"“{named}” in datasette-lite.json is not")
        expect(cards(page)).to_have_count(0)


def test_a_damaged_record_in_the_store_is_one_bad_card(
    visitor: BrowserContext, site: str, tmp_path: Path
) -> None:
    """As an older version of the site could import it."""
    page = saved_page(visitor, site)
    good, bad = key_of("memory=1"), key_of("csv=https%3A%2F%2Fa.test%2Ft.csv")
    folders = [(record(key), {"databases/d.db": DATA}) for key in (good, bad)]
    import_file(page, write_export(tmp_path / "two.zip", folders))
    expect(cards(page)).to_have_count(2)
    page.evaluate(
        """([name, key]) => new Promise((resolve, reject) => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => {
                const store = opening.result;
                const change = store.transaction("instances", "readwrite");
                const instances = change.objectStore("instances");
                const reading = instances.get(key);
                reading.onsuccess = () => instances.put({
                    ...reading.result, usedAt: 1e18, createdAt: "x", size: {}, sources: null });
                change.oncomplete = () => (store.close(), resolve());
                change.onerror = reject;
            };
        })""",
        [f"datasette-lite {site[site.index('/', 8) :]}", bad],
    )
    page.reload()
    expect(cards(page)).to_have_count(2)
    card = cards(page).filter(has_text="damaged")
    expect(card).to_contain_text("(createdAt, usedAt, size, sources)")
    # It can be exported and imported again, opened, and deleted.
    with page.expect_download() as download:
        card.get_by_role("button", name="Export", exact=False).click()
    download.value.save_as(tmp_path / "repaired.zip")
    card.get_by_role("button", name="Delete", exact=False).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(cards(page)).to_have_count(1)
    import_file(page, tmp_path / "repaired.zip")
    expect(cards(page)).to_have_count(2)
    expect(cards(page).filter(has_text="damaged")).to_have_count(0)
    home = visitor.new_page()
    home.goto(site)
    expect(home.get_by_text("2 saved on this device")).to_be_visible()


def test_a_workspace_with_a_damaged_record_opens(
    visitor: BrowserContext, site: str, tmp_path: Path
) -> None:
    page = saved_page(visitor, site)
    key = key_of("csv=https%3A%2F%2Fa.test%2Ft.csv")
    import_file(page, write_export(tmp_path / "one.zip", [(record(key), {"databases/d.db": DATA})]))
    expect(cards(page)).to_have_count(1)
    page.evaluate(
        """([name, key]) => new Promise((resolve, reject) => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => {
                const store = opening.result;
                const change = store.transaction("instances", "readwrite");
                const instances = change.objectStore("instances");
                const reading = instances.get(key);
                reading.onsuccess = () =>
                    instances.put({ ...reading.result, usedAt: 1e18, sources: null });
                change.oncomplete = () => (store.close(), resolve());
                change.onerror = reject;
            };
        })""",
        [f"datasette-lite {site[site.index('/', 8) :]}", key],
    )
    page.goto(f"{site}app/@{key}/d/t")
    wait_for_datasette(page)
    expect(page.locator("td.col-a")).to_have_text("x", timeout=BOOT_TIMEOUT)
