"""Measures how long pages of a running Datasette take: on the site, and natively.

The same script requests pages from both, in a page of their own origin, in turns, so that other
load on the machine affects both.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from bench.browser import new_visitor
from tests.support.browsing import follow, link
from tests.support.native import native_datasette

KINDS = {
    "home page": "",
    "database": "world",
    "table": "world/airports",
    "table with facets": "world/airports?_facet=country&_facet=time_zone",
    "table, filtered and sorted": "world/airports?elevation_ft__gt=5000&_sort_desc=elevation_ft",
    "row": "world/countries/DE",
    "SQL query": "world/-/query?sql=select+country,+count(*)+from+cities+group+by+1+order+by+2",
    "table as JSON": "world/airports.json",
    "table as CSV, 1,000 rows": "world/airports.csv?_size=max",
    "static file": "-/static/app.css",
}

IN_WORKER = "static file, from its request in the worker to its answer"

# A small page without scripts, which would run beside the measurements.
RESTING_PLACE = "-/settings.json"

FETCH = """
async (address) => {
  const started = performance.now();
  const response = await fetch(address, { cache: "no-store" });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${response.status} for ${address}`);
  return performance.now() - started;
}
"""

# The browser's times for a request: when the worker got it, and when its answer began.
FETCH_IN_WORKER = """
async (address) => {
  const noted = new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => {
      const entry = list.getEntries().find(({ name }) => name === address);
      if (!entry) return;
      observer.disconnect();
      resolve(entry.responseStart - entry.workerStart);
    });
    observer.observe({ type: "resource" });
  });
  await (await fetch(address, { cache: "no-store" })).arrayBuffer();
  return noted;
}
"""

# Pages before the measurement: databases have caches, and code is compiled as it runs.
WARM_UP = 3


def measure(site: str, database: Path, rounds: int) -> dict[str, tuple[float, ...]]:
    """Return median ms on the site and, except for IN_WORKER, natively, by kind of page."""
    plugins = Path(__file__).parent.parent / "plugins"
    # The site's plugins do work on every page, and one of them expects such a base URL.
    arguments = ["--setting", "base_url", "/app/", "--plugins-dir", str(plugins)]
    with native_datasette([database], arguments) as native, new_visitor() as visitor:
        on_site, natively = visitor.context.new_page(), visitor.context.new_page()
        follow(on_site, link(site, url=f"data/{database.name}"))
        homes = {on_site: on_site.url, natively: f"{native.origin}/app/"}
        for page, home in homes.items():
            page.goto(home + RESTING_PLACE)
        times: dict[str, dict[Page, list[float]]] = {
            kind: {page: [] for page in homes} for kind in KINDS
        }
        for number in range(WARM_UP + rounds):
            for kind, path in KINDS.items():
                for page, home in homes.items():
                    taken: float = page.evaluate(FETCH, home + path)
                    if number >= WARM_UP:
                        times[kind][page].append(taken)
        address = homes[on_site] + KINDS["static file"]
        alone: list[float] = [on_site.evaluate(FETCH_IN_WORKER, address) for _ in range(rounds)]
        results: dict[str, tuple[float, ...]] = {
            kind: (median(of[on_site]), median(of[natively])) for kind, of in times.items()
        }
        return {**results, IN_WORKER: (median(alone),)}
