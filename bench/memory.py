"""Measures how much memory the browser needs with one and with three instances open.

The numbers are read from /proc, so they exist on Linux only. A process's share (PSS) divides shared
memory among the processes that use it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from bench.browser import Visitor, new_visitor, processes
from bench.visits import ROWS, TABLE
from tests.support.browsing import link

OPEN = 3


def megabytes(visitor: Visitor, file: str, field: str) -> list[float]:
    """Return a field of each process's file in /proc, in MB."""
    found = []
    for process in processes(visitor):
        with contextlib.suppress(OSError):  # a process that has just ended
            text = Path(f"/proc/{process}/{file}").read_text()
            match = re.search(rf"^{field}:\s+(\d+) kB", text, re.MULTILINE)
            found.append(int(match[1]) / 1000 if match else 0.0)
    return found


def _measure(address: Callable[[int], str]) -> list[float]:
    with new_visitor() as visitor:
        empty = sum(megabytes(visitor, "smaps_rollup", "Pss"))
        results = []
        for number in range(OPEN):
            page = visitor.context.new_page()
            page.goto(address(number))
            page.wait_for_selector(ROWS)
            if number == 0:
                peak = max(megabytes(visitor, "status", "VmHWM"))
                results += [sum(megabytes(visitor, "smaps_rollup", "Pss")) - empty, peak]
        return [*results, sum(megabytes(visitor, "smaps_rollup", "Pss")) - empty]


def measure(site: str, old_way: str) -> dict[str, tuple[float, float]]:
    """Return MB on the site and the old way, by measurement; nothing if it can't be measured."""
    if not Path("/proc/self/smaps_rollup").exists():
        return {}

    def on_site(number: int) -> str:
        # Each link is different, so each is an instance of its own.
        return link(site, TABLE, url=f"data/world.db?{number}")

    def in_a_page(number: int) -> str:
        return f"{old_way}?{urlencode({'url': f'world.db?{number}', 'path': f'/{TABLE}'})}"

    whats = ["one open, beyond an empty browser", "highest so far of a process", "three open"]
    return dict(zip(whats, zip(_measure(on_site), _measure(in_a_page), strict=True), strict=True))
