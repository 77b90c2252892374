"""A closed Python leaves none of its memory behind in a worker that goes on."""

from __future__ import annotations

from tests.support.asking import VERSION
from tests.support.browsing import link
from tests.support.raw_chromium import RawBrowser, raw_browser, wait_until

DATASETTE = "!!document.querySelector('navigation-search') && document.readyState === 'complete'"

#: In a page of a workspace: restart it, as happens after a plugin was installed.
RESTART = """(async () => {
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise((resolve) => {
    port1.onmessage = ({ data }) => data.working || resolve(data);
  });
  const key = location.pathname.match(/@([^/]*)/)[1];
  const message = { v: VERSION, type: "consent", key, allow: true, items: [] };
  navigator.serviceWorker.controller.postMessage(message, [port2]);
  const { error } = await answered;
  return error?.message ?? (await fetch(location.href)).status;
})()""".replace("VERSION", str(VERSION))


def pythons(browser: RawBrowser, scope: str) -> int:
    """Return how many WebAssembly memories a worker holds after a garbage collection."""
    session = browser.attach_to_worker(scope)
    try:
        prototype = browser.send(
            "Runtime.evaluate", session, expression="WebAssembly.Memory.prototype"
        )["result"]["objectId"]
        found = browser.send("Runtime.queryObjects", session, prototypeObjectId=prototype)
        count = browser.send(
            "Runtime.callFunctionOn",
            session,
            objectId=found["objects"]["objectId"],
            functionDeclaration="function () { return this.length; }",
            returnByValue=True,
        )
        return int(count["result"]["value"])
    finally:
        browser.send("Target.detachFromTarget", sessionId=session)


def test_a_restart_leaves_one_python(site: str) -> None:
    with raw_browser() as browser:
        tab = browser.new_tab()
        tab.goto(link(site, "world"))
        tab.wait_for(DATASETTE)
        scope = tab.scope
        assert pythons(browser, scope) == 1
        for _ in range(3):
            assert tab.evaluate(RESTART) == 200
        wait_until(lambda: pythons(browser, scope) == 1, 30, "the end of all Pythons but one")
