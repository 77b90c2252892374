"""The page "Saved data": seeing, deleting, exporting and importing what is saved, and its room."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.asking import ask
from tests.support.browsing import (
    BOOT_TIMEOUT,
    click_through,
    follow,
    link,
    open_within,
    stop_worker,
)
from tests.support.hasty import has_pressed, press_at_once
from tests.support.hosts import DataHost
from tests.support.kept import wait_for_parts
from tests.support.shop import fetch_json, rows_of, shop_database
from tests.support.storage import Room

CONTENTS = "datasette-lite.json"
SCHEMES = ("light", "dark")


@dataclass
class Exported:
    """An export of two instances, one of which was edited."""

    file: Path
    edited: str  # address of shop.db
    other: str  # address of plain.csv

    def contents(self) -> Any:
        """Return the list in it."""
        with zipfile.ZipFile(self.file) as archive:
            return json.loads(archive.read(CONTENTS))

    def changed(self, to: Path, **files: bytes | None) -> Path:
        """Write a copy in which files that end so are replaced, or left out."""
        with zipfile.ZipFile(self.file) as archive, zipfile.ZipFile(to, "w") as copy:
            for name in archive.namelist():
                content: bytes | None = archive.read(name)
                for end, replacement in files.items():
                    content = replacement if name.endswith(end.replace("__", ".")) else content
                if content is not None:
                    copy.writestr(name, content)
        return to


def saved_page(context: BrowserContext, site: str) -> Page:
    page = context.new_page()
    page.goto(f"{site}saved.html")
    expect(page.locator("#instances")).not_to_have_attribute("aria-busy", "true")
    return page


def instances(page: Page) -> Locator:
    return page.get_by_role("list", name="Saved data").locator("> li")


def import_file(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import…").click()
    chooser.value.set_files(file)


def export(page: Page, button: str, to: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click()
    assert download.value.suggested_filename.startswith("datasette-lite-20")
    download.value.save_as(to)
    return to


def outcome(page: Page) -> Locator:
    return page.locator("#outcome")


def write(page: Page, sql: str) -> int:
    """Run SQL on the database of the page; return the status."""
    status: int = page.evaluate(
        """async ([url, sql]) => (await fetch(url, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({ sql }),
        })).status""",
        [f"{page.url}/-/execute-write", sql],
    )
    return status


@pytest.fixture(scope="session")
def exported(
    browser: Browser,
    site: str,
    _data_host: DataHost,
    tmp_path_factory: pytest.TempPathFactory,
) -> Exported:
    """Made by hand once, since starting Datasette is what takes the time."""
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(BOOT_TIMEOUT)
    page = context.new_page()
    follow(page, link(site, "plain", csv=[_data_host.add("plain.csv", b"a,b\n1,2\n")]))
    other = page.url.removesuffix("/plain")
    follow(page, link(site, "shop", url=[_data_host.add("shop.db", shop_database())]))
    edited = page.url
    assert write(page, "insert into colours values (4, 'Mauve')") == 200
    open_within(page, f"{edited}/-/query?sql=select+*+from+colours+where+id+>+3")
    click_through(page.get_by_role("link", name="Save this query"))
    page.get_by_label("Title").fill("Rare colours")
    click_through(page.get_by_role("button", name="Save query"))
    # A message for the next page is kept in a signed cookie; that page is opened elsewhere.
    page.evaluate(
        """(url) => fetch(url, {
            method: "POST",
            redirect: "manual",
            body: new URLSearchParams({ message: "from afar", message_type: "INFO" }),
        })""",
        edited.removesuffix("/shop") + "/-/messages",
    )
    file = tmp_path_factory.mktemp("exported") / "export.zip"
    export(saved_page(context, site), "Export all", file)
    context.close()
    return Exported(file, edited, other)


@pytest.fixture
def owner(visitor: BrowserContext, site: str, exported: Exported) -> Iterator[Page]:
    """The page after the export was imported on a new device."""
    page = saved_page(visitor, site)
    import_file(page, exported.file)
    expect(instances(page)).to_have_count(2)
    yield page


def test_export_holds_plain_sqlite_files(exported: Exported, tmp_path: Path) -> None:
    contents = exported.contents()
    assert contents["format"] == 1
    with zipfile.ZipFile(exported.file) as archive:
        assert archive.testzip() is None
        path = archive.extract("shop.db/databases/shop.db", tmp_path)
        archive.getinfo("plain.csv/databases/data.db")
    connection = sqlite3.connect(path)
    assert connection.execute("select name from colours where id = 4").fetchall() == [("Mauve",)]
    assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_export_opens_on_another_device(
    visitor: BrowserContext, owner: Page, exported: Exported, _data_host: DataHost
) -> None:
    expect(outcome(owner)).to_contain_text("Imported")
    _data_host.requests.clear()
    edited = instances(owner).filter(has_text="edited")
    expect(edited).to_have_count(1)
    expect(edited).to_contain_text("shop.db from localhost")
    edited.get_by_role("link", name="Open shop.db").click()
    owner.wait_for_selector("navigation-search", state="attached")
    # Cookies, and what signs them, stay with the browser they were made in.
    expect(owner.get_by_text("from afar")).to_have_count(0)
    assert [row["name"] for row in rows_of(owner, f"{exported.edited}/colours")][3] == "Mauve"
    owner.goto(exported.edited)
    click_through(owner.get_by_role("link", name="Rare colours"))
    expect(owner.get_by_role("cell", name="Mauve")).to_be_visible()
    assert _data_host.requests == [], "saved data needs no download"
    # The menu of every page leads back.
    owner.locator("details.nav-menu summary").click()
    click_through(owner.get_by_role("link", name="Saved data"))
    expect(instances(owner)).to_have_count(2)


@pytest.mark.first_visit  # a deletion takes the snapshot with it
def test_what_happens_elsewhere_is_shown_at_once(
    visitor: BrowserContext, site: str, owner: Page, exported: Exported
) -> None:
    other = visitor.new_page()
    follow(other, f"{exported.other}/data")
    expect(owner.get_by_text("edited")).to_have_count(1)
    assert write(other, "update plain set a = 2") == 200
    expect(owner.get_by_text("edited")).to_have_count(2)
    # One that is running is deleted in one tab; the other is told.
    second = saved_page(visitor, site)
    press_at_once(second, "Delete")
    second.get_by_role("button", name="Delete plain.csv").click()
    dialog = second.get_by_role("dialog", name="Delete plain.csv?")
    expect(dialog).to_contain_text("Those changes exist nowhere else")
    assert has_pressed(second)  # to no avail
    dialog.get_by_role("button", name="Delete").click()
    expect(outcome(second)).to_have_text("Deleted plain.csv.")
    expect(instances(owner)).to_have_count(1)
    second.get_by_role("button", name="Delete all").click()
    second.get_by_role("dialog").get_by_role("button", name="Delete").click()
    for page in (owner, second):
        expect(page.get_by_role("heading", name="Nothing is saved here yet")).to_be_visible()
        expect(page.get_by_role("button", name="Export all")).to_be_hidden()


def test_home_page_leads_to_what_is_saved(visitor: BrowserContext, site: str, owner: Page) -> None:
    home = visitor.new_page()
    home.goto(site)
    expect(home.get_by_text("2 saved on this device")).to_be_visible()
    click_through(home.get_by_role("main").get_by_role("link", name="Saved data"))
    expect(instances(home)).to_have_count(2)


@pytest.mark.first_visit  # as above
def test_delete_can_be_thought_better_of_by_keyboard(owner: Page) -> None:
    button = owner.get_by_role("button", name="Delete shop.db")
    button.focus()
    owner.keyboard.press("Enter")
    dialog = owner.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    owner.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    owner.keyboard.press("Enter")
    owner.keyboard.press("Tab")
    # A hasty Enter deletes nothing.
    delete = dialog.get_by_role("button", name="Delete")
    expect(delete).to_be_focused()
    expect(delete).to_be_enabled()
    owner.keyboard.press("Enter")
    expect(outcome(owner)).to_have_text("Deleted shop.db.")
    expect(instances(owner)).to_have_count(1)
    # What had the focus is gone; the page's title is where one goes on from.
    expect(owner.get_by_role("heading", level=1)).to_be_focused()


def delete(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Delete {name}").click()
    dialog = page.get_by_role("dialog", name=f"Delete {name}?")
    dialog.get_by_role("button", name="Delete").click()
    expect(outcome(page)).to_have_text(f"Deleted {name}.")
    expect(instances(page)).to_have_count(1)


#: Counts the workspaces that the browser has contents of, whether they can be found or not.
GENERATIONS = """async () => {
    const [{ name }] = (await indexedDB.databases()).filter(({ name }) =>
        name.startsWith("datasette-lite"));
    const result = (request) => new Promise((resolve) =>
        (request.onsuccess = () => resolve(request.result)));
    const store = await result(indexedDB.open(name));
    const keys = await result(store.transaction("files").objectStore("files").getAllKeys());
    store.close();
    return new Set(keys.map(([generation]) => generation)).size;
}"""


def wait_for_generations(page: Page, count: int) -> None:
    page.wait_for_function(f"async (count) => (await ({GENERATIONS})()) === count", arg=count)


def test_a_deletion_can_be_undone(
    visitor: BrowserContext, site: str, owner: Page, exported: Exported
) -> None:
    undo = owner.get_by_role("button", name="Undo")
    expect(undo).to_be_hidden()
    delete(owner, "shop.db")
    assert accessibility_problems(owner) == []
    # Workers that start meanwhile clear away what nobody needs.
    other = visitor.new_page()
    follow(other, f"{exported.other}/data")
    undo.click()
    expect(outcome(owner)).to_have_text("Undone: shop.db is back.")
    expect(undo).to_be_hidden()
    expect(instances(owner)).to_have_count(2)
    follow(other, f"{exported.edited}/colours")
    assert [row["name"] for row in rows_of(other, f"{exported.edited}/colours")][3] == "Mauve"


def test_a_deletion_is_final_once_something_else_is_done_or_the_page_is_closed(
    visitor: BrowserContext, site: str, owner: Page
) -> None:
    assert owner.evaluate(GENERATIONS) == 2
    delete(owner, "plain.csv")
    assert owner.evaluate(GENERATIONS) == 2
    owner.get_by_role("button", name="Rename shop.db").click()
    owner.get_by_role("dialog").get_by_label("Name").fill("Shop")
    owner.get_by_role("dialog").get_by_role("button", name="Rename").click(delay=1200)
    expect(outcome(owner)).to_have_text("It is now called “Shop”.")
    expect(owner.get_by_role("button", name="Undo")).to_be_hidden()
    wait_for_generations(owner, 1)
    owner.get_by_role("button", name="Delete all").click()
    owner.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(owner.get_by_role("button", name="Undo")).to_be_visible()
    owner.close()
    again = saved_page(visitor, site)
    expect(instances(again)).to_have_count(0)
    stop_worker(again)
    again.reload()
    wait_for_generations(again, 0)


def test_database_is_downloaded(owner: Page, tmp_path: Path) -> None:
    with owner.expect_download() as download:
        owner.get_by_role("button", name="Download shop.db").click()
    assert download.value.suggested_filename == "shop.db"
    download.value.save_as(tmp_path / "shop.db")
    connection = sqlite3.connect(tmp_path / "shop.db")
    assert connection.execute("select count(*) from colours").fetchone() == (4,)
    connection.close()


def test_database_with_a_journal_is_downloaded_with_it(
    visitor: BrowserContext, site: str, exported: Exported, tmp_path: Path
) -> None:
    """As it is when the worker was stopped in the middle of a transaction."""
    contents = exported.contents()
    shop = next(entry for entry in contents["instances"] if entry["folder"] == "shop.db")
    shop["files"].append({"path": "databases/shop.db-journal", "size": 3})
    interrupted = tmp_path / "interrupted.zip"
    exported.changed(interrupted, **{CONTENTS: json.dumps(contents).encode()})
    with zipfile.ZipFile(interrupted, "a") as archive:
        archive.writestr("shop.db/databases/shop.db-journal", b"hot")
    page = saved_page(visitor, site)
    import_file(page, interrupted)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download shop.db").click()
    assert download.value.suggested_filename == "shop.db.zip"
    download.value.save_as(tmp_path / "both.zip")
    with zipfile.ZipFile(tmp_path / "both.zip") as archive:
        assert sorted(archive.namelist()) == ["databases/shop.db", "databases/shop.db-journal"]


def test_what_is_here_already_is_asked_about_one_by_one(
    owner: Page, exported: Exported, tmp_path: Path
) -> None:
    contents = exported.contents()
    for entry in contents["instances"]:
        entry["instance"]["createdAt"] = 0
    older = exported.changed(tmp_path / "o.zip", **{CONTENTS: json.dumps(contents).encode()})
    import_file(owner, older)
    dialog = owner.get_by_role("dialog", name="Some of this is already here")
    expect(dialog.get_by_role("radio", name="Keep the one here", checked=True)).to_have_count(2)
    assert accessibility_problems(owner) == []
    plain = dialog.get_by_role("group", name="plain.csv")
    plain.get_by_role("radio", name="Replace it with the one from the file").check()
    dialog.get_by_role("button", name="Import").click()
    expect(outcome(owner)).to_have_text("Imported plain.csv.")
    expect(instances(owner).filter(has_text="years ago")).to_have_count(1)
    expect(instances(owner).filter(has_text="years ago")).to_contain_text("plain.csv")
    import_file(owner, older)
    owner.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(owner.get_by_role("dialog")).to_have_count(0)
    expect(outcome(owner)).to_have_text("")


def without_key(contents: Any) -> Any:
    contents["instances"][0]["instance"]["key"] = "%%%"
    return contents


def leading_out(contents: Any) -> Any:
    contents["instances"][0]["files"][0]["path"] = "../../lib/evil.py"
    return contents


def test_files_that_are_no_exports_are_refused_with_a_reason(
    visitor: BrowserContext, site: str, exported: Exported, tmp_path: Path
) -> None:
    def listed(name: str, contents: Any) -> Path:
        return exported.changed(tmp_path / name, **{CONTENTS: json.dumps(contents).encode()})

    good = exported.file.read_bytes()
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("photo.jpg", b"x")
    middle = good.index(b"plain.csv/databases/data.db") + 60
    flipped = good[:middle] + bytes(byte ^ 255 for byte in good[middle : middle + 20])
    files = {
        "notes.txt": (b"hello", "“notes.txt” is not a zip file."),
        "some.zip": (None, "“some.zip” is a zip file, but not an export"),
        "half.zip": (good[: len(good) // 2], "“half.zip” is damaged"),
        "flipped.zip": (flipped + good[middle + 20 :], "“flipped.zip” is damaged"),
        "list.zip": (listed("list.zip", None), "is not valid"),
        "newer.zip": (listed("newer.zip", {"format": 2}), "exported by a newer version"),
        "key.zip": (listed("key.zip", without_key(exported.contents())), "does not describe any"),
        "out.zip": (listed("out.zip", leading_out(exported.contents())), "is not valid"),
        "less.zip": (
            exported.changed(tmp_path / "less.zip", state__json=None),
            "state.json is missing",
        ),
        "size.zip": (
            exported.changed(tmp_path / "size.zip", state__json=b"x"),
            "does not have the size",
        ),
    }
    page = saved_page(visitor, site)
    for name, (content, sentence) in files.items():
        if isinstance(content, bytes):
            (tmp_path / name).write_bytes(content)
        import_file(page, tmp_path / name)
        expect(page.get_by_role("alert")).to_contain_text(sentence)
        expect(page.get_by_role("alert")).to_contain_text(name)
    expect(instances(page)).to_have_count(0)
    # And it is gone once something works.
    import_file(page, exported.file)
    expect(instances(page)).to_have_count(2)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_export_is_dropped_onto_the_page(
    visitor: BrowserContext, site: str, exported: Exported
) -> None:
    page = saved_page(visitor, site)
    transfer = page.evaluate_handle(
        """(bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "dropped.zip"));
            return transfer;
        }""",
        list(exported.file.read_bytes()),
    )
    page.dispatch_event("main", "dragover", {"dataTransfer": transfer})
    expect(page.get_by_text("Drop an export here")).to_be_visible()
    page.dispatch_event("main", "drop", {"dataTransfer": transfer})
    expect(instances(page)).to_have_count(2)
    expect(page.get_by_text("Drop an export here")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1280])
def test_page_is_accessible_and_fits(owner: Page, width: int) -> None:
    owner.set_viewport_size({"width": width, "height": 740})
    for scheme in SCHEMES:
        owner.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert accessibility_problems(owner) == []
        assert owner.evaluate("document.documentElement.scrollWidth") <= width
        owner.get_by_role("button", name="Delete all").click()
        assert accessibility_problems(owner) == []
        owner.get_by_role("dialog").get_by_role("button", name="Cancel").click()


def test_nothing_moves_away_from_under_the_pointer(visitor: BrowserContext, site: str) -> None:
    page = visitor.new_page()
    # The room is known last on a busy machine.
    page.add_init_script(
        """{
            const { storage } = navigator;
            const estimate = storage.estimate.bind(storage);
            storage.estimate = () =>
                new Promise((resolve) => {
                    requestAnimationFrame(() => setTimeout(() => resolve(estimate())));
                });
        }"""
    )
    page.goto(f"{site}saved.html")
    expect(page.get_by_role("region", name="Storage")).to_be_visible()
    moved = page.evaluate(
        """() => new Promise((resolve) => {
            const moves = [];
            const observer = new PerformanceObserver((list) => moves.push(...list.getEntries()));
            observer.observe({ type: "layout-shift", buffered: true });
            // Two frames: what has moved in the first is told in the second.
            requestAnimationFrame(() => requestAnimationFrame(() => {
                moves.push(...observer.takeRecords());
                resolve(moves.map(({ value }) => value));
            }));
        })"""
    )
    assert moved == []


def test_chooser_may_stay_open_for_long(
    visitor: BrowserContext, site: str, exported: Exported
) -> None:
    page = visitor.new_page()
    # A page cannot hold on to what it made; only the site can.
    page.add_init_script(
        """HTMLInputElement.prototype.click = function () {
            window.chooser = new WeakRef(this);
        };"""
    )
    page.goto(f"{site}saved.html")
    page.get_by_role("button", name="Import…").click()
    session = visitor.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    chooser = page.evaluate_handle("window.chooser.deref()").as_element()
    assert chooser is not None, "the chooser is garbage while it is open"
    chooser.set_input_files(exported.file)
    expect(outcome(page)).to_contain_text("Imported")


def test_browser_is_asked_to_keep_the_data(visitor: BrowserContext, site: str) -> None:
    page = saved_page(visitor, site)
    room = page.get_by_role("region", name="Storage")
    expect(room).to_contain_text("that the browser allows")
    expect(room.get_by_role("meter")).to_be_visible()
    room.get_by_role("button", name="Ask the browser to keep it").click()
    expect(room).to_contain_text("The browser does not promise that yet.")
    # Chromium without a window never agrees.
    page.evaluate(
        """() => {
            navigator.storage.persist = async () => true;
            navigator.storage.persisted = async () => true;
        }"""
    )
    room.get_by_role("button", name="Ask the browser to keep it").click()
    expect(room).to_contain_text("The browser has promised to keep it")
    expect(room.get_by_role("button")).to_have_count(0)


def test_storage_that_is_denied_is_told(visitor: BrowserContext, site: str) -> None:
    page = visitor.new_page()
    page.add_init_script(
        """IDBFactory.prototype.open = () => {
            throw new DOMException("denied", "SecurityError");
        };"""
    )
    page.goto(f"{site}saved.html")
    expect(page.get_by_role("alert")).to_contain_text("does not let the site save anything")
    expect(page.get_by_role("button", name="Import…")).to_be_hidden()


#: Room for the site, a saved database, and little else.
SMALL = 60_000_000

#: In a page: how many workspaces are saved.
COUNT_SAVED = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("datasette-lite /");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const store = opening.result;
    const counting = store.transaction("instances").objectStore("instances").count();
    counting.onsuccess = () => resolve(counting.result);
    store.close();
  };
})"""

