"""Visitors who have been on the site before: their browser has its worker, its files and a snapshot
of Python, and nothing else.

One browser context is prepared and serves one test after the other. What a test leaves in it is
removed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urljoin

from playwright.sync_api import Browser, BrowserContext, Worker

from tests.support.browsing import BOOT_TIMEOUT, devtools, follow
from tests.support.images import finish_exercises, kept_images
from tests.support.kept import wait_for_parts

#: A small file of every site that runs no scripts.
_QUIET_FILE = "licenses.txt"

# A function of WebAssembly is compiled when it is first called. All pages and workers of a process
# share its code for as long as one of them has the module.
_HOLD_CODE = """async () => {
  window.held = await WebAssembly.compileStreaming(fetch("runtime/pyodide.asm.wasm"));
}"""

# `kept` is the key of the snapshot to keep.
_FORGET = """async (kept) => {
  const heard = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error ?? new Error("in use"));
  });
  const root = new URL("/", location).href;
  const registrations = await navigator.serviceWorker.getRegistrations();
  const others = registrations.filter(({ scope }) => scope !== root);
  await Promise.all(others.map((registration) => registration.unregister()));
  for (const { name } of await indexedDB.databases()) {
    if (name !== "datasette-lite /") await heard(indexedDB.deleteDatabase(name));
  }
  const store = await heard(indexedDB.open("datasette-lite /"));
  const transaction = store.transaction(store.objectStoreNames, "readwrite");
  for (const name of store.objectStoreNames) {
    const records = transaction.objectStore(name);
    if (!["images", "imageContents"].includes(name)) records.clear();
    else for (const key of await heard(records.getAllKeys())) if (key !== kept) records.delete(key);
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  store.close();
  for (const name of await caches.keys()) {
    if (!name.startsWith("datasette-lite ")) await caches.delete(name);
  }
  localStorage.clear();
}"""


class ReturningVisitors:
    """Gives one test after the other the browser context of a person who has been here before."""

    def __init__(self, browser: Browser, site: str) -> None:
        self._browser = browser
        self._site = site
        self._context: BrowserContext | None = None
        self._image = ""

    @contextlib.contextmanager
    def visit(self, *, is_fine: Callable[[], bool]) -> Iterator[BrowserContext]:
        """Yield the context. No other test gets it if an error is raised, or `is_fine` is not."""
        context = self._context or self._prepared()
        self._context = None
        visited: set[str] = set()

        def note(worker: Worker) -> None:
            visited.add(worker.url)

        with contextlib.ExitStack() as stack:
            stack.callback(context.close)
            context.on("serviceworker", note)
            yield context
            context.remove_listener("serviceworker", note)
            if is_fine():
                self._forget(context, visited)
                stack.pop_all()
                self._context = context

    def _prepared(self) -> BrowserContext:
        context = self._browser.new_context(accept_downloads=True)
        context.set_default_timeout(BOOT_TIMEOUT)
        page = context.new_page()
        follow(page, f"{self._site}app/")
        wait_for_parts(page)
        [image] = kept_images(page)
        self._image = image["key"]
        finish_exercises(page)
        page.goto(f"{self._site}{_QUIET_FILE}")
        page.evaluate(_HOLD_CODE)
        self._forget(context)
        return context

    def _forget(self, context: BrowserContext, visited: Iterable[str] = ()) -> None:
        """Close all pages but the first, stop the workers, and delete what a visit has left.

        `visited` are addresses on sites that have stored something.
        """
        first, *others = context.pages
        for page in others:
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        session = devtools(first)
        session.send("ServiceWorker.stopAllWorkers")
        session.send("Network.clearBrowserCache")
        for origin in {urljoin(address, "/") for address in visited} - {self._site}:
            everything = {"origin": origin, "storageTypes": "all"}
            session.send("Storage.clearDataForOrigin", everything)
        session.detach()
        first.evaluate(_FORGET, self._image)

    def close(self) -> None:
        """Close the context."""
        if self._context:
            self._context.close()
