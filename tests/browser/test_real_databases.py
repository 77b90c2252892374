"""Databases from other programs, and starts that fail: everything readable is read."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.support.app_databases import APPS
from tests.support.bringing import drop, import_all, import_button, wait_for_previews
from tests.support.browsing import BOOT_TIMEOUT, click_through, follow, link, stop_worker
from tests.support.databases import in_wal_mode, sqlite_file
from tests.support.hosts import DataHost
from tests.support.shop import fetch_json, rows_of

REPORTED = Path(__file__).parent.parent / "fixtures" / "reported_databases"


def check_app(page: Page, address: str, app: str) -> None:
    """Look at everything in a database of APPS."""
    _, readable, unreadable = APPS[app]
    for table, rows in readable.items():
        assert len(rows_of(page, f"{address}{app}/{table}")) == rows, table
    for table, word in unreadable.items():
        page.goto(f"{address}{app}/{table}")
        expect(page.get_by_role("heading", level=1)).to_have_text(f"{table} cannot be read here")
        expect(page.locator(".message-warning")).to_contain_text(word)
    page.goto(f"{address}{app}")
    expect(page.get_by_role("link", name=next(iter(readable)), exact=True).first).to_be_visible()


@pytest.mark.parametrize("app", APPS)
def test_databases_of_apps_open_and_stay_open(
    page: Page, site: str, files: DataHost, tmp_path: Path, app: str
) -> None:
    make, *_ = APPS[app]
    follow(page, link(site, app, url=[files.add(f"{app}.db", make(tmp_path / "made.db"))]))
    address = page.url.removesuffix(app)
    check_app(page, address, app)
    stop_worker(page)
    check_app(page, address, app)
    with page.expect_download() as started:
        page.evaluate(
            "href => { const a = document.createElement('a'); a.href = href; a.click(); }",
            f"{address}-/download.zip",
        )
    archive = zipfile.ZipFile(BytesIO(started.value.path().read_bytes()))
    assert archive.read(f"{app}.db").startswith(b"SQLite format 3")


def test_dropped_they_leave_the_rest_alone(page: Page, site: str, tmp_path: Path) -> None:
    follow(page, link(site, memory="1"))
    home = page.url
    drop(page, {f"{app}.db": make(tmp_path / "made.db") for app, (make, *_) in APPS.items()})
    wait_for_previews(page)
    import_button(page).click()
    dialog = page.locator("dialog[data-state=done]")
    expect(dialog).to_contain_text("has its collation “LOCALIZED”", timeout=BOOT_TIMEOUT)
    click_through(dialog.get_by_role("button", name="Show the data"))
    for _ in range(2):
        for app in APPS:
            check_app(page, home, app)
        stop_worker(page)
        follow(page, home)


def test_text_of_a_missing_collation_is_found_and_written(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    make, *_ = APPS["android"]
    follow(
        page, link(site, "android/contacts", url=[files.add("android.db", make(tmp_path / "m"))])
    )
    expect(page.locator(".message-warning")).to_contain_text('REINDEX "LOCALIZED"')
    home = page.url.removesuffix("/contacts")
    for name in ("b", "A", "c", "D"):
        _, found = fetch_json(page, f"{home}/contacts.json?_shape=array&name={name}")
        assert len(found) == 1
    row = {"row": {"name": "B", "key": "x"}}
    assert fetch_json(page, f"{home}/contacts/-/insert", row)[0] == 201
    _, found = fetch_json(page, f"{home}/contacts.json?_shape=array&_sort=name")
    assert [row["name"] for row in found] == ["A", "B", "D", "b", "c"]


def test_of_reported_databases_only_what_needs_the_missing_fails(
    page: Page, site: str, files: DataHost
) -> None:
    """One with Android's order of text, one with a full-text index by the tokenizer icu."""
    urls = [files.add(name, (REPORTED / name).read_bytes()) for name in ("channel.db", "ama.db")]
    follow(page, link(site, "channel/channel", url=urls))
    home = page.url.removesuffix("channel/channel")
    warning = page.locator(".message-warning")
    for _ in range(2):
        assert [row["name"] for row in rows_of(page, f"{home}channel/channel")] == ["Arte", "BBC"]
        assert [row["body"] for row in rows_of(page, f"{home}ama/notes")] == ["hello"]
        for path in ("channel/channel", "channel/channel?_sort_desc=name", "channel/channel/1"):
            page.goto(f"{home}{path}")
            expect(page.get_by_role("cell", name="Arte")).to_be_visible()
            if path != "channel/channel/1":
                expect(warning).to_contain_text("the collation “LOCALIZED”")
        page.goto(f"{home}ama")
        expect(page.get_by_role("link", name="notes", exact=True).first).to_be_visible()
        page.goto(f"{home}ama/notes")
        expect(page.get_by_role("cell", name="hello")).to_be_visible()
        expect(warning).to_contain_text("cannot be searched here, because of “notes_fts”")
        expect(warning).to_contain_text("the tokenizer “icu”")
        stop_worker(page)