#: In a page: whether no worker has a saved workspace open.
IS_NOTHING_OPEN = """async () => {
  const { held } = await navigator.locks.query();
  return !held.some(({ name }) => /^datasette-lite \\S+ owner /.test(name));
}"""

#: Of data that cannot be compressed.
TOO_MUCH = "insert into pictures values (hex(randomblob(8)), randomblob(1500000))"

#: Writes after which there must be no room left, also where the browser has tidied its files up
#: since it was filled, and so has room again.
MOST_WRITES = 40


@pytest.mark.first_visit
@pytest.mark.console_errors
def test_write_without_room_is_refused_and_nothing_breaks(
    page: Page, site: str, files: DataHost
) -> None:
    room = Room(page, site, SMALL)
    follow(page, link(site, "shop", url=[files.add("shop.db", shop_database())]))
    home = page.url
    assert write(page, "insert into colours values (4, 'Mauve')") == 200
    wait_for_parts(page)
    room.fill_up()
    # Scripts get a status, people a page.
    written = 0
    while (status := write(page, TOO_MUCH)) == 200 and written < MOST_WRITES:
        written += 1
    assert status == 507
    open_within(page, f"{home}/-/execute-write?sql={TOO_MUCH}")
    page.get_by_role("button", name="Execute").click()
    expect(page.get_by_role("heading", name="This could not be saved")).to_be_visible()
    expect(page.get_by_text("There is no room left to save this change")).to_be_visible()
    expect(page.get_by_role("link", name="Saved data")).to_be_visible()
    # The page shows the earlier data.
    follow(page, home)
    names = {row["name"] for row in rows_of(page, f"{home}/pictures")}
    assert {"mug", "none"} <= names and len(names) == 2 + written
    assert len(rows_of(page, f"{home}/colours")) == 4
    room.grant(2 * SMALL)
    assert write(page, TOO_MUCH) == 200
    stop_worker(page)
    follow(page, home)
    assert len(rows_of(page, f"{home}/pictures")) == 3 + written
    assert len(rows_of(page, f"{home}/colours")) == 4


