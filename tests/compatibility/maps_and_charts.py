"""Plugins that draw with JavaScript."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.compatibility.case import Place, plugin

DASHBOARD = {
    "plugins": {
        "datasette-dashboards": {
            "towns": {
                "title": "Towns",
                "charts": {
                    "people": {
                        "title": "People",
                        "db": "data",
                        "query": "select name, people from places",
                        "library": "vega-lite",
                        "display": {
                            "mark": "bar",
                            "encoding": {
                                "x": {"field": "name", "type": "nominal"},
                                "y": {"field": "people", "type": "quantitative"},
                            },
                        },
                    },
                    "total": {
                        "title": "Total",
                        "db": "data",
                        "query": "select count(*) as n from places",
                        "library": "metric",
                        "display": {"field": "n", "suffix": " towns"},
                    },
                    "text": {"library": "markdown", "display": "Some **bold** text."},
                },
            }
        }
    }
}


@plugin(
    "datasette-cluster-map==0.17.2",
    "Map",
    "Shows rows with latitude and longitude on a map",
    note="Version 0.18 and newer ask for _extra=next_url, which this Datasette refuses.",
)
def cluster_map(place: Place) -> None:
    place.open("data/places")
    # Near ones are drawn together, as a circle with their number.
    marks = place.page.locator(".leaflet-marker-icon")
    expect(marks.first).to_be_visible()
    numbers = place.page.locator(".marker-cluster").all_inner_texts()
    single = marks.count() - len(numbers)
    assert single + sum(map(int, numbers)) == 6, (single, numbers)


@plugin("datasette-leaflet==0.2.2", "Leaflet", "Bundles the map library Leaflet for other plugins")
def leaflet(place: Place) -> None:
    place.open()
    script = """async url => {
        const module = await import(url);
        const L = module.default ?? module;
        const element = document.body.appendChild(document.createElement("div"));
        element.style.height = "200px";
        const map = L.map(element).setView([38.7, -9.1], 4);
        L.circleMarker([38.7, -9.1]).addTo(map);
    }"""
    url = f"{place.root}-/static-plugins/datasette-leaflet/leaflet-v1.7.1.js"
    place.page.evaluate(script, url)
    expect(place.page.locator(".leaflet-container svg path")).to_have_count(1)


@plugin("datasette-vega==0.6.2", "Charts", "Draws charts of any table or query")
def vega(place: Place) -> None:
    place.open("data/places")
    place.page.get_by_text("Show charting options").click()
    place.page.locator("#x_column, [name=x_column]").select_option("name")
    place.page.locator("#y_column, [name=y_column]").select_option("people")
    place.page.get_by_label("Bar").check()
    expect(
        place.page.locator("#vega-mount, .vega-embed, #vis").locator("canvas, svg").first
    ).to_be_visible()


@plugin(
    "datasette-dashboards==0.8.0",
    "Dashboards",
    "Dashboards of charts, maps, metrics and text",
    DASHBOARD,
)
def dashboards(place: Place) -> None:
    place.open("-/dashboards/towns")
    expect(place.page.locator("#chart-people canvas, #chart-people svg").first).to_be_visible()
    expect(place.page.locator("#chart-total")).to_have_text("6 towns")
    expect(place.page.locator("#chart-text strong")).to_have_text("bold")


@plugin(
    "datasette-plot==0.1.0",
    "Plots",
    "Plots tables and queries with Observable Plot",
    note="Its button may be there twice.",
)
def plot(place: Place) -> None:
    place.open("data/places")
    # It starts once it is loaded, and again if the page is complete only after that.
    place.page.get_by_role("button", name="Show Plot").first.click()
    expect(place.page.locator("figure svg, svg[class*=plot]").first).to_be_visible()


@plugin(
    "datasette-leaflet-geojson==0.8.2", "Maps of shapes", "Draws values that are GeoJSON on maps"
)
def leaflet_geojson(place: Place) -> None:
    place.open("data/shapes")
    expect(place.cell("geometry").locator(".leaflet-container svg path")).to_be_visible()


@plugin(
    "datasette-geojson-map==0.5.0", "Map of all shapes", "Draws the geometries of a table on a map"
)
def geojson_map(place: Place) -> None:
    place.open("data/shapes")
    expect(place.page.locator("#map svg path")).to_have_count(1)
