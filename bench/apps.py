"""Measures how long people wait for the first page of an app, on a first visit to its site, next to
Datasette's first table.

The app is the example made with FastAPI, published with its packages.
"""

from __future__ import annotations

import time
from pathlib import Path

from bench.browser import settled_browser
from bench.visits import PATIENCE, POLL, TABLE, seconds_until_rows
from datasette_lite.publication import Publication, publish
from tests.support.browsing import link
from tests.support.hosts import static_site

PROJECT = Path(__file__).resolve().parent.parent
APP = PROJECT / "apps" / "fastapi_notes.py"
NEEDED = ("fastapi", "fastapi_offline", "starlette", "anyio", "annotated_doc", "python_multipart")

_THERE = (
    "location.pathname.startsWith('/app/') && document.querySelector('h1')?.textContent === 'Notes'"
)


def build(work: Path) -> Path:
    """Publish the app in the folder `work`; return the folder of its site."""
    wheels = [next((PROJECT / "build" / "app-wheels").glob(f"{name}-*.whl")) for name in NEEDED]
    install = [str(wheel) for wheel in wheels]
    cache = PROJECT / "build" / "published"
    publish(Publication([APP], app="fastapi_notes:app", install=install, cache=cache), work)
    return work


def first_visits(folder: Path) -> tuple[float, float]:
    """Return the seconds until the first page of the app whose site is in `folder`, and until the
    first table of Datasette on the project's own site.
    """
    with settled_browser() as browser, static_site(folder) as site:
        tab = browser.new_tab()
        started = time.perf_counter()
        tab.goto(site)
        while not tab.evaluate(_THERE):
            if time.perf_counter() - started > PATIENCE:
                raise TimeoutError(f"the app was not there within {PATIENCE} seconds")
            time.sleep(POLL)  # between two looks
        of_app = time.perf_counter() - started
    with settled_browser() as browser, static_site(PROJECT / "dist") as site:
        address = link(site, TABLE, url="data/world.db")
        return of_app, seconds_until_rows(browser.new_tab(), address)
