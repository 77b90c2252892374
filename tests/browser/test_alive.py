"""The worker lives as long as it is needed, in a browser that stops idle workers after 30 seconds.

These tests take over a minute each by nature: what they show is that nothing happens at 30 seconds.
"""

from __future__ import annotations

import threading

import pytest

from tests.support.browsing import link
from tests.support.hosts import DataHost
from tests.support.raw_chromium import RawTab, raw_chromium, wait_until

LONGER_THAN_A_MINUTE = 65
DATASETTE = "!!document.querySelector('navigation-search')"
RUNNING = "running"


def look_at_the_page(tab: RawTab) -> None:
    """Do nothing for more than a minute."""
    begin = tab.evaluate("performance.now()")
    wait_until(
        lambda: tab.evaluate("performance.now()") - begin > LONGER_THAN_A_MINUTE * 1000,
        LONGER_THAN_A_MINUTE + 60,
        "a minute of looking at a page",
    )


@pytest.mark.timeout(300)
def test_a_boot_of_more_than_a_minute_finishes(site: str, files: DataHost) -> None:
    released = threading.Event()
    url = files.add("slow.csv", b"a\nx\n", released=released)
    with raw_chromium() as tab:
        tab.goto(link(site, "data/slow", csv=url))
        tab.wait_for("document.querySelector('#boot')?.dataset.stage === 'fetch'")
        threading.Timer(LONGER_THAN_A_MINUTE, released.set).start()
        tab.wait_for(DATASETTE, LONGER_THAN_A_MINUTE + 60)
        assert tab.evaluate("location.pathname").endswith("/data/slow")
    # The worker was never stopped: a second one would have fetched the file again.
    assert files.requests == [("GET", "/slow.csv")]


@pytest.mark.timeout(300)
def test_a_stream_of_more_than_a_minute_arrives_and_the_worker_then_still_runs(
    plugin_site: str,
) -> None:
    with raw_chromium() as tab:
        tab.goto(f"{plugin_site}app/world")
        tab.wait_for(DATASETTE)
        tab.evaluate(
            """void (async () => {
              const answer = await fetch("/app/-/test-asgi/thousand?id=slow");
              window.begun = true;
              window.lines = (await answer.text()).trimEnd().split("\\n").length;
            })()"""
        )
        tab.wait_for("window.begun")
        look_at_the_page(tab)
        # The application sends the rest once its first chunks are confirmed.
        tab.evaluate(
            """(async () => {
              for (let n = 0; n < 20; n++) {
                await fetch(`/app/-/test-asgi/note?id=slow&note=got+${n}`);
              }
            })()"""
        )
        assert tab.wait_for("window.lines") == 1000
        assert list(tab.workers.values()) == [RUNNING]


@pytest.mark.timeout(300)
def test_a_page_of_datasette_keeps_its_worker_and_any_other_lets_it_go(
    site: str,
) -> None:
    with raw_chromium() as tab:
        tab.goto(f"{site}app/world")
        tab.wait_for(DATASETTE)
        look_at_the_page(tab)
        assert list(tab.workers.values()) == [RUNNING]
        # The same worker without a page that keeps it: it is the page that makes the difference.
        tab.goto("about:blank")
        wait_until(
            lambda: tab.evaluate("1") and list(tab.workers.values()) != [RUNNING], 90, "the stop"
        )
