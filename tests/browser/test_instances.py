"""Instances and their addresses: each link has its own instance, and any address opens it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browsing import (
    BOOT_TIMEOUT,
    follow,
    hard_reload,
    link,
    stop_worker,
    wait_for_datasette,
)
from tests.support.hosts import DataHost
from tests.support.shop import fetch_json

CELLS = "table.rows-and-columns tbody td.type-str"


def first_cell(page: Page) -> str:
    return page.locator(CELLS).first.inner_text().strip()


def test_two_links_are_two_instances_in_two_tabs_at_once(
    visitor: BrowserContext, site: str, files: DataHost
) -> None:
    one, two = visitor.new_page(), visitor.new_page()
    # Both boot at the same time.
    one.goto(link(site, "data/t", csv=files.add("one/t.csv", b"a\nfrom one\n")))
    two.goto(link(site, "data/t", csv=files.add("two/t.csv", b"a\nfrom two\n")))
    for page, text in ((one, "from one"), (two, "from two"), (one, "from one")):
        page.bring_to_front()
        wait_for_datasette(page)
        assert first_cell(page) == text
        page.reload()
        assert first_cell(page) == text


def test_the_same_link_finds_the_same_instance(page: Page, site: str, files: DataHost) -> None:
    dated = {"Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}
    address = link(site, "data/t", csv=files.add("t.csv", b"a\nx\n", headers=dated))
    follow(page, address)
    first = page.url
    page.goto("about:blank")
    follow(page, address)
    assert page.url == first
    assert len(files.requests) == 2, "it is only asked whether there is newer data"
    assert first_cell(page) == "x"


def test_a_copied_address_opens_where_nobody_has_been(
    page: Page, browser: Browser, site: str, files: DataHost
) -> None:
    follow(page, link(site, "data/t?_sort=a", csv=files.add("t.csv", b"a\ny\nx\n")))
    address = page.url
    stranger = browser.new_context().new_page()
    response = stranger.goto(address)
    assert response is not None and not response.from_service_worker
    wait_for_datasette(stranger)
    assert stranger.url == address
    assert first_cell(stranger) == "x"
    stranger.context.close()


@pytest.mark.first_visit
def test_addresses_keep_their_fragment_through_a_first_visit(page: Page, site: str) -> None:
    follow(page, f"{site}app/world#tables")
    assert page.url == f"{site}app/world#tables"


def test_an_instance_without_its_last_slash(page: Page, site: str, files: DataHost) -> None:
    follow(page, link(site, "./", csv=files.add("t.csv", b"a\nx\n")))
    home = page.url
    page.goto(home.rstrip("/"))
    wait_for_datasette(page)
    assert page.url == home


def test_worker_stopped_between_two_pages(page: Page, site: str, files: DataHost) -> None:
    follow(page, link(site, "data", csv=files.add("t.csv", b"a\nx\n")))
    stop_worker(page)
    page.get_by_role("link", name="t", exact=True).first.click()
    wait_for_datasette(page)
    assert page.url.endswith("/data/t")
    assert first_cell(page) == "x"


def test_a_form_posted_into_a_stopped_worker_arrives(page: Page, site: str) -> None:
    follow(page, f"{site}app/world")
    stop_worker(page)
    page.evaluate(
        """() => {
          const form = document.createElement("form");
          form.method = "post";
          form.action = "-/messages";
          for (const [name, value] of [["message", "hello again"], ["message_type", "INFO"]]) {
            form.append(Object.assign(document.createElement("input"), { name, value }));
          }
          document.body.append(form);
          form.submit();
        }""".replace('"-/messages"', '"/app/-/messages"')
    )
    expect(page.get_by_text("hello again")).to_be_visible(timeout=BOOT_TIMEOUT)


def test_hard_reload_comes_back(page: Page, site: str, files: DataHost) -> None:
    follow(page, link(site, "data/t", csv=files.add("t.csv", b"a\nx\n")))
    hard_reload(page)
    wait_for_datasette(page)
    assert first_cell(page) == "x"
    # And again, at once: the guard against reload loops must not mistake this for one.
    hard_reload(page)
    wait_for_datasette(page)
    assert first_cell(page) == "x"


def test_back_and_forward(page: Page, site: str) -> None:
    follow(page, f"{site}app/")
    page.get_by_role("link", name="world", exact=True).first.click()
    page.get_by_role("link", name="airports", exact=True).first.click()
    expect(page.get_by_role("heading", name="airports")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(f"{site}app/world")
    page.go_back()
    expect(page).to_have_url(f"{site}app/")
    page.go_forward()
    page.go_forward()
    expect(page.get_by_role("heading", name="airports")).to_be_visible()


def test_the_launcher_is_not_in_the_way_of_back(page: Page, site: str, files: DataHost) -> None:
    page.goto(f"{site}404.html")
    follow(page, link(site, csv=files.add("t.csv", b"a\nx\n")))
    page.go_back()
    expect(page).to_have_url(f"{site}404.html")


def test_links_open_in_new_tabs(visitor: BrowserContext, page: Page, site: str) -> None:
    follow(page, f"{site}app/world")
    with visitor.expect_page() as opened:
        page.get_by_role("link", name="airports", exact=True).first.click(
            modifiers=["ControlOrMeta"]
        )
    wait_for_datasette(opened.value)
    assert opened.value.url == f"{site}app/world/airports"


def test_view_source_shows_datasettes_html(visitor: BrowserContext, page: Page, site: str) -> None:
    follow(page, f"{site}app/world")
    text = page.evaluate("async () => (await fetch(location.href)).text()")
    assert "<!DOCTYPE html>" in text and "Powered by" in text
    response = page.reload()
    assert response is not None and response.from_service_worker
    assert response.text() == text


@pytest.mark.console_errors  # the browser's own, of pages with status 404
def test_many_workspaces_run_side_by_side(page: Page, site: str, files: DataHost) -> None:
    """None makes room for another, not even one whose changes are not saved."""
    unsaved = files.add("unsaved/t.csv", b"a\nfirst\n")
    follow(page, link(site, "data/t", csv=unsaved, temporary="1"))
    temporary = page.url
    status, answer = fetch_json(page, f"{page.url}/-/insert", {"row": {"a": "added"}})
    assert status == 201, answer
    addresses: list[str] = []
    for number in range(5):
        url = files.add(f"{number}/t.csv", f"a\nnumber {number}\n".encode())
        follow(page, link(site, "data/t", csv=url))
        addresses.append(page.url)
        if number == 2:
            # What a stranger's page may lead to opens nothing.
            for garbage in ("@garbage/", "@%00/data", "@YQ/", "@__proto__/"):
                page.goto(f"{site}app/{garbage}")
    for number, address in enumerate(addresses):
        follow(page, address)
        assert first_cell(page) == f"number {number}"
    follow(page, temporary)
    expect(page.get_by_role("cell", name="added")).to_be_visible()


SCOPES = """async () => (await navigator.serviceWorker.getRegistrations())
  .map(({ scope }) => new URL(scope).pathname).sort()"""


@pytest.mark.console_errors  # the browser's own, of pages with status 404
@pytest.mark.parametrize("known", [True, False])
def test_an_address_that_means_nothing_says_so_and_registers_nothing(
    page: Page, site: str, known: bool
) -> None:
    if known:
        follow(page, f"{site}app/")
        page.wait_for_function(
            "async () => (await navigator.serviceWorker.getRegistrations()).length > 1"
        )
    for garbage in ("@garbage/", "@%00/data", "@YQ/", "@__proto__/data/t"):
        page.goto(f"{site}app/{garbage}")
        problem = page.get_by_role("region", name="What went wrong")
        expect(problem).to_contain_text("does not describe any data")
    page.goto(site)
    page.wait_for_function("() => navigator.serviceWorker.controller")
    assert page.evaluate(SCOPES) == (["/", "/app/"] if known else ["/"])
