"""Plugins that give tables and queries in further formats."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.compatibility.case import Place, plugin


@plugin(
    "datasette-copyable==0.3.2",
    "Copy as text",
    "Gives rows in formats to copy: TSV, Markdown, LaTeX and more",
)
def copyable(place: Place) -> None:
    place.open("data/places")
    place.page.locator(".export-links").get_by_role("link", name="copyable").click()
    place.page.get_by_role("link", name="github").click()
    text = place.page.locator("textarea").input_value()
    assert "|    3 | Reykjavik |      64.15 |" in text, text


@plugin("datasette-yaml==0.1.1", "YAML", "Gives rows as YAML")
def yaml(place: Place) -> None:
    place.open("data/places")
    text = place.fetch("data/places.yaml")
    assert text.startswith("- id: 1\n  name: Lisbon\n  latitude: 38.72\n"), text[:200]


@plugin("datasette-atom==0.11a0", "Atom feeds", "Gives rows as an Atom feed")
def atom(place: Place) -> None:
    place.open("data/entries")
    text = place.fetch("data/entries.atom")
    assert '<feed xmlns="http://www.w3.org/2005/Atom">' in text, text[:300]
    assert "<title>Otters of the Tagus</title>" in text, text


@plugin("datasette-ics==0.5.2", "Calendars", "Gives rows as calendar events")
def ics(place: Place) -> None:
    place.open("data/meetings")
    text = place.fetch("data/meetings.ics")
    assert text.startswith("BEGIN:VCALENDAR"), text[:300]
    assert "SUMMARY:Otters of the Tagus" in text and "DTSTART:20260201T093000" in text, text


@plugin("datasette-geojson==0.4.0", "GeoJSON", "Gives rows with geometries as GeoJSON")
def geojson(place: Place) -> None:
    place.open("data/shapes")
    collection = json.loads(place.fetch("data/shapes.geojson"))
    assert collection["type"] == "FeatureCollection"
    [feature] = collection["features"]
    assert feature["geometry"]["type"] == "Polygon" and feature["properties"]["name"] == "square"


@plugin("datasette-export-notebook==1.0.1", "Notebooks", "Tells how to load rows into a notebook")
def export_notebook(place: Place) -> None:
    place.open("data/places")
    place.page.locator(".export-links").get_by_role("link", name="Notebook").click()
    code = place.page.locator("pre.copyable").nth(1)
    expect(code).to_contain_text(f'"{place.root}data/places.json?_shape=array"')


@plugin("datasette-gfm==0.1.1", "Markdown tables", "Gives rows as a table in Markdown")
def gfm(place: Place) -> None:
    place.open("data/places")
    text = place.fetch("data/places.md?_col=name")
    assert text.startswith("|id|name|\n|---|---|\n1|Lisbon|\n"), text[:200]


@plugin("datasette-llms-txt==0.3.0", "llms.txt", "Describes the data to language models")
def llms_txt(place: Place) -> None:
    place.open()
    text = place.fetch("data/places/llms.txt")
    assert text.startswith("# data/places\n\n> Table `places` with 6 rows"), text[:300]
    assert "data/places" in place.fetch("llms.txt")