@pytest.mark.first_visit
@pytest.mark.console_errors
def test_data_that_does_not_fit_opens_all_the_same(
    visitor: BrowserContext, site: str, files: DataHost, exported: Exported
) -> None:
    page = visitor.new_page()
    room = Room(page, site, SMALL)
    page.goto(f"{site}saved.html")
    large = sqlite3.connect(":memory:")
    large.execute("create table noise as select randomblob(2000000) as noise")
    room.fill_up()
    follow(page, link(site, "large", url=[files.add("large.db", large.serialize())]))
    assert write(page, "create table t (a)") == 200
    status, answer = fetch_json(page, f"{page.url}/-/query.json?sql=select+count(*)+as+n+from+t")
    assert (status, answer["rows"]) == (200, [{"n": 0}])
    told = ask(page, "status")["value"]
    assert told["saving"] == "unsaved"
    assert told["reason"]["message"].startswith("There is no room left to save this data")
    # Nor does an import fit, and nothing of it stays.
    page.goto(f"{site}saved.html")
    import_file(page, exported.file)
    expect(page.get_by_role("alert")).to_contain_text("There is no room left for this data")
    expect(instances(page)).to_have_count(0)


def noise(size: int) -> bytes:
    """Return a database of that many bytes which cannot be compressed."""
    connection = sqlite3.connect(":memory:")
    connection.execute(f"create table noise as select randomblob({size}) as noise")
    return connection.serialize()


