"""Data is kept in step with files on the device.

Browsers give handles of files only to people. Handles from the site's private file system, which
scripts can get, behave the same otherwise.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.bringing import import_all, wait_until_it_takes_files
from tests.support.browsing import BOOT_TIMEOUT, click_through, stop_worker
from tests.support.databases import sqlite_file
from tests.support.shop import fetch_json, rows_of

_WRITE = """async ([name, text]) => {
    const root = await navigator.storage.getDirectory();
    const handle = await root.getFileHandle(name, { create: true });
    const writable = await handle.createWritable();
    await writable.write(typeof text === "string" ? text : Uint8Array.from(text));
    await writable.close();
}"""

_READ = """async (name) => {
    const root = await navigator.storage.getDirectory();
    return (await (await root.getFileHandle(name)).getFile()).text();
}"""

_READ_BYTES = """async (name) => {
    const root = await navigator.storage.getDirectory();
    const file = await (await root.getFileHandle(name)).getFile();
    return [...new Uint8Array(await file.arrayBuffer())];
}"""

_COUNT_HANDLES = """async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name);
    const opening = indexedDB.open(names.find((name) => name.includes("file handles")));
    const result = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const store = await result(opening);
    const count = await result(store.transaction("handles").objectStore("handles").count());
    store.close();
    return count;
}"""

_DROP = """async ([name, text, hasHandle]) => {
    const root = await navigator.storage.getDirectory();
    const handle = hasHandle ? await root.getFileHandle(name) : null;
    DataTransferItem.prototype.getAsFileSystemHandle = async () => handle;
    const dataTransfer = new DataTransfer();
    const content = typeof text === "string" ? text : Uint8Array.from(text);
    dataTransfer.items.add(new File([content], name, { lastModified: 1_600_000_000_000 }));
    const options = { bubbles: true, cancelable: true, dataTransfer };
    for (const type of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(type, options));
    }
}"""


def open_file(page: Page, site: str, name: str, content: str | bytes, *, handle: bool) -> str:
    """Drop a file on the launcher and import it; return the address of its table."""
    page.set_default_timeout(BOOT_TIMEOUT)
    page.goto(site)
    wait_until_it_takes_files(page)
    given = [name, content if isinstance(content, str) else list(content)]
    if handle:
        page.evaluate(_WRITE, given)
    page.evaluate(_DROP, [*given, handle])
    import_all(page)
    return page.url


def sources_page(page: Page, table: str) -> None:
    """Go to the page “Manage data” of a table's workspace."""
    page.goto(f"{table.rpartition('/')[0].rpartition('/')[0]}/-/sources")


def save_back(page: Page, name: str) -> None:
    """Save a table or database back to its file."""
    page.get_by_role("button", name=f"Save back: {name}").click()
    dialog = page.get_by_role("dialog", name="Save back to")
    assert accessibility_problems(page) == []
    dialog.get_by_role("button", name="Replace the file").click(delay=1200)
    expect(page.get_by_text(f"{name} was saved back to ")).to_be_visible()


