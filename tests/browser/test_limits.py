"""With data that would freeze or end the application, it answers and says what is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import follow, link, wait_for_datasette
from tests.support.hosts import DataHost

VIEWS = """
create table t (a); insert into t values ('x');
create view huge as select randomblob(999999999) a from t;
create view large as with recursive n(i) as (select 1 union all select i + 1 from n)
  select randomblob(60000000) a from n;
create view pattern as select a like replace(hex(zeroblob(24000)), '00', '%x') from t;
"""

Fill = Callable[[sqlite3.Connection], object]


def made(folder: Path, fill: Fill) -> bytes:
    """Return a SQLite file."""
    path = folder / "made.db"
    connection = sqlite3.connect(path)
    fill(connection)
    connection.commit()
    connection.close()
    return path.read_bytes()


def timed(page: Page, address: str) -> float:
    """Open a page of Datasette; print and return how long that took, in seconds."""
    before = perf_counter()
    page.goto(address)
    wait_for_datasette(page)
    seconds = perf_counter() - before
    print(f"{address.rpartition('@')[2][-40:]}: {seconds:.1f} s")
    return seconds


@pytest.mark.console_errors
def test_views_of_huge_values_are_explained(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    url = files.add("views.db", made(tmp_path, lambda conn: conn.executescript(VIEWS)))
    follow(page, link(site, "views", url=[url]))
    base = page.url
    for view, words in (
        ("huge", "string or blob too big"),
        ("large", "This takes too long"),
        ("pattern", "LIKE or GLOB pattern too complex"),
    ):
        timed(page, f"{base}/{view}")
        expect(page.locator("body")).to_contain_text(words)
    page.goto(f"{base}/t")
    expect(page.get_by_role("cell", name="x")).to_be_visible()


def test_thousands_of_tables(page: Page, site: str, files: DataHost, tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        tables = "".join(f"create table t{i} (id integer primary key, a);" for i in range(3_000))
        connection.executescript(f"begin; {tables} commit;")

    url = files.add("many.db", made(tmp_path, fill))
    follow(page, link(site, "many/t1", url=[url]))
    database = page.url.removesuffix("/t1")
    timed(page, database.removesuffix("many"))
    expect(page.locator("body")).to_contain_text("3000 tables")
    timed(page, database)
    # Datasette lists the first thousand.
    assert page.locator("a[href*='/many/t']").count() >= 1000


def test_a_thousand_columns(page: Page, site: str, files: DataHost, tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute(f"create table wide ({','.join(f'c{i}' for i in range(1_000))})")
        for row in range(10):
            values = [f"v{(row * column) % 7}" for column in range(1_000)]
            connection.execute(f"insert into wide values ({','.join('?' * 1_000)})", values)

    url = files.add("wide.db", made(tmp_path, fill))
    follow(page, link(site, "wide", url=[url]))
    timed(page, f"{page.url}/wide")
    expect(page.get_by_text("Suggested facets:")).to_be_visible()
