"""After hundreds of workspaces over time the browser's list is short, and all of them open."""

from __future__ import annotations

import base64
from urllib.parse import urlencode

from tests.support.browsing import link
from tests.support.hosts import DataHost
from tests.support.raw_chromium import PATIENCE, RawTab, raw_browser, wait_until

COUNT = 500

#: Workers that are installed at once; then they are stopped, as the browser does after a while.
AT_ONCE = 25

THERE = "document.querySelector('table.rows-and-columns tbody td')?.checkVisibility()"

REGISTRATIONS = "navigator.serviceWorker.getRegistrations().then((all) => all.length)"

#: What remains of workspaces that were opened, without the time that each takes to open: a
#: registration of the real worker, and a record in the store, a copy of that of a real one.
OPENED = """(async () => {
    const store = await new Promise((resolve, reject) => {
        const request = indexedDB.open("datasette-lite /");
        request.onsuccess = () => resolve(request.result);
        request.onerror = reject;
    });
    const instances = () => store.transaction("instances", "readwrite").objectStore("instances");
    const done = (request) =>
        new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const record = await done(instances().get("REAL"));
    for (const key of KEYS) {
        const options = { scope: `app/@${key}/`, updateViaCache: "imports" };
        const registration = await navigator.serviceWorker.register("sw.js", options);
        const worker = registration.installing ?? registration.active;
        while (worker.state !== "activated") {
            await new Promise((resolve) => (worker.onstatechange = resolve));
        }
        await done(instances().put({ ...record, key, usedAt: Date.now() }));
    }
    store.close();
    return KEYS.length;
})()"""


def key_of(address: str) -> str:
    """Return the key of the workspace that a link to a CSV file opens."""
    return base64.urlsafe_b64encode(urlencode({"csv": address}).encode()).decode().rstrip("=")


def open_link(tab: RawTab, site: str, address: str) -> None:
    """Open a CSV file and wait for its table."""
    tab.goto(link(site, "data/t", csv=address))
    tab.wait_for(f"location.pathname.startsWith('/app/@') && {THERE}")


def test_hundreds_of_workspaces_leave_few_registrations(site: str, files: DataHost) -> None:
    addresses = [files.add(f"{number}/t.csv", b"a\nx\n") for number in range(COUNT + 1)]
    keys = [key_of(address) for address in addresses]
    with raw_browser() as browser:
        tab = browser.new_tab()
        open_link(tab, site, addresses[0])
        assert tab.evaluate("location.pathname") == f"/app/@{keys[0]}/data/t"
        # Not the launcher, which tidies.
        tab.goto(f"{site}unresponsive.html")
        tab.wait_for("document.readyState === 'complete'")
        for start in range(1, COUNT, AT_ONCE):
            some = keys[start : start + AT_ONCE]
            script = OPENED.replace("REAL", keys[0]).replace("KEYS", str(some))
            assert tab.evaluate(script) == len(some)
            tab.stop_workers()
        assert tab.evaluate(REGISTRATIONS) >= COUNT
        open_link(tab, site, addresses[COUNT])
        wait_until(lambda: tab.evaluate(REGISTRATIONS) <= 52, PATIENCE, "tidying")
        # The first one has lost its worker, but nothing else.
        tab.goto("about:blank")
        tab.stop_workers()
        files.files["/0/t.csv"].status = 500
        tab.goto(f"{site}app/@{keys[0]}/data/t")
        tab.wait_for(THERE)
