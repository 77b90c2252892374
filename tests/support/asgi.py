"""Lets browser tests talk to the ASGI applications of tests/plugins/asgi_apps.py."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.support.browsing import BOOT_TIMEOUT

# Paths of the default instance, and of that of the link /?memory=1: base64url("memory=1").
APPS = "app/-/test-asgi/"
MEMORY = "app/@bWVtb3J5PTE/-/test-asgi/"

#: The worker adds these to keep other sites out: shell/worker/site-cache/response-headers.js.
WORKER_HEADERS = {
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}

_numbers = itertools.count(1)

FETCH = """async ([path, init, patience]) => {
  const signal = AbortSignal.timeout(patience);
  const response = await fetch(path, { signal, ...init });
  const { status, url, redirected } = response;
  return { status, url, redirected, headers: [...response.headers], text: await response.text() };
}"""


@dataclass(frozen=True)
class Fetched:
    """The result of fetch() in a page."""

    status: int
    url: str
    redirected: bool
    headers: dict[str, str]
    text: str


def fetch(page: Page, path: str, **init: Any) -> Fetched:
    """Call fetch() in a page; `init` is its second argument."""
    got = page.evaluate(FETCH, [path, init, BOOT_TIMEOUT])
    return Fetched(**{**got, "headers": dict(got["headers"])})


def new_id() -> str:
    """Return a name for the notes that applications leave for one test."""
    return f"test-{next(_numbers)}"
