"""Exports: JSON, CSV and BLOBs, as pages and as downloads."""

from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import click_through, open_within
from tests.support.shop import PICTURE


def expected(world: sqlite3.Connection, sql: str) -> list[list[str]]:
    """Return what a query gives, as a CSV file says it."""
    return [["" if value is None else str(value) for value in row] for row in world.execute(sql)]


def read_csv(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file after its header."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def text_of(page: Page) -> str:
    """Return the text of a page that is no HTML."""
    return str(page.evaluate("fetch(location.href).then((answer) => answer.text())"))


def test_json_link_has_the_rows(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/countries?continent=AN")
    click_through(page.get_by_role("link", name="json", exact=True))
    assert page.url.startswith(f"{site}app/world/countries.json?continent=AN")
    data = json.loads(text_of(page))
    assert [row["code"] for row in data["rows"]] == ["AQ", "BV", "GS", "HM", "TF"]
    assert data["rows"][0]["continent"] == {"value": "AN", "label": "Antarctica"}


@pytest.mark.parametrize("shape", ["array", "newline-delimited", "object"])
def test_advanced_export_offers_shapes_of_json(
    regular_page: Page, site: str, world: sqlite3.Connection, shape: str
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/continents")
    page.get_by_role("link", name="advanced").click()
    click_through(page.locator("#export").get_by_role("link", name=shape, exact=True))
    text = text_of(page)
    if shape == "newline-delimited":
        rows = [json.loads(line) for line in text.splitlines()]
    else:
        data = json.loads(text)
        rows = list(data.values()) if shape == "object" else data
    assert [[row["code"], row["name"]] for row in rows] == expected(
        world, "select * from continents order by code"
    )


def test_csv_link_downloads_all_rows(
    regular_page: Page, site: str, world: sqlite3.Connection, tmp_path: Path
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/airports?_facet=country&_size=10")
    click_through(page.get_by_role("link", name="Next page"))
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert download.value.suggested_filename == "airports.csv"
    download.value.save_as(tmp_path / "file.csv")
    [(count,)] = world.execute("select count(*) from airports")
    assert len(read_csv(tmp_path / "file.csv")) == count


def test_advanced_export_downloads_csv(
    regular_page: Page, site: str, world: sqlite3.Connection, tmp_path: Path
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/currencies?name=Franc")
    page.get_by_label("download file").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert download.value.suggested_filename == "currencies.csv"
    download.value.save_as(tmp_path / "file.csv")
    assert read_csv(tmp_path / "file.csv") == expected(
        world, "select code, name from currencies where name = 'Franc' order by code"
    )


def test_advanced_export_streams_all_rows_with_labels(
    regular_page: Page, site: str, world: sqlite3.Connection, tmp_path: Path
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/cities?_col=name&_col=country&_col=population")
    page.get_by_label("download file").check()
    page.get_by_label("stream all rows").check()
    expect(page.get_by_label("expand labels")).to_be_checked()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert download.value.suggested_filename == "cities.csv"
    download.value.save_as(tmp_path / "file.csv")
    assert read_csv(tmp_path / "file.csv") == expected(
        world,
        "select cities.id, cities.name, country, countries.name, cities.population"
        " from cities left join countries on countries.code = cities.country order by cities.id",
    )


def test_stream_has_all_rows_of_a_table(
    regular_page: Page, site: str, world: sqlite3.Connection
) -> None:
    page = regular_page
    page.goto(f"{site}app/world/airports")
    text = page.evaluate("fetch('airports.csv?_stream=on').then((answer) => answer.text())")
    rows = list(csv.reader(text.splitlines()))[1:]
    assert rows == expected(world, "select * from airports order by iata")


def test_query_is_exported(regular_page: Page, site: str, tmp_path: Path) -> None:
    page = regular_page
    page.goto(f"{site}app/world/-/query?sql=select+name+from+continents+where+code=:c&c=EU")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    download.value.save_as(tmp_path / "file.csv")
    assert read_csv(tmp_path / "file.csv") == [["Europe"]]
    click_through(page.get_by_role("link", name="json", exact=True))
    assert json.loads(text_of(page))["rows"] == [{"name": "Europe"}]


def test_blob_of_a_table_is_downloaded(shop: Page, tmp_path: Path) -> None:
    shop.goto(f"{shop.url}/pictures")
    with shop.expect_download() as download:
        shop.get_by_role("link", name="Binary:").click()
    assert download.value.suggested_filename == "pictures-mug-image.blob"
    download.value.save_as(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == PICTURE


def test_blob_of_a_query_is_downloaded(shop: Page, tmp_path: Path) -> None:
    open_within(shop, f"{shop.url}/-/query?sql=select+image+from+pictures+where+name='mug'")
    with shop.expect_download() as download:
        shop.get_by_role("link", name="Binary:").click()
    download.value.save_as(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == PICTURE


def test_row_with_a_blob_has_it_as_base64_in_json(shop: Page) -> None:
    data = shop.evaluate(
        "(url) => fetch(url).then((answer) => answer.json())", f"{shop.url}/pictures/mug.json"
    )
    [row] = data["rows"]
    assert row["image"]["$base64"] is True
    assert row["image"]["encoded"].startswith("AAECAwQF")


def test_schema_is_given_as_markdown_and_json(regular_page: Page, site: str) -> None:
    page = regular_page
    page.goto(f"{site}app/world/-/schema")
    texts = page.evaluate(
        "Promise.all(['json', 'md'].map((f) => fetch(`schema.${f}`).then((a) => a.text())))"
    )
    assert all("CREATE TABLE" in text for text in texts)
