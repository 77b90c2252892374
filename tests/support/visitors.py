"""Visitors who have been on a site before: their browser has its worker, its files and a snapshot
of Python, and nothing else.

One browser context is prepared for each site and serves one test after the other. What a test
leaves in it is removed; if something of the site itself has changed, the next test gets another
context.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, BrowserContext, Worker

from tests.support.browsing import BOOT_TIMEOUT, devtools, follow
from tests.support.kept import wait_for_parts
from tests.support.snapshots import finish_exercises, kept_snapshots

#: A small file of every site that runs no scripts.
_QUIET_FILE = "licenses.txt"

# A function of WebAssembly is compiled when it is first called. All pages and workers of a process
# share its code for as long as one of them has the module.
_HOLD_CODE = """async () => {
  window.held = await WebAssembly.compileStreaming(fetch("runtime/pyodide.asm.wasm"));
}"""

#: Contexts that are kept at the same time: that of the site of most tests, and of a module's own.
_AT_MOST = 2

# Addresses of the files in the caches, by the name of the cache, without records about workspaces.
_FILES = """async () => {
  const files = {};
  for (const name of await caches.keys()) {
    const addresses = (await (await caches.open(name)).keys()).map(({ url }) => url);
    files[name] = addresses.filter((url) => !url.includes("/record?"));
  }
  return files;
}"""

# `snapshot` is the record of the one to keep, `files` are those to keep. Returns whether all of
# that is still there, and no other version of the site is.
_FORGET = """async ([snapshot, files]) => {
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
  let hasSnapshot = false;
  for (const name of store.objectStoreNames) {
    const records = transaction.objectStore(name);
    if (name === "imageContents") {
      for (const key of await heard(records.getAllKeys())) {
        if (key === snapshot.key) hasSnapshot = true;
        else records.delete(key);
      }
    } else {
      records.clear();
    }
    if (name === "images") records.put(snapshot);
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  store.close();
  localStorage.clear();
  const isKept = new Set(Object.values(files).flat());
  const missing = new Set(isKept);
  for (const name of await caches.keys()) {
    if (!(name in files)) {
      if (name.startsWith("datasette-lite ")) return false;
      await caches.delete(name);
      continue;
    }
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) {
      missing.delete(url);
      if (!isKept.has(url)) await cache.delete(url);
    }
  }
  return hasSnapshot && missing.size === 0;
}"""


@dataclass
class _Prepared:
    """A context that has been on a site."""

    context: BrowserContext
    #: The record of the snapshot.
    snapshot: dict[str, Any]
    #: Addresses of its files in the caches, by the name of the cache.
    files: dict[str, list[str]]


class ReturningVisitors:
    """Gives one test after the other the browser context of a person who has been on its site."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        #: By the address of the site; those used last come last.
        self._prepared: OrderedDict[str, _Prepared] = OrderedDict()

    @contextlib.contextmanager
    def visit(self, site: str, *, is_fine: Callable[[], bool]) -> Iterator[BrowserContext]:
        """Yield a context that has been on `site`, at the root of its origin.

        No other test gets it if an error is raised, or `is_fine` is not.
        """
        prepared = self._prepared.pop(site, None) or self._prepare(site)
        context = prepared.context
        visited: set[str] = set()

        def note(worker: Worker) -> None:
            visited.add(worker.url)

        with contextlib.ExitStack() as stack:
            stack.callback(context.close)
            context.on("serviceworker", note)
            yield context
            context.remove_listener("serviceworker", note)
            if is_fine() and self._forget(site, prepared, visited):
                stack.pop_all()
                self._prepared[site] = prepared
        while len(self._prepared) > _AT_MOST:
            self._prepared.popitem(last=False)[1].context.close()

    def _prepare(self, site: str) -> _Prepared:
        context = self._browser.new_context(accept_downloads=True)
        context.set_default_timeout(BOOT_TIMEOUT)
        page = context.new_page()
        follow(page, f"{site}app/")
        wait_for_parts(page)
        kept_snapshots(page)
        finish_exercises(page)
        [snapshot] = kept_snapshots(page)
        page.goto(f"{site}{_QUIET_FILE}")
        page.evaluate(_HOLD_CODE)
        prepared = _Prepared(context, snapshot, page.evaluate(_FILES))
        assert self._forget(site, prepared)
        return prepared

    def _forget(self, site: str, prepared: _Prepared, visited: Iterable[str] = ()) -> bool:
        """Close all pages but the first, stop the workers, and delete what a visit has left.

        `visited` are addresses on sites that have stored something. Returns whether the site's
        files and the snapshot are as they were.
        """
        context = prepared.context
        first, *others = context.pages
        for page in others:
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        session = devtools(first)
        session.send("ServiceWorker.stopAllWorkers")
        session.send("Network.clearBrowserCache")
        for origin in {urljoin(address, "/") for address in visited} - {site}:
            everything = {"origin": origin, "storageTypes": "all"}
            session.send("Storage.clearDataForOrigin", everything)
        session.detach()
        return bool(first.evaluate(_FORGET, [prepared.snapshot, prepared.files]))

    def close(self) -> None:
        """Close the contexts."""
        for prepared in self._prepared.values():
            prepared.context.close()