def test_a_reported_log_with_its_index_is_replayed(page: Page, site: str) -> None:
    follow(page, link(site, memory="1"))
    home = page.url
    drop(page, {path.name: path.read_bytes() for path in REPORTED.glob("app.db*")})
    import_all(page)
    assert [row["a"] for row in rows_of(page, f"{home}app/only_in_wal")] == [42]


def test_a_log_dropped_beside_its_database_is_replayed(
    page: Page, site: str, tmp_path: Path
) -> None:
    follow(page, link(site, memory="1"))
    home = page.url
    dialog = drop(page, in_wal_mode(tmp_path))
    wait_for_previews(page)
    expect(dialog.locator(".files > li")).to_have_count(1)
    expect(dialog.locator(".files > li")).to_contain_text("app.db-wal")
    import_all(page)
    assert rows_of(page, f"{home}app/only_in_wal") == [{"rowid": 1, "a": 42}]


def test_a_log_in_the_same_zip_file_is_replayed(page: Page, site: str, tmp_path: Path) -> None:
    follow(page, link(site, memory="1"))
    home = page.url
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in in_wal_mode(tmp_path).items():
            archive.writestr(f"backup/{name}", content)
    drop(page, {"backup.zip": packed.getvalue()})
    import_all(page)
    assert rows_of(page, f"{home}app/only_in_wal") == [{"rowid": 1, "a": 42}]


def test_a_linked_log_is_replayed(page: Page, site: str, files: DataHost, tmp_path: Path) -> None:
    content = in_wal_mode(tmp_path)
    urls = [files.add(name, content[name]) for name in ("app.db", "app.db-wal")]
    follow(page, link(site, "app/only_in_wal", url=urls))
    home = page.url.removesuffix("/only_in_wal")
    assert rows_of(page, f"{home}/only_in_wal") == [{"rowid": 1, "a": 42}]
    stop_worker(page)
    assert rows_of(page, f"{home}/in_file") == [{"rowid": 1, "a": 1}]


def test_a_missing_log_is_mentioned(page: Page, site: str, tmp_path: Path) -> None:
    follow(page, link(site, memory="1"))
    drop(page, {"app.db": in_wal_mode(tmp_path)["app.db"]})
    wait_for_previews(page)
    import_button(page).click()
    done = page.locator("dialog[data-state=done]")
    expect(done).to_contain_text("If there is a file app.db-wal beside it", timeout=BOOT_TIMEOUT)


def test_a_log_alone_says_what_it_needs(page: Page, site: str, tmp_path: Path) -> None:
    follow(page, link(site, memory="1"))
    dialog = drop(page, {"app.db-wal": in_wal_mode(tmp_path)["app.db-wal"]})
    expect(dialog.locator(".files .problem")).to_contain_text("open both files together")


