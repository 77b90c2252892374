"""The room that the browser grants a site, made small and filled up."""

from __future__ import annotations

from playwright.sync_api import Page

# IndexedDB looks now and then how much room there is and counts on that for half a minute, whatever
# goes into Cache Storage meanwhile. So it is filled second, and Cache Storage then gives back what
# is too much.
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
}"""


class Room:
    """What the browser grants the site of a page, for as long as this object is used.

    Chromium notices less room only before it has first looked, but more at any time.
    """

    def __init__(self, page: Page, site: str, size: int) -> None:
        self._page = page
        self._origin = site.rstrip("/")
        self._session = page.context.new_cdp_session(page)  # what it overrides ends with it
        self.grant(size)

    def grant(self, size: int) -> None:
        """Change how many bytes there are."""
        self._granted = size
        self._session.send(
            "Storage.overrideQuotaForOrigin", {"origin": self._origin, "quotaSize": size}
        )

    def fill_up(self) -> None:
        """Use up what is left. The page must be one of the site's.

        Nothing else may be about to be kept: a part that is being written when there is no room
        left gives back what it had.
        """
        self._page.evaluate(_FILL, self._granted)
