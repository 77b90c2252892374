"""A person's actions in the browser, for tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urlencode

from find_browser import find_browser
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Locator,
    Page,
    Response,
    Worker,
    expect,
    sync_playwright,
)

# Only the hosts of the tests can be reached, so a request elsewhere fails a test.
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]

# V8's optimizing compilation in the background would take more processor time than the tests, most
# of which run Python for only a few seconds.
HURRIED = "--js-flags=--liftoff-only"

# ms. A boot takes about 3 s on an idle machine; this only ends what hangs.
BOOT_TIMEOUT = 180_000


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium."""
    with sync_playwright() as playwright:
        args = [*FLAGS, HURRIED]
        browser = playwright.chromium.launch(executable_path=find_browser(), args=args)
        try:
            yield browser
        finally:
            browser.close()


class ConsoleWatch:
    """Collects console errors and uncaught exceptions of a context's pages."""

    def __init__(self, context: BrowserContext) -> None:
        self.errors: list[str] = []
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _on_console(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        location = getattr(message, "location", {}) or {}
        url = location.get("url", "")
        # Of an earlier test with the same context, which expected it.
        page = getattr(message, "page", None)
        if page is not None and page.is_closed():
            return
        # The first answer to a deep link is a static host's 404.html, which starts the worker.
        first_answer = "404 (Not Found)" in text and "/app/" in url
        if kind == "error" and not first_answer:
            self.errors.append(f"{text} ({url})")


def link(site: str, path: str = "", **parameters: str | list[str]) -> str:
    """Return a launcher link, such as link(site, "data/t", csv=[url])."""
    query = f"?{urlencode(parameters, doseq=True)}" if parameters else ""
    return f"{site}{query}" + (f"#/{path}" if path else "")


def wait_for_datasette(page: Page) -> None:
    """Wait until the page is one of Datasette's own, and its scripts have run."""
    page.wait_for_selector("navigation-search", timeout=BOOT_TIMEOUT, state="attached")
    page.wait_for_load_state()


def follow(page: Page, address: str) -> None:
    """Open an address and wait for the Datasette page that it leads to."""
    page.goto(address)
    wait_for_datasette(page)


def open_within(page: Page, address: str) -> Response:
    """Go to an address as a link on the page does; return the answer. For typed addresses that say
    what to run on private data, the site asks first.
    """
    with page.expect_navigation() as navigation:
        page.evaluate("address => { location.href = address }", address)
    return navigation.value


def click_through(element: Locator) -> None:
    """Click and wait until the page that this leads to is loaded."""
    with element.page.expect_navigation():
        element.click()


def write_sql(page: Page, sql: str) -> None:
    """Replace the text in the SQL editor of the page."""
    page.locator(".cm-editor [contenteditable=true]").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(sql)
    page.keyboard.press("Escape")  # closes completions, which would cover the button


def save_query(page: Page, title: str) -> None:
    """Fill in and submit the form that "Save this query" leads to."""
    click_through(page.get_by_role("link", name="Save this query"))
    page.get_by_label("Title").fill(title)
    click_through(page.get_by_role("button", name="Save query"))
    expect(page.locator(".message-info")).to_have_text("Query saved")


def devtools(page: Page) -> CDPSession:
    """Return a DevTools session in which service workers can be controlled."""
    session = page.context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    return session


def stop_worker(page: Page) -> None:
    """Stop the site's service worker, as the browser does when it is idle."""
    session = devtools(page)
    session.send("ServiceWorker.stopAllWorkers")
    session.detach()


def worker_of(page: Page, scope: str = "") -> Worker:
    """Return the running service worker of the page's scope, or of another scope."""
    scope = scope or page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)")
    running = reversed(page.context.service_workers)
    return next(one for one in running if one.evaluate("registration.scope") == scope)


def save_data(page: Page) -> None:
    """Turn on the browser's setting to save data. Call this before the first page."""
    page.add_init_script(
        "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"
    )


def hard_reload(page: Page) -> None:
    """Reload without caches and service worker, as shift-reload does."""
    session = page.context.new_cdp_session(page)
    with page.expect_navigation():
        session.send("Page.reload", {"ignoreCache": True})
    session.detach()
