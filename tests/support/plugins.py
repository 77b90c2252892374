"""Sites with an index of plugins, and actions with plugins in a page of such a site."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

from tests.support.asking import VERSION
from tests.support.browsing import wait_for_datasette


def notices(page: Page) -> Locator:
    return page.get_by_role("status", name="About this data").get_by_role("listitem")


def allow(page: Page) -> None:
    """Allow everything the page asks about, and wait for Datasette."""
    page.get_by_role("button", name="Allow and open").click()
    wait_for_datasette(page)


def instance(page: Page) -> str:
    """Return the address of the page's instance."""
    found = re.match(r".*/app/@[^/]*/", page.url)
    assert found is not None
    return found[0]


def key_of(page: Page) -> str:
    return instance(page).rstrip("/").rpartition("@")[2]


#: Asks the worker as the page “Plugins” does; returns its answer and the steps that it reported.
ASK = """async (asked) => {
  asked = { v: VERSION, ...asked };
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const steps = [];
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => {
      if (!data.working) resolve({ ...data, steps });
      else if (data.progress) steps.push(data.progress.step);
    };
    active.postMessage(asked, [port2]);
  });
}""".replace("VERSION", str(VERSION))
