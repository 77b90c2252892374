"""Starts tables that a page of another site embeds, and uses them."""

from __future__ import annotations

import time
from functools import partial
from types import ModuleType

from tests.other_browsers.driving import PATIENCE, Tab, awaited, with_new_profile
from tests.other_browsers.visits import DIST
from tests.support.embedding import HEAD
from tests.support.hosts import DataHost, data_host, static_site
from tests.support.raw_chromium import wait_until

PENGUINS = b"id,species\n1,Adelie\n2,Gentoo\n3,Adelie\n"
COUNT = 2


def _embed(number: int) -> str:
    return f"document.querySelectorAll('datasette-lite')[{number}]"


def _frame(number: int) -> str:
    return f"{_embed(number)}?.shadowRoot?.querySelector('iframe')"


def _rows(tab: Tab, number: int) -> int:
    count = "document.querySelectorAll('table.rows-and-columns tbody tr').length"
    return int(tab.evaluate_inside(_frame(number), count) or 0)


def _show(tab: Tab, site: str, files: DataHost) -> None:
    """Open the page of the other site."""
    body = HEAD
    for number in range(COUNT):
        files.add(f"{number}/penguins.csv", PENGUINS + b"4,Chinstrap\n" * number)
        body += (
            f'<datasette-lite csv="{number}/penguins.csv" path="/data/penguins"></datasette-lite>'
        )
    body += f'</main><script src="{site}embed.js"></script></body></html>'
    files.add("page.html", body.encode(), headers={"Content-Type": "text/html"})
    # To browsers, localhost and 127.0.0.1 are different sites.
    tab.goto(f"{files.origin.replace('localhost', '127.0.0.1')}/page.html")
    wait_until(lambda: tab.evaluate(f"!!{_embed(0)}?.start"), PATIENCE, "the embeds")


def _start(tab: Tab, number: int) -> float:
    """Start an embed; return the seconds until its rows are there."""
    began = time.monotonic()
    tab.evaluate(f"{_embed(number)}.shadowRoot.querySelector('button').click()")
    wait_until(lambda: _rows(tab, number) == 3 + number, PATIENCE, f"the rows of embed {number}")
    return time.monotonic() - began


def try_embeds(browser: ModuleType) -> str:
    """Return a sentence on how long the embeds of a page took.

    Raises:
        Missing, AssertionError: the browser is not there, or something did not work in it.
    """
    with (
        with_new_profile(browser) as running,
        static_site(DIST) as site,
        data_host() as files,
    ):
        tab = running.new_tab()
        _show(tab, site, files)
        assert not tab.evaluate(f"!!{_frame(0)}"), "it starts by itself"
        seconds = [_start(tab, number) for number in range(COUNT)]
        _use(tab)
        times = " and ".join(f"{one:.1f}" for one in seconds)
        return f"{running.version}: embeds in another site ready after {times} s"


def _use(tab: Tab) -> None:
    """Follow a link inside, ask by script, change the theme, and try to write."""
    theme = "document.documentElement.dataset.theme"
    tab.evaluate(f"{_embed(0)}.setAttribute('theme', 'dark')")
    wait_until(lambda: tab.evaluate_inside(_frame(0), theme) == "dark", PATIENCE, "the theme")
    sql = "select count(*) from penguins where species = :s"
    found = awaited(tab.evaluate, f"{_embed(0)}.query('data', {sql!r}, {{ s: 'Adelie' }})")
    assert found["rows"] == [[2]], found
    tall = "document.documentElement.scrollHeight <= innerHeight"
    wait_until(lambda: tab.evaluate_inside(_frame(0), tall), PATIENCE, "the height of its page")
    insert = "fetch(`${location.pathname}/-/insert`, { method: 'POST', body: '{}' })"
    inside = partial(tab.evaluate_inside, _frame(0))
    status = awaited(inside, f"{insert}.then((response) => response.status)")
    assert status == 403, status
    tab.evaluate(f"void {_embed(0)}.navigate('/data')")
    heading = "document.querySelector('h1')?.textContent.trim()"
    wait_until(lambda: tab.evaluate_inside(_frame(0), heading) == "data", PATIENCE, "another page")
    assert _rows(tab, 1) == 4
