"""Plugins that change how the values in a table look."""

from __future__ import annotations

from urllib.parse import quote

from playwright.sync_api import Locator, expect

from tests.compatibility.case import Place, plugin


@plugin("datasette-render-markdown==2.2.1", "Markdown", "Shows columns as Markdown")
def render_markdown(place: Place) -> None:
    place.open("data/notes")
    cell = place.cell("body_markdown")
    expect(cell.locator("h1")).to_have_text("Heading")
    expect(cell.locator("strong")).to_have_text("bold")
    expect(cell.get_by_role("link", name="link")).to_have_attribute("href", "https://example.org/")


@plugin(
    "datasette-json-html==1.0.1", "HTML from JSON", "Makes links, images and lists of JSON values"
)
def json_html(place: Place) -> None:
    place.open("data/notes")
    link = place.cell("properties").get_by_role("link", name="A page")
    expect(link).to_have_attribute("href", "https://example.org/page")


@plugin(
    "datasette-pretty-json==0.3",
    "Readable JSON",
    "Shows JSON values with line breaks and indentation",
)
def pretty_json(place: Place) -> None:
    place.open("data/notes")
    expect(place.cell("properties", 1).locator("pre")).to_contain_text('    "colour": "green",\n')


@plugin(
    "datasette-multiline-links==0.1",
    "Several links in a value",
    "Makes each address in a value a link",
)
def multiline_links(place: Place) -> None:
    place.open("data/notes")
    expect(place.cell("links").get_by_role("link")).to_have_text(
        ["https://example.org/one", "https://example.org/two"]
    )


@plugin("datasette-mp3-audio==0.2", "Audio player", "Plays addresses of MP3 files")
def mp3_audio(place: Place) -> None:
    place.open("data/notes?_col=title&_col=song")
    expect(place.cell("song").locator("audio[controls]")).to_be_visible()
    expect(place.page.get_by_role("button", name="Play 2 MP3s on this page")).to_be_visible()


@plugin(
    "datasette-query-links==0.1.2",
    "Links to queries",
    "Makes values that are SELECT queries links that run them",
)
def query_links(place: Place) -> None:
    place.open("data/notes")
    place.cell("query").get_by_role("link").click()
    expect(place.page.locator("td.col-name").first).to_have_text("Lisbon")


@plugin(
    "datasette-checkbox==0.1a4",
    "Checkboxes",
    "Shows 0 and 1 in columns such as is_done as checkboxes",
    note="It saves on the pages of rows; on those of tables it misreads the row's key.",
)
def checkbox(place: Place) -> None:
    place.open("data/notes/1")
    box = place.cell("is_done").get_by_role("checkbox")
    expect(box).not_to_be_checked()
    box.check()
    expect(place.cell("is_done").locator(".saved-message")).to_have_text("updated")
    assert place.sql("select is_done from notes where id = 1") == 1


def _cell_of_query(place: Place, sql: str) -> Locator:
    """Return the cell of a query that has one column, `value`."""
    place.open(f"data/-/query?sql={quote(sql)}")
    return place.page.locator("td.col-value").first


@plugin("datasette-no-truncate==0.1", "Whole values", "Shows long values without cutting them")
def no_truncate(place: Place) -> None:
    cell = _cell_of_query(place, "select hex(zeroblob(3000)) as value")
    assert len(cell.inner_text()) == 6000


@plugin("datasette-youtube-embed==0.2", "YouTube", "Plays addresses of YouTube videos")
def youtube_embed(place: Place) -> None:
    address = "https://www.youtube.com/watch?v=x1"
    cell = _cell_of_query(place, f"select '{address}' as value")
    expect(cell.locator("lite-youtube[videoid=x1]")).to_be_visible()


@plugin(
    "datasette-external-links-new-tabs==0.1",
    "Links in new tabs",
    "Opens links to other sites in new tabs",
)
def external_links_new_tabs(place: Place) -> None:
    link = _cell_of_query(place, "select 'https://example.org/one' as value").get_by_role("link")
    expect(link).to_have_attribute("target", "_blank")


@plugin(
    "datasette-mask-columns==0.2.2",
    "Masked columns",
    "Hides the values of columns",
    config={"databases": {"data": {"plugins": {"datasette-mask-columns": {"drafts": ["body"]}}}}},
)
def mask_columns(place: Place) -> None:
    place.open("data/drafts")
    expect(place.cell("body")).to_have_text("REDACTED")
    expect(place.cell("title")).to_have_text("Otters of the Tagus")
    assert place.sql("select body from drafts") is None
