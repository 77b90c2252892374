"""Tables, queries and databases as Excel and Parquet files, from the links on their pages."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Locator, Page

from tests.support.browsing import open_within

PROJECT = Path(__file__).parents[2]


def downloaded(link: Locator, folder: Path) -> Path:
    """Click a link; return the file that the browser saves."""
    with link.page.expect_download() as download:
        link.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def sheet(path: Path, name: str) -> list[tuple[Any, ...]]:
    """Return the rows of a sheet, the header included."""
    return list(openpyxl.load_workbook(path)[name].iter_rows(values_only=True))


def parquet_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file, with integers as text."""
    command = ["node", "tests/support/read_parquet.js", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=PROJECT, text=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
    return rows


def test_table_as_excel(
    regular_page: Page, site: str, world: sqlite3.Connection, tmp_path: Path
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/airports?_facet=country")
    path = downloaded(page.get_by_role("link", name="xlsx", exact=True), tmp_path)
    assert path.name == "airports.xlsx"
    cursor = world.execute("select * from airports order by iata")
    header = tuple(name for name, *_ in cursor.description)
    rows = sheet(path, "airports")
    assert rows[0] == header
    assert rows[1:] == cursor.fetchall()


def test_filtered_table_as_parquet(
    regular_page: Page, site: str, world: sqlite3.Connection, tmp_path: Path
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries?continent=EU&_sort_desc=population")
    path = downloaded(page.get_by_role("link", name="parquet", exact=True), tmp_path)
    assert path.name == "countries.parquet"
    expected = world.execute(
        "select code, population from countries where continent = 'EU'"
        " order by population desc, code"
    ).fetchall()
    rows = [(row["code"], int(row["population"])) for row in parquet_rows(path)]
    assert sorted(rows) == sorted(expected)


def test_query_in_both_formats(regular_page: Page, site: str, tmp_path: Path) -> None:
    page = regular_page
    page.goto(f"{site}app/world")
    sql = "select+code,+name+from+continents+where+code+%3E+:least+order+by+code"
    open_within(page, f"{site}app/world/-/query?sql={sql}&least=O")
    expected = [("OC", "Oceania"), ("SA", "South America")]
    path = downloaded(page.get_by_role("link", name="xlsx", exact=True), tmp_path)
    assert sheet(path, "world")[1:] == expected
    path = downloaded(page.get_by_role("link", name="parquet", exact=True), tmp_path)
    assert [tuple(row.values()) for row in parquet_rows(path)] == expected


@pytest.mark.parametrize("format", ["Excel", "Parquet"])
def test_database(
    regular_page: Page, site: str, world: sqlite3.Connection, tmp_path: Path, format: str
) -> None:
    page = regular_page
    page.goto(f"{site}app/world")
    page.locator("details.actions-menu-links summary").click()
    path = downloaded(page.get_by_role("menuitem", name=f"Download as {format}"), tmp_path)
    tables = [
        name
        for (name,) in world.execute(
            "select name from pragma_table_list where schema = 'main' and type = 'table'"
            " and name not like 'sqlite_%'"
        )
    ]
    counts = {name: world.execute(f"select count(*) from {name}").fetchone()[0] for name in tables}
    if format == "Excel":
        assert path.name == "world.xlsx"
        book = openpyxl.load_workbook(path, read_only=True)
        found = {name: sum(1 for _ in book[name].iter_rows()) - 1 for name in book.sheetnames}
    else:
        assert path.name == "world.parquet.zip"
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path)
        found = {one.stem: len(parquet_rows(one)) for one in tmp_path.glob("*.parquet")}
    assert found == counts
