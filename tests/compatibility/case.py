"""What the test of a plugin consists of, and the place where it runs.

A case never knows which Datasette it is run against: that the same sentences are true in a native
one and in the site is what is tested. Where the two come from is runs.py's business.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page


class Place:
    """A Datasette with the plugin and the material of material.py, seen through a browser's tab."""

    def __init__(self, page: Page, root: str) -> None:
        self.page = page
        self.root = root  # the address of Datasette's home page, with a slash at the end

    def open(self, path: str = "") -> None:
        """Go to a page, given as a path relative to the home page, and wait for all of it."""
        # As a link of the application does: from elsewhere, private data is asked about first.
        response = self.page.goto(self.root + path, referer=self.root)
        assert response is not None and response.ok, self._complaint(path)
        self.page.wait_for_load_state("load")

    def _complaint(self, path: str) -> str:
        text = " ".join(self.page.locator("body").inner_text().split())
        return f"{path} is not answered, but: {text[:300]}"

    def fetch(self, path: str, **options: Any) -> str:
        """Return the text that a script of the open page gets for a path."""
        script = """async ([url, options]) => {
            const response = await fetch(url, options);
            return [response.status, await response.text()];
        }"""
        status, text = self.page.evaluate(script, [self.root + path, options])
        assert status < 400, f"{path} is answered with {status}: {text[:300]}"
        return str(text)

    def fetch_json(self, path: str, **options: Any) -> Any:
        """Like `fetch`, parsed."""
        return json.loads(self.fetch(path, **options))

    def sql(self, sql: str) -> Any:
        """Return the first value that a query on the database `data` gives."""
        self.open()
        script = "sql => new URLSearchParams({sql, _shape: 'arrays'}).toString()"
        rows = self.fetch_json(f"data/-/query.json?{self.page.evaluate(script, sql)}")["rows"]
        return rows[0][0]

    def cell(self, column: str, row: int = 0) -> Locator:
        """Return a cell of the table on the page."""
        return self.page.locator(f"table.rows-and-columns td.col-{column}").nth(row)


@dataclass(frozen=True)
class Case:
    """A plugin and what it is for."""

    requirement: str  # with the version that was tested, as pip takes it
    title: str
    does: str  # in a few words, for the catalogue
    check: Callable[[Place], None]
    config: dict[str, Any] = field(default_factory=dict)  # what goes into datasette.json
    note: str = ""  # what one should know of this version

    @property
    def name(self) -> str:
        """The name of the package."""
        return self.requirement.split("==")[0]


#: All cases by the names of their packages.
CASES: dict[str, Case] = {}


def plugin(
    requirement: str, title: str, does: str, config: dict[str, Any] | None = None, note: str = ""
) -> Callable[[Callable[[Place], None]], Callable[[Place], None]]:
    """Make a case of the decorated check."""

    def register(check: Callable[[Place], None]) -> Callable[[Place], None]:
        case = Case(requirement, title, does, check, config or {}, note)
        assert case.name not in CASES, f"{case.name} has two cases"
        CASES[case.name] = case
        return check

    return register