def test_of_a_truncated_database_the_rest_opens(page: Page, site: str, tmp_path: Path) -> None:
    follow(page, link(site, memory="1"))
    home = page.url
    content = sqlite_file(
        tmp_path,
        "create table t (id integer primary key, a text)",
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)"
        " insert into t select i, hex(zeroblob(150)) from n",
        "create table last as select 1 as a",
    )
    drop(page, {"half.db": content[: len(content) // 2]})
    wait_for_previews(page)
    import_button(page).click()
    done = page.locator("dialog[data-state=done]")
    expect(done).to_contain_text("only part of a SQLite database", timeout=BOOT_TIMEOUT)
    expect(done).to_contain_text("Nothing could be read of last")
    click_through(done.get_by_role("button", name="Show the data"))
    assert len(rows_of(page, f"{home}half/t")) > 50


# --- Starts that fail ----------------------------------------------------------------------------


@pytest.fixture
def broken(page: Page, plugin_site: str, tmp_path: Path) -> str:
    """A workspace that does not start, since the database that was added last is refused."""
    follow(page, link(plugin_site, memory="1"))
    home = page.url
    drop(page, {"mine.db": sqlite_file(tmp_path, "create table t as select 7 as a")})
    import_all(page)
    drop(page, {"refused.db": sqlite_file(tmp_path, "create table r as select 8 as a")})
    import_all(page)
    stop_worker(page)
    return home


@pytest.mark.console_errors
def test_a_failed_start_offers_the_data_and_a_start_without_the_last_file(
    page: Page, broken: str, plugin_site: str, tmp_path: Path
) -> None:
    for _ in range(2):  # and after a restart
        page.goto(f"{broken}mine/t")
        ways_out = page.locator(".ways-out")
        expect(ways_out).to_be_visible(timeout=BOOT_TIMEOUT)
        expect(page.locator(".problem .message")).to_contain_text("refused is refused")
        expect(ways_out.locator("li").first).to_contain_text("refused.db")
        stop_worker(page)
    with page.expect_download() as started:
        ways_out.get_by_role("button", name="Download refused.db").click()
    copy = tmp_path / "copy.db"
    shutil.copy(started.value.path(), copy)
    connection = sqlite3.connect(copy)
    assert connection.execute("select a from r").fetchall() == [(8,)]
    connection.close()
    ways_out.get_by_role("button", name="Start without refused.db").click()
    page.wait_for_selector("navigation-search", timeout=BOOT_TIMEOUT, state="attached")
    assert rows_of(page, f"{broken}mine/t") == [{"rowid": 1, "a": 7}]
    stop_worker(page)
    assert rows_of(page, f"{broken}mine/t") == [{"rowid": 1, "a": 7}]
    page.goto(f"{plugin_site}saved.html")
    expect(page.get_by_role("button", name="Download refused.db")).to_be_visible()


@pytest.mark.console_errors
def test_a_database_is_removed_from_what_does_not_start(page: Page, broken: str) -> None:
    page.goto(f"{broken}mine/t")
    page.get_by_role("button", name="Remove refused.db").click(timeout=BOOT_TIMEOUT)
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.wait_for_selector("navigation-search", timeout=BOOT_TIMEOUT, state="attached")
    assert rows_of(page, f"{broken}mine/t") == [{"rowid": 1, "a": 7}]
    _, databases = fetch_json(page, f"{broken}-/databases.json")
    assert "refused" not in str(databases)


# --- Integers that JavaScript cannot hold ---------------------------------------------------------


def test_large_integers_survive_the_edit_dialog(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    content = sqlite_file(
        tmp_path,
        "create table t (id integer primary key, big integer, loose numeric, small integer)",
        "insert into t values (1, 9007199254740993, -9007199254740995, 5)",
    )
    follow(page, link(site, "ids/t", url=[files.add("ids.db", content)]))
    home = page.url.removesuffix("/t")

    def edit(**values: str) -> list[str]:
        page.get_by_role("button", name="Edit row 1").click()
        dialog = page.get_by_role("dialog", name="Edit row 1")
        expect(dialog.get_by_label("big")).to_have_value(stored()[0])
        expect(dialog.get_by_label("loose")).to_have_value(stored()[1])
        for name, value in values.items():
            dialog.get_by_label(name).fill(value)
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_be_hidden()
        return stored()

    def stored() -> list[str]:
        # As text, lest JavaScript have a hand in what is compared.
        sql = "select big||'', loose||'', small||'', typeof(big)||typeof(loose) as types from t"
        _, rows = fetch_json(page, f"{home}/-/query.json?_shape=arrays&sql={quote(sql)}")
        row: list[str] = rows["rows"][0]
        return row

    first, second = "9007199254740993", "-9007199254740995"
    assert edit(small="6") == [first, second, "6", "integerinteger"]
    largest = "9223372036854775807"
    assert edit(small=largest) == [first, second, largest, "integerinteger"]
    assert edit(loose=largest) == [first, largest, largest, "integerinteger"]
    assert edit(big="7", loose="8") == ["7", "8", largest, "integerinteger"]
