"""The import dialog shows which values do not fit the chosen type, before anything is imported."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.bringing import drop, wait_for_previews
from tests.support.browsing import follow


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_values_that_do_not_fit_are_marked(page: Page, site: str, scheme: str) -> None:
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    follow(page, f"{site}app/data")
    dialog = drop(page, {"fit.csv": b"name,size\nMug,3\nBowl,2.5\nPlate,large\nCup,\n"})
    wait_for_previews(page)
    dialog.get_by_label("Type of size").select_option("float")
    expect(dialog.get_by_role("status")).to_contain_text(
        ["“size”: 2 of 3 values are numbers. Rows with other values go into a separate table."]
    )
    marked = dialog.locator("td.misfit")
    expect(marked).to_have_text(["large"])
    dialog.get_by_label("Type of size").select_option("integer")
    expect(marked).to_have_text(["2.5", "large"])
    # The editor on the page behind the dialog has problems of its own.
    assert [one for one in accessibility_problems(page) if "misfit" in one] == []
    dialog.get_by_label("Type of size").select_option("text")
    expect(marked).to_have_count(0)


def test_a_sample_is_no_total(page: Page, site: str) -> None:
    follow(page, f"{site}app/data")
    rows = "".join(f"n{number},{number % 2 or 'x'}\n" for number in range(3000))
    dialog = drop(page, {"many.csv": f"name,size\n{rows}".encode()})
    wait_for_previews(page)
    dialog.get_by_label("Type of size").select_option("integer")
    expect(dialog.get_by_role("status")).to_contain_text(["500 of the first 1,000 values"])
