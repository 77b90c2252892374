"""Inspects and damages a browser's caches of a site."""

from __future__ import annotations

from collections.abc import Iterable

from playwright.sync_api import Page

from tests.support.deploys import Host
from tests.support.raw_chromium import PATIENCE, wait_until

#: The cache's name, the entry's address and its size in bytes.
Entry = tuple[str, str, int]

#: In a page: the caches' entries.
ENTRIES = """async () => {
  const entries = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) {
      const response = await cache.match(url); // none if it was deleted just now
      if (response) entries.push([name, url, (await response.blob()).size]);
    }
  }
  return entries;
}"""


def entries(page: Page) -> dict[str, int]:
    """Return the sizes of the kept files, by address."""
    return {url: size for _, url, size in copies(page)}


def copies(page: Page) -> set[tuple[str, str, int]]:
    """Return the kept files: cache, address, size."""
    return {tuple(copy) for copy in page.evaluate(ENTRIES)}


def see_the_launcher(page: Page, host: Host) -> None:
    """Open the launcher and wait until the worker controls it and keeps its files."""
    page.goto(host.address())
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    wait_for_site(page)


def parts(page: Page, base: str = "/") -> list[str]:
    """Return the addresses of a site's large parts that are kept."""
    return _parts_among(page.evaluate(ENTRIES), base)


def _parts_among(found: Iterable[Entry], base: str) -> list[str]:
    return [url for name, url, _ in found if name == f"datasette-lite {base} parts"]


def has_parts(found: Iterable[Entry], base: str = "/") -> bool:
    """Return whether these entries have all large parts of a site, including the later ones."""
    wanted = {"pyodide.asm.wasm", "stdlib.pack", "packages.pack", "site.pack", "rest.pack"}
    return wanted == {url.rpartition("/")[2].partition("?")[0] for url in _parts_among(found, base)}


def has_site(found: Iterable[Entry], base: str = "/") -> bool:
    """Return whether these entries have all small files of a site."""
    cache = f"datasette-lite {base} version "
    return any(name.startswith(cache) and url.endswith("/complete") for name, url, _ in found)


def wait_for_parts(page: Page, base: str = "/") -> None:
    """Wait until a site is kept: all large parts, including later ones, and the small files."""
    wait_until(lambda: has_parts(page.evaluate(ENTRIES), base), PATIENCE, "keeping the parts")
    wait_for_site(page, base)


def wait_for_site(page: Page, base: str = "/") -> None:
    """Wait until the small files of a site are kept, which on a first visit come after the page."""
    wait_until(lambda: has_site(page.evaluate(ENTRIES), base), PATIENCE, "keeping the small files")


def wait_for_entries(page: Page, wanted: dict[str, int]) -> None:
    """Wait until exactly these files are kept."""
    wait_until(lambda: entries(page) == wanted, PATIENCE, "keeping the files")


def forget_downloads(page: Page) -> None:
    """Empty the browser's HTTP cache, and its memory of the page's files."""
    session = page.context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    session.detach()


def spoil(page: Page, ending: str, how: str) -> str:
    """Delete or truncate the one entry of the caches whose address ends so; return the address."""
    url: str = page.evaluate(
        """async ([ending, how]) => {
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const { url } of await cache.keys()) {
              if (!url.endsWith(ending)) continue;
              const response = await cache.match(url);
              const bytes = await response.arrayBuffer();
              await cache.delete(url);
              if (how === "truncate") {
                const half = bytes.slice(0, bytes.byteLength / 2);
                await cache.put(url, new Response(half, { headers: response.headers }));
              }
              return url;
            }
          }
          throw new Error(`nothing is kept that ends with ${ending}`);
        }""",
        [ending, how],
    )
    return url
