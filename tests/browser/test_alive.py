"""The worker stays alive while it is needed, although browsers stop idle workers after 30 seconds.

More than a minute must pass, since what is shown is that nothing happens at 30 seconds. It is the
same minute for all that is looked at, each in a browser of its own.
"""

from __future__ import annotations

import threading

from tests.support.browsing import link
from tests.support.hosts import DataHost
from tests.support.raw_chromium import PATIENCE, RawTab, raw_chromium, wait_until

LONGER_THAN_A_MINUTE = 65
DATASETTE = "!!document.querySelector('navigation-search')"
RUNNING = "running"

#: In a page: a response of which the first part has come.
BEGIN_STREAM = """void (async () => {
  const answer = await fetch("/app/-/test-asgi/thousand?id=slow");
  window.begun = true;
  window.lines = (await answer.text()).trimEnd().split("\\n").length;
})()"""

#: In a page: let that application send the rest, which it does once its first parts are confirmed.
CONFIRM = """(async () => {
  for (let n = 0; n < 20; n++) await fetch(`/app/-/test-asgi/note?id=slow&note=got+${n}`);
})()"""


def look_at_the_page(tab: RawTab) -> None:
    """Do nothing for more than a minute."""
    begin = tab.evaluate("performance.now()")
    wait_until(
        lambda: tab.evaluate("performance.now()") - begin > LONGER_THAN_A_MINUTE * 1000,
        LONGER_THAN_A_MINUTE + 60,
        "a minute of looking at a page",
    )


def test_a_boot_a_stream_and_a_page_keep_their_worker_and_nothing_else_does(
    site: str, plugin_site: str, files: DataHost
) -> None:
    released = threading.Event()
    url = files.add("slow.csv", b"a\nx\n", released=released)
    with raw_chromium() as booting, raw_chromium() as streaming, raw_chromium() as reading:
        booting.goto(link(site, "data/slow", csv=url))
        booting.wait_for("document.querySelector('#boot')?.dataset.stage === 'fetch'")
        streaming.goto(f"{plugin_site}app/world")
        streaming.wait_for(DATASETTE)
        streaming.evaluate(BEGIN_STREAM)
        streaming.wait_for("window.begun")
        reading.goto(f"{site}app/world")
        reading.wait_for(DATASETTE)

        look_at_the_page(reading)
        assert reading.workers[f"{site}app/"] == RUNNING

        released.set()
        booting.wait_for(DATASETTE)
        assert booting.evaluate("location.pathname").endswith("/data/slow")
        # The worker was never stopped: a second one would have fetched the file again.
        assert files.requests == [("GET", "/slow.csv")]

        streaming.evaluate(CONFIRM)
        assert streaming.wait_for("window.lines") == 1000
        assert streaming.workers[f"{plugin_site}app/"] == RUNNING

        # The same worker without a page that keeps it: it is the page that makes the difference.
        reading.goto("about:blank")
        wait_until(
            lambda: reading.evaluate("1") and reading.workers[f"{site}app/"] != RUNNING,
            PATIENCE,
            "the stop of the workspace's worker",
        )