@pytest.mark.first_visit
@pytest.mark.console_errors
def test_what_nobody_changed_makes_room_for_changes(page: Page, site: str, files: DataHost) -> None:
    room = Room(page, site, 2 * SMALL)
    unchanged = link(site, "unchanged", url=[files.add("unchanged.db", noise(6_000_000))])
    follow(page, unchanged)
    page.goto(f"{site}saved.html")
    expect(instances(page)).to_have_count(1)
    stop_worker(page)
    # Nothing open is deleted to make room.
    page.wait_for_function(IS_NOTHING_OPEN)
    follow(page, link(site, "shop", url=[files.add("shop.db", shop_database())]))
    home = page.url
    assert write(page, "insert into colours values (4, 'Mauve')") == 200
    wait_for_parts(page)
    # Else deleting something might not be enough.
    room.grant(max(2 * SMALL, room.fill_up()))
    written = 0
    while page.evaluate(COUNT_SAVED) == 2 and written < MOST_WRITES:
        assert write(page, TOO_MUCH) == 200
        written += 1
    notice = page.locator("ul[aria-label='About this data'] li")
    expect(notice).to_contain_text("the saved copy of another workspace was deleted: unchanged.db")
    expect(notice).to_contain_text("its link loads it again")
    stop_worker(page)
    follow(page, home)
    assert len(rows_of(page, f"{home}/pictures")) == 2 + written
    page.goto(f"{site}saved.html")
    expect(instances(page)).to_have_count(1)
    follow(page, unchanged)
    assert len(rows_of(page, f"{page.url}/noise")) == 1
