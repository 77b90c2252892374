"""If the browser stops the worker while a page waits, the page soon says so, and goes on."""

from __future__ import annotations

import threading

from playwright.sync_api import Page, expect

from tests.support.bringing import drop, import_button, wait_for_previews
from tests.support.browsing import BOOT_TIMEOUT, follow, link, stop_worker
from tests.support.hosts import DataHost
from tests.support.raw_chromium import PATIENCE, wait_until
from tests.support.shop import fetch_json
from tests.support.wheels import saying, wheel

#: How often the files that are dropped repeat what is given for them.
TIMES = 8
LINES = b"".join(b"%d,some text that takes room,%d.5,and more\n" % (n, n) for n in range(20_000))


def counts(page: Page, database: str) -> dict[str, int]:
    """Return how many rows each table of a database has."""
    _, answer = fetch_json(page, database)
    return {table["name"]: table["count"] for table in answer["tables"]}


def test_an_import_goes_on_after_the_worker_was_stopped(page: Page, site: str) -> None:
    follow(page, link(site, "_memory", memory="1"))
    dialog = drop(page, {"first.csv": b"a\n1\n", "large.csv": LINES}, times=TIMES)
    wait_for_previews(page)
    import_button(page).click()
    expect(dialog.locator(".at")).to_contain_text("file 2 of 2", timeout=BOOT_TIMEOUT)
    stop_worker(page)
    problem = dialog.get_by_role("alert")
    expect(problem).to_contain_text("The browser stopped this site’s worker")
    expect(problem).to_contain_text("first.csv was already imported.")
    problem.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/data/large", timeout=BOOT_TIMEOUT)
    database = page.url.removesuffix("/large")
    assert counts(page, f"{database}.json").keys() == {"first", "large"}
    for table, rows in {"first": 2 * TIMES - 1, "large": 20_000 * TIMES - 1}.items():
        query = f"{database}/-/query.json?sql=select+count(*)+as+n+from+{table}"
        assert fetch_json(page, query)[1]["rows"] == [{"n": rows}]


def test_an_import_that_was_saved_when_the_worker_was_stopped_is_not_made_twice(
    page: Page, site: str
) -> None:
    follow(page, link(site, "_memory", memory="1"))
    dialog = drop(page, {"only.csv": b"a\n1\n2\n"})
    wait_for_previews(page)
    scope = "registration.scope"
    [worker] = [one for one in page.context.service_workers if "/app/" in one.evaluate(scope)]
    # It is stopped when all is saved, and the answer has not left.
    worker.evaluate("""() => {
      const post = MessagePort.prototype.postMessage;
      MessagePort.prototype.postMessage = function (message, ...more) {
        if (message?.value?.added) globalThis.isSaved = true;
        else post.call(this, message, ...more);
      };
      const request = LockManager.prototype.request;
      LockManager.prototype.request = function (name, ...more) {
        const granted = more.pop();
        const forGood = (lock) => granted(lock).then(() => new Promise(() => {}));
        return request.call(this, name, ...more, / question /.test(name) ? forGood : granted);
      };
    }""")
    import_button(page).click()
    worker.evaluate(
        "() => new Promise((resolve) => setInterval(() => globalThis.isSaved && resolve(), 20))"
    )
    stop_worker(page)
    problem = dialog.get_by_role("alert")
    expect(problem).to_contain_text("The browser stopped this site’s worker")
    problem.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/data/only", timeout=BOOT_TIMEOUT)
    assert counts(page, page.url.replace("/only", ".json")) == {"only": 2}


def test_a_plugin_is_installed_after_the_worker_was_stopped(
    page: Page, site: str, files: DataHost
) -> None:
    name, content = wheel("datasette-slow", "1.0", code=saying("It is there"))
    released = threading.Event()
    url = files.add(name, content, released=released)
    follow(page, link(site, "data/t", csv=files.add("t.csv", b"a\n1\n")))
    page.goto(page.url.replace("data/t", "-/install"))
    page.get_by_label("Search, or name a package").fill(url)
    page.get_by_role("button", name=f"Install: {url}", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Install").click()
    wait_until(lambda: ("GET", f"/{name}") in files.requests, PATIENCE, "the download")
    stop_worker(page)
    outcome = page.locator("#lite-outcome")
    expect(outcome).to_contain_text("The browser stopped this site’s worker")
    released.set()
    outcome.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("datasette-slow 1.0 is installed.")).to_be_visible(timeout=BOOT_TIMEOUT)
