"""Links that are wrong: what people are told, and how soon."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import accessibility_problems
from tests.support.browsing import BOOT_TIMEOUT, click_through, link, wait_for_datasette
from tests.support.deploys import Host
from tests.support.hosts import DataHost


def test_a_misspelt_parameter_gets_a_suggestion(page: Page, site: str, files: DataHost) -> None:
    address = files.add("birds.csv", b"a\n1\n")
    page.goto(f"{site}?cvs={address}#/data/birds")
    alert = page.get_by_role("alert").filter(has_text="Did you mean")
    expect(alert).to_contain_text("This link contains cvs=, which means nothing here.")
    assert accessibility_problems(page) == []
    click_through(alert.get_by_role("link", name="Open the corrected link"))
    wait_for_datasette(page)
    assert page.url.endswith("/data/birds")


@pytest.mark.console_errors
def test_a_source_that_is_not_there_is_reported_before_python_has_come(
    page: Page, host: Host, files: DataHost
) -> None:
    host.stalled = (".wasm", ".pack")  # so that Python never comes
    address = files.add("gone.csv", b"", status=404)
    page.goto(link(host.address(), csv=address))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("HTTP 404", timeout=BOOT_TIMEOUT)
    expect(problem).to_contain_text(address)
    host.released.set()


@pytest.mark.console_errors
def test_a_source_that_appears_later_opens_with_another_try(
    page: Page, host: Host, files: DataHost
) -> None:
    address = files.add("late.csv", b"", status=404)
    page.goto(link(host.address(), csv=address))
    expect(page.get_by_role("region", name="What went wrong")).to_be_visible(timeout=BOOT_TIMEOUT)
    files.add("late.csv", b"a\n1\n")
    page.get_by_role("button", name="Try again").click()
    wait_for_datasette(page)
    assert page.url.endswith("/data/late")


@pytest.mark.console_errors
@pytest.mark.first_visit
def test_a_garbled_address_lists_no_stages(page: Page, site: str) -> None:
    page.goto(f"{site}app/@garbled!/")
    expect(page.get_by_role("heading", name="Could not open this address")).to_be_visible()
    expect(page.get_by_text("Details", exact=True)).to_be_hidden()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.locator("main")).not_to_contain_text("Downloading Python", use_inner_text=True)


def test_phones_get_no_hints_about_keys(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 390, "height": 780})
    page.goto(site)
    expect(page.get_by_text(re.compile("For several"))).to_be_visible()
    expect(page.locator("kbd").first).to_be_hidden()
