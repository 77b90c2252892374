"""Saved instances: a person's changes are kept; newer data never replaces them unasked."""

from __future__ import annotations

import base64
import threading
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Worker, expect

from tests.support.asking import VERSION
from tests.support.bringing import import_all, import_button, import_dialog, wait_for_previews
from tests.support.browsing import (
    BOOT_TIMEOUT,
    follow,
    link,
    open_within,
    save_query,
    stop_worker,
    wait_for_datasette,
    worker_of,
)
from tests.support.hosts import DataHost
from tests.support.plugins import instance
from tests.support.shop import fetch_json, shop_database

NOTICES = "ul[aria-label='About this data'] li"

SAVED_KEYS = """async () => {
  const store = await new Promise((resolve, reject) => {
    const request = indexedDB.open("datasette-lite /");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  if (!store.objectStoreNames.contains("instances")) return [];
  const keys = await new Promise((resolve) => {
    const request = store.transaction("instances").objectStore("instances").getAllKeys();
    request.onsuccess = () => resolve(request.result);
  });
  store.close();
  return keys;
}"""


def insert(page: Page, **row: Any) -> None:
    """Insert a row into the table that the page shows."""
    status, answer = fetch_json(page, f"{page.url.split('?')[0]}/-/insert", {"row": row})
    assert status == 201, answer


def values(page: Page) -> list[str]:
    """Return the first column of the table that the page shows, without the link of its rows."""
    return page.locator("table.rows-and-columns tbody td.col-a").all_inner_texts()


def dated(day: int) -> dict[str, dict[str, str]]:
    return {"headers": {"Last-Modified": f"Mon, {day:02} Nov 2026 10:00:00 GMT"}}


def test_changes_outlive_the_worker_and_nothing_is_fetched_again(
    page: Page, site: str, files: DataHost
) -> None:
    follow(page, link(site, "data/t", csv=files.add("t.csv", b"a\nx\n")))
    insert(page, a="mine")
    files.files.clear()
    files.requests.clear()
    stop_worker(page)
    page.reload()
    wait_for_datasette(page)
    assert values(page) == ["x", "mine"]
    assert files.requests == []


def test_newer_data_is_loaded_where_nothing_was_changed(
    page: Page, site: str, files: DataHost
) -> None:
    address = link(site, "data/t", csv=files.add("t.csv", b"a\nold\n", **dated(2)))
    follow(page, address)
    assert values(page) == ["old"]
    files.add("t.csv", b"a\nnew\n", **dated(9))
    page.goto("about:blank")
    follow(page, address)
    assert values(page) == ["new"]
    stop_worker(page)
    page.reload()
    wait_for_datasette(page)
    assert values(page) == ["new"]


def test_newer_content_is_noticed_where_a_host_tells_no_dates(
    page: Page, site: str, files: DataHost
) -> None:
    address = link(site, "data/t", csv=files.add("t.csv", b"a\none\n"))
    follow(page, address)
    files.add("t.csv", b"a\ntwo\n")
    page.goto("about:blank")
    follow(page, address)
    assert values(page) == ["two"]


def test_saved_data_opens_though_the_host_of_newer_data_stalls(
    page: Page, site: str, files: DataHost
) -> None:
    address = link(site, "data/t", csv=files.add("t.csv", b"a\nold\n", **dated(2)))
    follow(page, address)
    released = threading.Event()
    files.add("t.csv", b"a\nnew\n", released=released, **dated(9))
    page.goto("about:blank")
    page.goto(address)
    page.get_by_role("button", name="Open the saved copy").click(timeout=BOOT_TIMEOUT)
    wait_for_datasette(page)
    assert values(page) == ["old"]
    # It is still offered, and nothing has been replaced behind anybody's back.
    released.set()
    stop_worker(page)
    page.reload()
    wait_for_datasette(page)
    assert values(page) == ["old"]
    page.goto("about:blank")
    follow(page, address)
    assert values(page) == ["new"]


