"""Kills starts of a workspace whose code never finishes."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.hosts import DataHost
from tests.support.raw_chromium import PATIENCE, RawBrowser, RawTab, wait_until

#: The button of a page that has this text.
BUTTON = "[...document.querySelectorAll('button')].find(({innerText}) => innerText == %r)"


def kill_two_starts(
    browser: RawBrowser, address: str, files: DataHost, is_running: Callable[[], bool]
) -> RawTab:
    """Follow a link, allow its code, and kill the workspace each time the code runs.

    :param files: the host that the code sends a request to when it begins to run.
    :return: a tab with the third start.
    """
    tab = browser.new_tab()
    tab.goto(address)
    allow_and_open = BUTTON % "Allow and open"
    # It takes no click until the page has been in view for a moment.
    tab.wait_for(f"{allow_and_open}?.matches(':not([aria-disabled=true])')")
    tab.evaluate(f"{allow_and_open}.click()")
    for _ in range(2):
        wait_until(is_running, PATIENCE, "a start of the code")
        place = tab.evaluate("location.href")
        browser.kill_renderers()
        files.requests.clear()
        tab = browser.new_tab()
        tab.goto(place)
    return tab