def test_a_file_that_changed_is_read_again_and_saved_back_to(page: Page, site: str) -> None:
    # Without a primary key, and with what CSV needs quotes for.
    table = open_file(page, site, "live.csv", "name,note\none,\n", handle=True)
    page.evaluate(_WRITE, ["live.csv", 'name,note\none,\ntwo,"a, b"\n'])
    sources_page(page, table)
    changed = page.get_by_role("button", name="Changed on disk: reload: live")
    assert accessibility_problems(page) == []
    click_through(changed)
    expect(page.get_by_text("live was opened again from live.csv.")).to_be_visible()
    expect(page.get_by_role("button", name="Open again: live")).to_be_visible()
    assert [row["name"] for row in rows_of(page, table)] == ["one", "two"]
    # And back: what is changed here goes into the file.
    row = {"row": {"name": "three", "note": "é"}}
    assert fetch_json(page, f"{table}/-/insert", row)[0] == 201
    sources_page(page, table)
    expect(page.get_by_text("Edited here since.")).to_be_visible()
    save_back(page, "live")
    text = page.evaluate(_READ, "live.csv")
    assert text.splitlines() == ["name,note", "one,", 'two,"a, b"', "three,é"]
    # The file has not changed since, as far as this page is concerned, and neither has the data.
    expect(page.get_by_role("button", name="Save back: live")).to_be_visible()
    expect(page.get_by_text("Edited here since.")).to_have_count(0)
    expect(page.get_by_role("button", name="Open again: live")).to_be_visible()
    # All that outlives the worker, and so does a later edit.
    row = {"row": {"name": "more", "note": ""}}
    assert fetch_json(page, f"{table}/-/insert", row)[0] == 201
    stop_worker(page)
    page.evaluate(_WRITE, ["live.csv", "name,note\nfour,\n"])
    sources_page(page, table)
    changed.click()
    question = page.get_by_role("dialog", name="Open live.csv again?")
    question.get_by_role("button", name="Replace my changes").click(delay=1200)
    expect(page.get_by_text("live was opened again from live.csv.")).to_be_visible()
    assert [row["name"] for row in rows_of(page, table)] == ["four"]


def test_a_database_is_saved_back_to_its_file(page: Page, site: str, tmp_path: Path) -> None:
    content = sqlite_file(tmp_path, "create table t (id integer primary key, a)")
    table = open_file(page, site, "live.db", content, handle=True)
    assert fetch_json(page, f"{table}/-/insert", {"row": {"a": "new"}})[0] == 201
    sources_page(page, table)
    save_back(page, "live")
    saved = tmp_path / "saved.db"
    saved.write_bytes(bytes(page.evaluate(_READ_BYTES, "live.db")))
    with contextlib.closing(sqlite3.connect(saved)) as opened:
        assert opened.execute("select a from t").fetchall() == [("new",)]
    # The browser forgets the file with the workspace, and brings it back with it.
    page.goto(f"{site}saved.html")
    assert page.evaluate(_COUNT_HANDLES) == 1
    page.get_by_role("button", name=re.compile("^Delete live")).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click(delay=1200)
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    page.wait_for_function(f"async () => await ({_COUNT_HANDLES})() === 0")
    undo.click()
    expect(page.get_by_text(re.compile("^Undone: live.* is back"))).to_be_visible()
    sources_page(page, table)
    expect(page.get_by_role("button", name="Save back: live")).to_be_visible()


def test_without_a_handle_the_file_is_chosen_again(page: Page, site: str, tmp_path: Path) -> None:
    table = open_file(page, site, "chosen.csv", "id,name\n1,one\n", handle=False)
    assert fetch_json(page, f"{table}/-/insert", {"row": {"id": 2, "name": "mine"}})[0] == 201
    sources_page(page, table)
    expect(page.get_by_role("button", name="Save back: chosen")).to_have_count(0)
    again = page.get_by_role("button", name="Open again: chosen")
    again.click()
    # What was changed here would be lost.
    question = page.get_by_role("dialog", name="Open chosen.csv again?")
    question.get_by_role("button", name="Cancel").click()
    expect(again).to_be_focused()
    # A database is not what this was.
    wrong = tmp_path / "wrong.db"
    wrong.write_bytes(sqlite_file(tmp_path, "create table t (a)"))
    choose(page, again, wrong)
    expect(
        page.get_by_text("chosen could not be opened again. wrong.db is a database")
    ).to_be_visible()
    assert [row["name"] for row in rows_of(page, table)] == ["one", "mine"]
    new = tmp_path / "other name.csv"
    new.write_bytes(b"id,name\n5,five\n")
    choose(page, again, new)
    expect(page.get_by_text("chosen was opened again from other name.csv.")).to_be_visible()
    assert [row["name"] for row in rows_of(page, table)] == ["five"]


def choose(page: Page, again: Locator, file: Path) -> None:
    """Open a file again in place of changes made here."""
    again.click()
    question = page.get_by_role("dialog", name="Open chosen.csv again?")
    with page.expect_file_chooser() as chooser:
        question.get_by_role("button", name="Replace my changes").click(delay=1200)
    chooser.value.set_files(file)
