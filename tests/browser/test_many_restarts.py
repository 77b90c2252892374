"""The worker is stopped again and again: answers stay those of a site that starts without
snapshots of Python's memory, and neither memory nor storage grows.

A few times here; `make torture` does it two hundred times.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.support.browsing import link
from tests.support.hosts import DataHost, static_site
from tests.support.raw_chromium import RawTab, raw_chromium
from tests.support.shop import shop_database
from tests.support.sites import build
from tests.support.wheels import saying, wheel

PROJECT = Path(__file__).resolve().parent.parent.parent

CYCLES = int(os.environ.get("CYCLES", "3"))
SEED = int(os.environ.get("SEED", "1"))

#: The side without snapshots answers from one start for this many cycles.
OLD_AFTER = 25

#: Growth can be distinguished from noise only over this many cycles.
MANY = 40

DATASETTE = "!!document.querySelector('navigation-search')"

PATHS = [
    "",
    "shop",
    "shop/items",
    "shop/items.json?_shape=array",
    "shop/items?_facet=colour&_sort_desc=price",
    "shop/items.csv",
    "shop/items/2",
    "shop/pictures",
    "shop/-/query?sql=select+count(*),+sum(price)+from+items",
    "shop/-/query.json?sql=select+*+from+items+order+by+id+desc+limit+3&_shape=array",
    "-/plugins.json",
    "-/sources",
    "shop/no-such-table",
]

_ASK = """
(async ([path, body]) => {
  const base = location.href.match(/.*\\/@[^/]*\\//)[0];
  const post = { method: "POST", headers: { "content-type": "application/json" }, body };
  const answer = await fetch(base + path, { cache: "no-store", ...(body ? post : {}) });
  return JSON.stringify([answer.status, await answer.text()]);
})"""

#: What may differ between two sides: how long something took, when it was, and where they are.
_VARIES = re.compile(
    r"Queries took [\d.]+ms|\"query_ms\": [\d.e-]+|localhost:\d+|/v/\w+/"
    r"|datetime=\"[^\"]*\">[^<]*<"
)


class _Side:
    """A tab with an instance of a site."""

    def __init__(self, tab: RawTab, address: str) -> None:
        self._tab = tab
        # Nobody looks at this window, and consent counts only where somebody could have read.
        tab.send("Emulation.setFocusEmulationEnabled", enabled=True)
        tab.goto(address)
        tab.wait_for(
            "document.querySelector('button.primary:not([aria-disabled])')?.textContent"
            " === 'Allow and open'"
        )
        tab.evaluate("document.querySelector('button.primary').click()")
        tab.wait_for(DATASETTE)
        self._home = tab.evaluate("location.href")

    def restart(self, navigate: bool) -> None:
        """Stop the worker; the next request, or loading the page again, starts it."""
        self._tab.stop_workers()
        if navigate:
            self._tab.goto("about:blank")
            self._tab.wait_for("location.href === 'about:blank'")
            self._tab.goto(self._home)
            self._tab.wait_for(DATASETTE)

    def ask(self, path: str, body: object = None) -> tuple[int, str]:
        """Return status and text of an answer, without what varies."""
        text = "" if body is None else json.dumps(body)
        answer = json.loads(self._tab.evaluate(f"{_ASK}({json.dumps([path, text])})"))
        return answer[0], _VARIES.sub("", answer[1])

    def stored(self) -> float:
        """Return the MB that the browser has stored."""
        usage: float = self._tab.evaluate("navigator.storage.estimate().then((e) => e.usage)")
        return usage / 1e6

    def memory(self) -> float:
        """Return the MB of the processes in which pages and workers run, shared memory in parts."""
        total = 0
        for process in self._tab.browser.renderers():
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            match = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
            total += int(match[1]) if match else 0
        return total / 1000


@pytest.fixture(scope="module")
def site_without_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with static_site(build(tmp_path_factory.mktemp("site") / "plain", snapshots=False)) as address:
        yield address


def _write(number: int) -> tuple[str, Any]:
    row = {"name": f"Cup {number}", "price": number / 4, "colour": number % 3 + 1}
    return "shop/items/-/insert", {"row": row}


@pytest.mark.timeout(600 + 20 * CYCLES)
def test_answers_stay_the_same_and_nothing_grows(
    site: str, site_without_snapshots: str, files: DataHost
) -> None:
    plugin = files.add(*wheel("datasette-greeter", code=saying("A plugin says hello")))
    wanted = {"url": files.add("shop.db", shop_database()), "install": plugin}
    chance = random.Random(SEED)
    memory, storage = [], []
    with raw_chromium() as first, raw_chromium() as second:
        side = _Side(first, link(site, "shop/items", **wanted))
        other = _Side(second, link(site_without_snapshots, "shop/items", **wanted))
        assert "A plugin says hello" in side.ask("shop")[1]
        for cycle in range(CYCLES):
            side.restart(navigate=chance.random() < 0.5)
            if cycle % OLD_AFTER == 1:
                other.restart(navigate=False)
            if cycle % 3 == 0:
                path, body = _write(cycle)
                answers = side.ask(path, body), other.ask(path, body)
                assert answers[0] == answers[1], f"cycle {cycle}: {path}"
                assert answers[0][0] == 201
            for path in chance.sample(PATHS, 3):
                assert side.ask(path) == other.ask(path), f"cycle {cycle}: {path}"
            memory.append(side.memory())
            storage.append(side.stored())
    if CYCLES >= MANY:
        print(f"{CYCLES} restarts, seed {SEED}, MB in each tenth of them:")
        for what, values in {"memory": memory, "storage": storage}.items():
            tenths = _tenths(values)
            print(f"  {what}: {' '.join(f'{tenth:.0f}' for tenth in tenths)}")
            # The first tenth is when caches fill.
            early, late = tenths[1], tenths[-1]
            assert late < 1.2 * early + 5, f"{what} grew from {early:.0f} to {late:.0f} MB"


def _tenths(values: list[float]) -> list[float]:
    """Return the median of each tenth."""
    size = len(values) // 10
    return [median(values[start : start + size]) for start in range(0, 10 * size, size)]
