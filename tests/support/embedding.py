"""A page of another site with embedded tables, and a reader's browser."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from find_browser import find_browser
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page

from tests.support.browsing import BOOT_TIMEOUT, FLAGS, HURRIED
from tests.support.hosts import DataHost

HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Handbook</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"></head><body><main><h1>Handbook</h1>"""


# In place of Playwright's list, which switches off ThirdPartyStoragePartitioning (each site has its
# own storage within another one). Without that, frames of other sites get no storage.
PARTITIONED = "--disable-features=Translate,MediaRouter,OptimizationHints"


@contextlib.contextmanager
def reader(browser: Browser, folder: Path) -> Iterator[BrowserContext]:
    """A browser with a profile in `folder`; frames of other sites need one to store anything."""
    context = browser.browser_type.launch_persistent_context(
        str(folder), executable_path=find_browser(), args=[*FLAGS, HURRIED, PARTITIONED]
    )
    context.set_default_timeout(BOOT_TIMEOUT)
    try:
        yield context
    finally:
        context.close()


@dataclass
class Handbook:
    """A page of documentation on a different site from `site`."""

    page: Page
    site: str
    host: DataHost
    #: Addresses of the site that the browser requested.
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # To browsers, localhost and 127.0.0.1 are different sites.
        self.origin = self.host.origin.replace("localhost", "127.0.0.1")
        self.page.context.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if url.startswith(self.site):
            self.requests.append(url)

    def add(self, name: str, body: bytes) -> str:
        """Put a file beside the page; return its address."""
        self.host.add(name, body)
        return f"{self.origin}/{name}"

    def show(self, html: str, name: str = "handbook.html") -> None:
        """Open the page with `html` in it."""
        script = f'<script src="{self.site}embed.js"></script>'
        document = f"{HEAD}{html}</main>{script}</body></html>"
        self.host.add(name, document.encode(), headers={"Content-Type": "text/html"})
        self.page.goto(f"{self.origin}/{name}")

    def embed(self, number: int = 0) -> Locator:
        """One of the embeds."""
        return self.page.locator("datasette-lite").nth(number)

    def button(self, number: int = 0) -> Locator:
        """The button that starts it."""
        return self.embed(number).get_by_role("button")

    def frame(self, number: int = 0) -> FrameLocator:
        """Its frame, once it was started."""
        return self.embed(number).locator("iframe").content_frame
