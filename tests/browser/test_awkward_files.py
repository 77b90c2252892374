"""Awkward files, dropped at once: each loads right or is explained, and none harms the others."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.awkward_files import FILES, PACKED_FILES
from tests.support.bringing import drop, import_button, wait_for_previews
from tests.support.browsing import BOOT_TIMEOUT, click_through, follow, link
from tests.support.shop import rows_of

# Some hold a table of the same name; the first of them has it.
ALL = [*FILES, *PACKED_FILES]
GOOD = [file for file in ALL if file.tables is not None]
BAD = [file for file in ALL if file.tables is None]

#: By file, what is said of those that are recognised before Python sees them.
SENTENCES = {
    "login": " is a web page, not a data file",
    "pointer": " is only a pointer to the data, which Git LFS keeps elsewhere",
    "missing": " XML",
    "paper": " a PDF",
}


def test_awkward_files_all_at_once(page: Page, site: str) -> None:
    follow(page, link(site, memory="1"))
    home = page.url
    dialog = drop(page, {file.name: file.make() for file in ALL})
    wait_for_previews(page)
    refused = dialog.get_by_role("listitem").filter(has_text="Cannot be opened")
    # What is seen at once is said at once; the rest when it is imported.
    for item in refused.all():
        expect(item.locator(".problem .message")).not_to_be_empty()
    said_before = " ".join(refused.all_inner_texts())
    import_button(page).click()
    expect(dialog).to_have_attribute("data-state", "done", timeout=BOOT_TIMEOUT)
    said = f"{said_before} {dialog.inner_text()}"
    for file in BAD:
        assert file.name in said
        assert SENTENCES.get(file.stem, file.sentence) in said, f"{file.name} is explained"
    click_through(dialog.get_by_role("button", name="Show the data"))

    seen = set()
    for file in GOOD:
        is_database = file.parameter == "url" or file.make().startswith(b"SQLite format 3")
        database = file.stem if is_database else "data"
        for table, rows in (file.tables or {}).items():
            if (database, table) in seen:
                continue
            seen.add((database, table))
            found = rows_of(page, f"{home}{database}/{table}")
            assert len(found) == len(rows), f"{table} of {file.name}"
            if rows:
                assert {"rowid", *found[0]} == {"rowid", *rows[0]}, f"{table} of {file.name}"
    assert len(GOOD) + len(BAD) > 80
