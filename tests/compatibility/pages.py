"""Plugins with pages of their own."""

from __future__ import annotations

import json
from urllib.parse import quote

from playwright.sync_api import expect

from tests.compatibility.case import Place, plugin


@plugin("datasette-graphql==3.0a1", "GraphQL", "A GraphQL interface to every table, with an editor")
def graphql(place: Place) -> None:
    query = '{ places(filter: {name: {eq: "Porto"}}) { nodes { name people } } }'
    place.open(f"graphql/data?query={quote(query)}")
    place.page.locator(".graphiql-container .execute-button").click()
    expect(place.page.locator(".result-window")).to_contain_text("231800")
    answer = place.fetch_json(
        "graphql/data",
        method="POST",
        headers={"Content-Type": "application/json"},
        body=json.dumps({"query": query}),
    )
    assert answer["data"]["places"]["nodes"] == [{"name": "Porto", "people": 231800}], answer


@plugin("datasette-search-all==1.1.5a0", "Search everything", "Searches all tables at once")
def search_all(place: Place) -> None:
    place.open("-/search?q=otter")
    results = place.page.locator("#search-all-results")
    expect(results).to_contain_text("The otter and the lighthouse keeper.")


@plugin("datasette-explain==0.2.2", "Query plans", "Explains a query while it is typed")
def explain(place: Place) -> None:
    place.open("data/-/query?sql=select+name+from+places")
    form = place.page.locator("form.sql")
    expect(form).to_contain_text("SCAN places")
    expect(form).to_contain_text("Tables used by this query")


@plugin(
    "datasette-packages==0.3", "Python packages", "Lists the Python packages that are installed"
)
def packages(place: Place) -> None:
    place.open("-/packages")
    expect(place.page.get_by_role("link", name="datasette-packages")).to_be_visible()
    place.page.get_by_role("link", name="datasette-packages").click()
    expect(place.page.locator("h1")).to_contain_text("datasette-packages")
    assert place.fetch_json("-/packages.json")["datasette"].startswith("1.0")


@plugin(
    "datasette-schema-versions==0.3",
    "Schema versions",
    "Tells the schema version of every database",
)
def schema_versions(place: Place) -> None:
    place.open("-/schema-versions")
    assert place.fetch_json("-/schema-versions.json")["data"] > 0


@plugin("datasette-debug-asgi==1.1", "ASGI scope", "Shows the ASGI scope of a request")
def debug_asgi(place: Place) -> None:
    place.open("-/asgi-scope/a%2Fb?x=1")
    text = place.page.locator("body").inner_text()
    assert "'query_string': b'x=1'" in text and "a%2Fb" in text, text


@plugin(
    "datasette-comments==0.1.2a6",
    "Comments",
    "Lets people comment on rows",
    # Root may do everything, which the plugin takes for somebody who may only read.
    config={"permissions": {"datasette-comments-readonly": False}},
)
def comments(place: Place) -> None:
    place.open("data/articles/1")
    place.page.get_by_role("button", name="Add comment").click()
    place.page.locator("textarea").fill("Are there otters?")
    place.page.locator(".draft-add-button").click()
    comments = place.page.locator(".datasette-comments-thread-comments")
    expect(comments).to_contain_text("Are there otters?")
    place.open("data/articles/1")
    expect(comments).to_contain_text("Are there otters?")
    place.open("-/datasette-comments/activity")
    expect(place.page.locator("body")).to_contain_text("Are there otters?")


@plugin("datasette-endpoints==0.1", "Addresses of Datasette", "Lists the paths that are answered")
def endpoints(place: Place) -> None:
    place.open("-/endpoints")
    paths = [one["path"] for one in place.fetch_json("-/endpoints.json")]
    assert "/-/endpoints" in paths, paths


@plugin("datasette-block-robots==1.1.1", "robots.txt", "Asks search engines to stay away")
def block_robots(place: Place) -> None:
    place.open()
    assert place.fetch("robots.txt") == "User-agent: *\nDisallow: /"


@plugin(
    "datasette-pretty-traces==0.7",
    "Traces",
    "Shows how long the queries of a page took",
    config={"settings": {"trace_debug": True}},
    note="It needs the setting trace_debug, which a link cannot set, but the owner of a site can.",
)
def pretty_traces(place: Place) -> None:
    place.open("data/places?_trace=1")
    expect(place.page.locator(".trace-line", has_text="places").first).to_be_visible()


@plugin("datasette-apps==0.2a0", "Apps", "Makes small apps of HTML that can query the data")
def apps(place: Place) -> None:
    place.open("-/apps/create")
    place.page.locator("#app-name").fill("Towns")
    html = "<p id=out></p><script>datasette.query('data', 'select count(*) as n from places')"
    html += (
        ".then(r => { document.getElementById('out').textContent = JSON.stringify(r) })</script>"
    )
    place.page.locator(".cm-content").first.fill(html)
    place.page.get_by_role("checkbox", name="data").check()
    place.page.get_by_role("button", name="Create app").click()
    expect(place.page.locator("h1")).to_have_text("Towns")
    frame = place.page.frame_locator("#datasette-app-frame")
    expect(frame.locator("#out")).to_contain_text("6")


@plugin(
    "datasette-sidebar==0.0.1a3",
    "Sidebar",
    "A sidebar with all tables, and those that were starred",
)
def sidebar(place: Place) -> None:
    place.open("data/places")
    panel = place.page.get_by_role("navigation", name="Sidebar")
    panel.get_by_role("button", name="Expand data").click()
    place.page.get_by_title("Star places").click()
    # Of the database whose page it is: the plugin reads its name from the address.
    expect(place.page.get_by_title("Unstar places")).to_be_visible()
    place.open("data")
    starred = place.page.get_by_role("navigation", name="Sidebar").get_by_text("places")
    expect(starred.first).to_be_visible()
    starred.first.click()
    expect(place.page.locator("h1")).to_have_text("places")


@plugin(
    "datasette-outliers==0.1.0",
    "Outliers",
    "Finds values that are far from all others",
    note="It finds no columns: it expects their names in JSON of the shape “arrays”.",
)
def outliers(place: Place) -> None:
    place.open("data/places")
    place.page.get_by_role("link", name="Analyse this table for outliers").click()
    place.page.locator(".outliers-box select").first.select_option("people")
    place.page.get_by_role("button", name="Outlier stats").click()
    expect(place.page.locator(".outliers-message")).to_contain_text("Outlier stats for people")
