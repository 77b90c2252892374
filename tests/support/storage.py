"""Limits and fills up the room that the browser grants a site, and counts what is stored in it."""

from __future__ import annotations

from playwright.sync_api import Page

# IndexedDB checks now and then how much room there is and relies on that for half a minute, even if
# Cache Storage grows meanwhile. So it is filled second, and Cache Storage then releases the excess.
_FILL = """async (granted) => {
    const opened = (request) => new Promise((resolve, reject) => {
        request.onupgradeneeded = () => request.result.createObjectStore("blocks");
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const store = await opened(indexedDB.open("filling", 1));
    const cache = await caches.open("filling");
    const random = (size) => { // so that it cannot be compressed
        const block = new Uint8Array(size);
        for (let at = 0; at < size; at += 65536) {
            crypto.getRandomValues(block.subarray(at, Math.min(size, at + 65536)));
        }
        return block;
    };
    const put = (size) => new Promise((resolve) => {
        const transaction = store.transaction("blocks", "readwrite");
        transaction.objectStore("blocks").put(random(size), crypto.randomUUID());
        transaction.oncomplete = () => resolve(true);
        transaction.onabort = () => resolve(false);
    });
    const keep = () => {
        const answer = new Response(random(1_048_576));
        return cache.put(`/filling/${crypto.randomUUID()}`, answer).then(() => true, () => false);
    };
    while (await keep());
    for (const size of [4_194_304, 262_144]) while (await put(size));
    for (const block of await cache.keys()) {
        if ((await navigator.storage.estimate()).usage <= granted) break;
        await cache.delete(block);
    }
    for (const size of [262_144, 16_384]) while (await put(size));
    store.close();
    return (await navigator.storage.estimate()).usage;
}"""


class Room:
    """The room that the browser grants the site of a page, while this object is used.

    Chromium notices less room only before its first check, but more at any time.
    """

    def __init__(self, page: Page, site: str, size: int) -> None:
        self._page = page
        self._origin = site.rstrip("/")
        self._session = page.context.new_cdp_session(page)  # what it overrides ends with it
        self.grant(size)

    def grant(self, size: int) -> None:
        """Change how many bytes are available."""
        self._granted = size
        self._session.send(
            "Storage.overrideQuotaForOrigin", {"origin": self._origin, "quotaSize": size}
        )

    def fill_up(self) -> int:
        """Use up the remaining room; return how many bytes are in use then.

        That may be more than was granted, if IndexedDB had just checked. The page must be one of
        the site's.

        Nothing else may be in the process of being stored: if a part runs out of room while it is
        written, it releases its room.
        """
        used: int = self._page.evaluate(_FILL, self._granted)
        return used


#: A function that counts the records of the stores of saved data.
_COUNT = """async () => {
  const [{ name }] = await indexedDB.databases();
  const request = indexedDB.open(name);
  await new Promise((resolve) => (request.onsuccess = resolve));
  const counts = {};
  for (const store of ["files", "blocks", "bases"]) {
    const count = request.result.transaction(store).objectStore(store).count();
    await new Promise((resolve) => (count.onsuccess = resolve));
    counts[store] = count.result;
  }
  request.result.close();
  return counts;
}"""


def stored(page: Page) -> dict[str, int]:
    """Return how many records the stores of saved data have."""
    counts: dict[str, int] = page.evaluate(_COUNT)
    return counts


def wait_for_stored(page: Page, store: str, least: int) -> None:
    """Wait until a store of saved data has at least so many records."""
    enough = f"async ([store, least]) => (await ({_COUNT})())[store] >= least"
    page.wait_for_function(enough, arg=[store, least])
