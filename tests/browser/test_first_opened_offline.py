"""Workspaces that are opened for the first time while there is no network: registering a worker for
them needs one, so another worker of the site runs them.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import follow, link, open_within, stop_worker
from tests.support.deploys import Host
from tests.support.kept import see_the_launcher, wait_for_parts
from tests.support.plugins import instance
from tests.support.shop import fetch_json

#: The browser's own complaints that sw.js could not be fetched.
pytestmark = pytest.mark.console_errors

SCOPES = """async () => (await navigator.serviceWorker.getRegistrations())
  .map(({ scope }) => new URL(scope).pathname)"""


@pytest.fixture
def offline(page: Page, host: Host) -> Host:
    """A host that is gone after one visit to one workspace."""
    see_the_launcher(page, host)
    follow(page, link(host.address(), memory="1"))
    wait_for_parts(page)
    page.goto(host.address())
    host.unplug()
    return host


def test_a_workspace_first_opened_without_the_host(page: Page, offline: Host) -> None:
    follow(page, link(offline.address(), "_memory?sql=select+40%2B2", memory="1", temporary="1"))
    expect(page.get_by_role("cell", name="42")).to_be_visible()
    address = page.url
    key = address.rpartition("@")[2].partition("/")[0]
    assert not any(key in scope for scope in page.evaluate(SCOPES))
    # Its pages work on, also when the worker was stopped in between: links, forms, scripts.
    stop_worker(page)
    assert fetch_json(page, f"{instance(page)}_memory.json?sql=select+1")[0] == 200
    page.reload()
    expect(page.get_by_role("cell", name="42")).to_be_visible()
    stop_worker(page)
    page.reload()
    expect(page.get_by_role("cell", name="42")).to_be_visible()
    # With a network, it gets a worker of its own.
    offline.plug_in()
    stop_worker(page)
    follow(page, address)
    page.wait_for_function(
        f"async () => (await ({SCOPES})()).some((path) => path.includes({key!r}))"
    )


def test_saved_data_whose_registration_is_gone(page: Page, host: Host) -> None:
    """As when it was not used for long, and made room in the browser's list for others."""
    follow(page, f"{host.address()}app/data/penguins")
    table = page.url
    row = {"species": "Emperor", "island": "Snow Hill"}
    assert fetch_json(page, f"{table}/-/insert", {"row": row})[0] == 201
    wait_for_parts(page)
    page.goto(host.address())
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.evaluate(
        """async () => {
          for (const registration of await navigator.serviceWorker.getRegistrations())
            if (registration.scope.endsWith("/app/")) await registration.unregister();
        }"""
    )
    host.unplug()
    follow(page, table)
    open_within(page, f"{table}?species=Emperor")
    expect(page.locator("td.col-island")).to_have_text("Snow Hill")
    row["island"] = "Coulman"
    assert fetch_json(page, f"{table}/-/insert", {"row": row})[0] == 201
    stop_worker(page)
    page.reload()
    expect(page.locator("td.col-island")).to_have_text(["Snow Hill", "Coulman"])
