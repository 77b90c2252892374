"""Numbers that lose digits are told wherever a file is opened: by a link, and in the dialog."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.bringing import drop, import_all, wait_for_previews
from tests.support.browsing import follow, link
from tests.support.hosts import DataHost
from tests.support.plugins import notices

LONG = "0.1234567890123456789"
SAID = f"1 number has more digits than SQLite stores in a number, and was rounded: {LONG} in column"


def test_a_link_tells(page: Page, site: str, files: DataHost) -> None:
    follow(page, link(site, csv=files.add("sizes.csv", f"name,size\nMug,{LONG}\n".encode())))
    expect(notices(page)).to_contain_text([f"{SAID} size in line 2."])


def test_the_dialog_tells_before_it_imports_and_text_keeps_all(page: Page, site: str) -> None:
    follow(page, f"{site}app/data")
    dialog = drop(page, {"sizes.csv": f"name,size\nMug,{LONG}\n".encode()})
    wait_for_previews(page)
    expect(dialog.get_by_text(f"{SAID} size in line 2.")).to_be_visible()
    dialog.get_by_label("Type of size").select_option("text")
    import_all(page)
    expect(page.locator("td.col-size")).to_have_text(LONG)