def test_newer_data_does_not_replace_changes_unasked(
    page: Page, site: str, files: DataHost
) -> None:
    address = link(site, "data/t", csv=files.add("t.csv", b"a\nold\n", **dated(2)))
    follow(page, address)
    insert(page, a="mine")
    files.add("t.csv", b"a\nnew\n", **dated(9))
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "There is newer data", timeout=BOOT_TIMEOUT
    )
    page.get_by_role("button", name="Open my version").click()
    wait_for_datasette(page)
    assert values(page) == ["old", "mine"]
    # The page itself goes on telling, and leads back to the choice.
    page.locator(NOTICES).get_by_role("button", name="Choose what to do").click()
    page.get_by_role("button", name="Replace it with the newer data").click()
    wait_for_datasette(page)
    assert page.url.endswith("/data/t")
    assert values(page) == ["new"]
    expect(page.locator(NOTICES)).to_have_count(0)


def test_stored_queries_outlive_newer_data(page: Page, site: str, files: DataHost) -> None:
    address = link(site, "data/t", csv=files.add("t.csv", b"a\nold\n", **dated(2)))
    follow(page, address)
    home = page.url.removesuffix("/data/t")
    open_within(page, f"{home}/data/-/query?sql=select+a+as+found+from+t")
    save_query(page, "Mine")
    files.add("t.csv", b"a\nnew\n", **dated(9))
    page.goto("about:blank")
    follow(page, address)
    assert values(page) == ["new"]
    page.goto(f"{home}/data/mine")
    expect(page.locator("td.col-found")).to_have_text("new")


def test_newer_data_that_cannot_be_loaded_harms_nothing(
    page: Page, site: str, files: DataHost
) -> None:
    address = link(site, "data/t", csv=files.add("t.csv", b"a\nold\n", **dated(2)))
    follow(page, address)
    files.add("t.csv", b"<!doctype html><p>Moved</p>", **dated(9))
    page.goto("about:blank")
    page.goto(address)
    problem = page.get_by_label("What went wrong")
    expect(problem).to_contain_text("is unharmed", timeout=BOOT_TIMEOUT)
    files.files.clear()
    problem.get_by_role("button", name="Try again").click()
    wait_for_datasette(page)
    assert values(page) == ["old"]


@pytest.mark.console_errors  # the browser's own, of a request that fails
def test_a_source_that_is_gone_does_not_keep_saved_data_from_opening(
    page: Page, site: str, files: DataHost
) -> None:
    address = link(site, "data/t", csv=files.add("t.csv", b"a\nx\n"))
    follow(page, address)
    files.files.clear()
    page.goto("about:blank")
    follow(page, address)
    assert values(page) == ["x"]


def test_other_tabs_are_told_of_changes_and_see_them(
    visitor: BrowserContext, site: str, files: DataHost
) -> None:
    one = visitor.new_page()
    follow(one, link(site, "data/t", csv=files.add("t.csv", b"a\nx\n")))
    two = visitor.new_page()
    follow(two, one.url)
    other = visitor.new_page()
    follow(other, f"{site}app/world")
    insert(one, a="from one")
    notice = two.locator(NOTICES)
    expect(notice).to_contain_text("changed in another tab")
    expect(one.locator(NOTICES)).to_have_text(["A row was added to “t”.Undo×"])
    expect(other.locator(NOTICES)).to_have_count(0)
    notice.get_by_role("button", name="Show it").click()
    expect(two.locator("td.col-a")).to_have_text(["x", "from one"])


def test_other_tabs_are_told_of_a_deletion(
    visitor: BrowserContext, site: str, files: DataHost
) -> None:
    one = visitor.new_page()
    follow(one, link(site, "data/t", csv=files.add("t.csv", b"a\nx\n")))
    insert(one, a="mine")
    two = visitor.new_page()
    two.goto(site)
    key = one.url.split("@")[1].split("/")[0]
    two.evaluate(
        """async ([v, key]) => {
          const { active } = await navigator.serviceWorker.ready;
          const { port1, port2 } = new MessageChannel();
          const answered = new Promise((resolve) => (port1.onmessage = resolve));
          active.postMessage({ v, type: "forget", keys: [key] }, [port2]);
          await answered;
        }""",
        [VERSION, key],
    )
    notice = one.locator(NOTICES).filter(has_text="deleted from this browser")
    expect(notice).to_be_visible()
    assert one.evaluate(SAVED_KEYS) == []
    notice.get_by_role("button", name="Load it again").click()
    expect(one.locator("td.col-a")).to_have_text(["x"], timeout=BOOT_TIMEOUT)


