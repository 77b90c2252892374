"""Databases of the person's own that are too large to be in memory as a whole."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_kills import ENDED, Victim, in_page
from tests.browser.test_large_databases import rows_of, update
from tests.support.asking import VERSION
from tests.support.bringing import drop_from_disk, import_all
from tests.support.browsing import (
    BOOT_TIMEOUT,
    HURRIED,
    follow,
    link,
    stop_worker,
    wait_for_datasette,
)
from tests.support.hosts import DataHost
from tests.support.large_databases import code_of, make_places
from tests.support.raw_chromium import PATIENCE, raw_browser, wait_until
from tests.support.storage import stored

ROWS = 200_000
MB = 1024 * 1024


@pytest.fixture(scope="session")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of some 56 MB."""
    path = make_places(tmp_path_factory.mktemp("local") / "mine.db", ROWS)
    assert path.stat().st_size > 50 * MB
    return path


def open_file(page: Page, site: str, path: Path) -> str:
    """Drop a file onto the launcher; return the address of its workspace."""
    page.goto(site)
    page.wait_for_load_state("networkidle")
    drop_from_disk(page, path)
    import_all(page)
    wait_for_datasette(page)
    return re.sub(r"(/app/@[\w-]+/).*", r"\1", page.url)


def test_a_large_csv_file_is_imported_from_disk(page: Page, site: str, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("number,text\n")
        # More than is in memory at a time, and a value that only the end has.
        file.writelines(f"{n},{'x' * 240}\n" for n in range(1, 140_001))
        file.write("140001,the last one\n")
    assert path.stat().st_size > 32_000_000
    home = open_file(page, site, path)
    found = rows_of(page, f"{home}data/large.json?_shape=objects&_sort_desc=number&_size=1")
    assert found == [{"rowid": 140_001, "number": 140_001, "text": "the last one"}]
    stop_worker(page)
    follow(page, f"{home}data/large/140001")
    expect(page.get_by_text("the last one", exact=True)).to_be_visible()


#: Deletes a block of the database mine.db, as a browser does that has run out of space.
DELETE_BLOCK = """async (index) => {
  const [{ name }] = await indexedDB.databases();
  const request = indexedDB.open(name);
  await new Promise((resolve) => (request.onsuccess = resolve));
  const transaction = request.result.transaction("blocks", "readwrite");
  const blocks = transaction.objectStore("blocks");
  const keys = blocks.getAllKeys();
  await new Promise((resolve) => (keys.onsuccess = resolve));
  const isIt = ([, path, at]) => path === "databases/mine.db" && at === index;
  blocks.delete(keys.result.find(isIt));
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  request.result.close();
}"""


def saved_in_blocks(page: Page) -> int:
    """Return about how many bytes are saved block by block."""
    return stored(page)["blocks"] * 64 * 1024


def test_a_large_file_is_opened_edited_and_there_after_a_restart(
    page: Page, site: str, mine: Path
) -> None:
    home = open_file(page, site, mine)
    table = f"{home}mine/places"
    page.goto(table)
    expect(page.get_by_text("Place 100", exact=True)).to_be_visible()
    assert stored(page)["bases"] == 1
    assert saved_in_blocks(page) < 4 * MB
    assert update(page, f"{table}/150000/-/update", name="Here") == 200
    stop_worker(page)
    follow(page, f"{table}/150000")
    expect(page.get_by_text("Here", exact=True)).to_be_visible()
    [row] = rows_of(page, f"{table}.json?_shape=objects&code={code_of(199_999)}")
    assert row["name"] == "Place 199999"
    assert saved_in_blocks(page) < 4 * MB


def test_a_large_file_is_exported_downloaded_and_deleted(
    page: Page, site: str, mine: Path, tmp_path: Path
) -> None:
    home = open_file(page, site, mine)
    assert update(page, f"{home}mine/places/7/-/update", name="Here") == 200
    page.goto(f"{home}mine")
    with page.expect_download(timeout=BOOT_TIMEOUT) as download:
        page.evaluate(f"location.href = '{home}-/download/mine.db'")
    download.value.save_as(tmp_path / "downloaded.db")
    check(tmp_path / "downloaded.db")
    page.goto(f"{site}saved.html")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download mine.db").click()
    download.value.save_as(tmp_path / "mine.db")
    check(tmp_path / "mine.db")
    with page.expect_download(timeout=BOOT_TIMEOUT) as download:
        page.get_by_role("button", name=re.compile("^Export .*mine")).click()
    download.value.save_as(tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        [member] = [one for one in archive.namelist() if one.endswith("/databases/mine.db")]
        archive.extract(member, tmp_path)
    check(tmp_path / member)
    page.get_by_role("button", name=re.compile("^Delete .*mine")).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text(re.compile("^Deleted .*mine"))).to_be_visible()
    # Until the page is left, that can be undone. What the page cannot delete, the next worker does.
    stop_worker(page)
    page.goto(site)
    wait_until(lambda: not any(stored(page).values()), PATIENCE, "deleting what was spared")


def check(path: Path) -> None:
    """Check that all rows are there, and the change."""
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("pragma quick_check").fetchall() == [("ok",)]
        assert conn.execute("select count(*) from places").fetchone() == (ROWS,)
        assert conn.execute("select name from places where id = 7").fetchone() == ("Here",)


def test_a_large_file_that_is_cut_off_is_opened_as_far_as_it_can_be(
    page: Page, site: str, mine: Path, tmp_path: Path
) -> None:
    path = tmp_path / "cut.db"
    with mine.open("rb") as whole:
        path.write_bytes(whole.read(40 * MB))
    page.goto(site)
    page.wait_for_load_state("networkidle")
    drop_from_disk(page, path)
    import_all(page, noted=True)
    wait_for_datasette(page)
    assert len(rows_of(page, re.sub(r"(/app/@[\w-]+/).*", r"\1cut/places.json", page.url))) == 100


def test_a_restart_reads_only_what_the_page_needs(
    page: Page, site: str, files: DataHost, mine: Path
) -> None:
    url = files.add("mine.db", mine.read_bytes())
    follow(page, link(site, "mine/places/1", url=url, range="0"))
    table = page.url.removesuffix("/1")
    assert update(page, f"{table}/1/-/update", name="Here") == 200
    assert saved_in_blocks(page) > 50 * MB
    stop_worker(page)
    # A start that read it would fail.
    page.goto(f"{site}saved.html")
    page.evaluate(DELETE_BLOCK, 400)
    follow(page, f"{table}/1")
    expect(page.get_by_text("Here", exact=True)).to_be_visible()
    assert update(page, f"{table}/2/-/update", name="There") == 200
    stop_worker(page)
    follow(page, f"{table}/2")
    expect(page.get_by_text("There", exact=True)).to_be_visible()


#: Counts records of saved data, and the bytes of copies of the person's files.
COUNT = """(async () => {
  const [{ name }] = await indexedDB.databases();
  const request = indexedDB.open(name);
  await new Promise((resolve) => (request.onsuccess = resolve));
  const bases = request.result.transaction("bases").objectStore("bases").getAll();
  await new Promise((resolve) => (bases.onsuccess = resolve));
  request.result.close();
  return bases.result.reduce((sum, { size }) => sum + size, 0);
})()"""


#: A function that fetches what the workspace of a tab has at a path.
JSON_OF = """(async (path) =>
  (await fetch(location.pathname.match(/.*@[^/]*\\//)[0] + path)).json())"""


def adding(victim: Victim, url: str, name: str) -> Callable[[], object]:
    """Return a function that has a file added to the tab's workspace, as the dialog does."""
    question = {"v": VERSION, "type": "add"}
    return in_page(
        victim,
        f"""(async () => {{
          const content = await (await fetch({json.dumps(url)})).blob();
          const file = new File([content], {json.dumps(name)});
          const key = location.pathname.match(/@([^/]*)/)[1];
          const files = [{{ file, options: {{}}, kind: "file", addition: file.name }}];
          const {{ port1, port2 }} = new MessageChannel();
          const message = {{ ...{json.dumps(question)}, key, files }};
          const {{ active }} = await navigator.serviceWorker.ready;
          active.postMessage(message, [port2]);
          await new Promise((resolve) => {{
            port1.onmessage = ({{ data }}) => "value" in data && resolve();
          }});
        }})()""",
    )


def test_killed_while_a_large_file_is_added_it_is_there_or_not(
    site: str, files: DataHost, tmp_path: Path
) -> None:
    path = make_places(tmp_path / "x.db", 130_000)
    size = path.stat().st_size
    assert size > 32 * MB
    large = files.add("x.db", b"", file=path)
    address = link(site, csv=files.add("small.csv", b"a\n1\n"))
    with raw_browser(HURRIED) as chromium:
        victim = Victim(chromium, site)

        def databases() -> list[str]:
            victim.open(address)
            names: list[str] = victim.tab.evaluate(
                f"{JSON_OF}('-/databases.json')"
                ".then(({ databases }) => databases.map(({ name }) => name))"
            )
            return [name for name in names if name.startswith("x")]

        def last_row(name: str) -> str:
            found: str = victim.tab.evaluate(
                f"{JSON_OF}('{name}/places/130000.json').then(({{ rows }}) => rows[0].name)"
            )
            return found

        victim.open(address)
        _, steps = victim.do(adding(victim, large, "x.db"), ENDED)
        assert "put bases" in steps
        present = ["x"]
        last = len(steps) - steps[::-1].index("committed")
        # Before and after the copy is stored, and before and after it counts.
        at_copy = steps.index("put bases") + 1
        for stop_at in (at_copy, at_copy + 2, last - 1, last):
            name = f"x{stop_at}"
            victim.open(address)
            ended, _ = victim.do(adding(victim, large, f"{name}.db"), ENDED, stop_at)
            found = databases()
            assert found in (present, [*present, name]), f"step {stop_at} of {steps}"
            committed = stop_at == last
            assert (name in found) >= committed, f"step {stop_at} of {steps} undid a commit"
            assert not ended or committed, f"an answer at step {stop_at} of {steps} was a lie"
            present = found
            assert [last_row(one) for one in present] == ["Place 130000"] * len(present)
            assert victim.tab.evaluate(COUNT) == size * len(present)
