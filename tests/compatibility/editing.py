"""Plugins that write to the database."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.compatibility.case import Place, plugin


@plugin(
    "datasette-configure-fts==1.2a0", "Search set-up", "Switches full-text search on for a table"
)
def configure_fts(place: Place) -> None:
    place.open("-/configure-fts/data?table=drafts")
    place.page.locator("input[name='column.title']").check()
    place.page.get_by_role("button", name="Configure search").click()
    place.page.locator("input[name=_search]").fill("lighthouses")
    place.page.keyboard.press("Enter")
    expect(place.page.locator("td.col-title")).to_have_text(["Lighthouses"])


@plugin(
    "datasette-edit-schema==0.8a5", "Schema editor", "Renames and adds columns, and creates tables"
)
def edit_schema(place: Place) -> None:
    place.open("-/edit-schema/data/drafts")
    place.page.locator("input[name='name.title']").fill("headline")
    place.page.get_by_role("button", name="Apply changes").click()
    expect(place.page.locator("input[name='name.headline']")).to_be_visible()
    assert place.sql("select headline from drafts where id = 1") == "Otters of the Tagus"


@plugin(
    "datasette-write-ui==0.0.1a14",
    "Row editor",
    "Inserts, edits and deletes rows on table pages",
    # It puts its button before the link of a row, which for root is no longer a child of its cell.
    note="Datasette does this itself by now, and where it does, its tables are not as the plugin"
    " expects them.",
)
def write_ui(place: Place) -> None:
    place.open("data/drafts")
    place.page.locator("#datasette-write-ui-insert-button").click()
    form = place.page.locator(".form-fields-container")
    expect(form).to_be_visible()
    form.get_by_label("title").fill("A fourth")
    place.page.get_by_role("button", name="Submit").click()
    expect(place.cell("title", 3)).to_have_text("A fourth")


@plugin(
    "datasette-upload-csvs==0.10a0", "CSV upload", "Makes tables of CSV files that are uploaded"
)
def upload_csvs(place: Place) -> None:
    place.open("-/upload-csvs")
    place.page.locator("input[name=csv]").set_input_files(
        {"name": "birds.csv", "mimeType": "text/csv", "buffer": b"name,eggs\nwren,7\nrobin,5\n"}
    )
    place.page.get_by_role("button", name="Upload file").click()
    place.page.wait_for_url("**/data/birds")
    expect(place.page.locator("td.col-name")).to_have_text(["wren", "robin"])
    assert place.sql("select typeof(eggs) from birds") == "integer"