def test_a_temporary_instance_saves_nothing(page: Page, site: str, files: DataHost) -> None:
    follow(page, link(site, "data/t", csv=files.add("t.csv", b"a\nx\n"), temporary="1"))
    expect(page.locator(NOTICES)).to_contain_text("Nothing you change here is saved")
    insert(page, a="gone soon")
    page.reload()
    assert values(page) == ["x", "gone soon"]
    assert page.evaluate(SAVED_KEYS) == []
    stop_worker(page)
    page.reload()
    wait_for_datasette(page)
    assert values(page) == ["x"]
    page.locator(NOTICES).get_by_role("button", name="Close").click()
    page.reload()
    wait_for_datasette(page)
    expect(page.locator(NOTICES)).to_have_count(0)


def test_the_sites_own_data_temporarily(page: Page, site: str) -> None:
    follow(page, link(site, "world", temporary="1"))
    expect(page.locator(NOTICES)).to_contain_text("Nothing you change here is saved")
    expect(page.get_by_role("heading", level=1)).to_have_text("world")


def started_worker(page: Page, home: str) -> Worker:
    """Return the worker of a workspace that was open before, newly started and idle."""
    stop_worker(page)
    page.evaluate(
        """async ([v, home]) => {
          const { port1, port2 } = new MessageChannel();
          const answered = new Promise((resolve) => (port1.onmessage = resolve));
          const registration = await navigator.serviceWorker.getRegistration(home);
          registration.active.postMessage({ v, type: "ping" }, [port2]);
          await answered;
        }""",
        [VERSION, home],
    )
    return worker_of(page, home)


def test_where_storage_is_denied_everything_works_and_says_so(
    page: Page, site: str, files: DataHost
) -> None:
    address = link(site, "data/t", csv=files.add("t.csv", b"a\nx\n"))
    follow(page, address)
    home = instance(page)
    page.goto(site)
    started_worker(page, home).evaluate(
        """() => {
          IDBFactory.prototype.open = () => { throw new DOMException("denied", "SecurityError"); };
        }"""
    )
    follow(page, address)
    expect(page.locator(NOTICES)).to_contain_text("does not let the site save anything")
    insert(page, a="in memory")
    page.reload()
    assert values(page) == ["x", "in memory"]


def test_two_browsers_do_not_share_what_is_saved(
    page: Page, browser: Browser, site: str, files: DataHost
) -> None:
    follow(page, link(site, "data/t", csv=files.add("t.csv", b"a\nx\n")))
    insert(page, a="mine")
    stranger = browser.new_context().new_page()
    follow(stranger, page.url)
    assert values(stranger) == ["x"]
    stranger.context.close()


LAUNCHED = """
const launchQueue = {
  setConsumer(consume) {
    if (sessionStorage.getItem("launched")) return;
    sessionStorage.setItem("launched", "1");
    const handle = (name, content) => ({ getFile: async () => new File([content], name) });
    const database = Uint8Array.from(atob("%s"), (character) => character.charCodeAt(0));
    consume({ files: [handle("shop.db", database), handle("my list.csv", "a\\nfrom disk\\n")] });
  },
};
Object.defineProperty(window, "launchQueue", { value: launchQueue });
"""


def test_files_that_the_installed_app_is_opened_with(page: Page, site: str) -> None:
    # Only the operating system can hand files to an app; this stands in for it.
    page.add_init_script(LAUNCHED % base64.b64encode(shop_database()).decode())
    page.goto(site)
    import_all(page)
    wait_for_datasette(page)
    home = instance(page)
    assert page.url == f"{home}shop"
    stop_worker(page)
    page.goto(f"{home}data")
    page.get_by_role("link", name="my list", exact=True).first.click()
    expect(page.locator("td.col-a")).to_have_text("from disk")
    page.goto(home)
    for name in ("data", "shop"):
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()
    # They have a workspace of their own.
    follow(page, f"{site}app/")
    expect(page.get_by_role("link", name="world", exact=True).first).to_be_visible()
    expect(page.get_by_role("link", name="shop", exact=True)).to_have_count(0)


def test_a_launched_file_that_is_no_data_is_named_and_harms_nothing(page: Page, site: str) -> None:
    broken = base64.b64encode(shop_database()[:5000]).decode()
    page.add_init_script(LAUNCHED % broken)
    page.goto(site)
    wait_for_previews(page)
    import_button(page).click()
    problem = import_dialog(page).locator(".problem:visible")
    expect(problem).to_contain_text("shop.db is only part")
    follow(page, f"{site}app/world")
    expect(page.get_by_role("heading", level=1)).to_have_text("world")
