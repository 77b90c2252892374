"""Serves the site to a browser window of its own; whenever a file changes, builds the site again
and reloads the window's tabs: `make dev`.

    python scripts/develop.py [--port PORT] [ADDRESS]

A service worker makes an ordinary reload show what it has kept. Here the browser is told to install
the worker of what is served at each load, as "Update on reload" of its developer tools does; not
when the booting page loads itself again, since a start would have to begin again then. The window
has a profile of its own in build/dev-profile, so workspaces survive the next `make dev`.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from build_runtime import SERVED
from find_browser import find_browser
from playwright.sync_api import BrowserContext, CDPSession, Error, Page, sync_playwright
from wheels import PROJECT

from datasette_lite.server import make_server

#: What the site is built from.
SOURCES = [*SERVED, "bootstrap.py", "engine", "plugins", "data", "site.toml", "site.lock"]
SOURCES += ["datasette_lite", "scripts"]
LOOK_EVERY = 500  # ms
#: In a page: whether it is the booting page, which loads itself again once the workspace runs.
IS_BOOTING = "document.querySelector('main#boot') !== null"


def states(paths: Iterable[Path]) -> dict[Path, int]:
    """Return when each of these files and of the files in these folders was last changed."""
    found: dict[Path, int] = {}
    for top in paths:
        for path in [top, *top.rglob("*")]:
            if path.is_file() and "__pycache__" not in path.parts:
                # An editor may have moved it away a moment ago.
                with contextlib.suppress(FileNotFoundError):
                    found[path] = path.stat().st_mtime_ns
    return found


def build() -> bool:
    """Build the site into dist/; return whether it could be built. It prints why not."""
    command = [sys.executable, str(PROJECT / "scripts" / "build_site.py")]
    return subprocess.run(command, cwd=PROJECT).returncode == 0


class Window:
    """A browser window whose tabs show what is served, not what their workers have kept."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._sessions: list[CDPSession] = []
        context.on("page", self._watch)
        for page in context.pages:
            self._watch(page)

    def _watch(self, page: Page) -> None:
        session = self._context.new_cdp_session(page)
        session.send("ServiceWorker.enable")
        self._sessions.append(session)  # it ends when nothing refers to the session

        def update_at_next_load(of: Page) -> None:
            with contextlib.suppress(Error):  # the page is being left or closed
                force = not of.evaluate(IS_BOOTING)
                options = {"forceUpdateOnPageLoad": force}
                session.send("ServiceWorker.setForceUpdateOnPageLoad", options)

        update_at_next_load(page)
        page.on("domcontentloaded", update_at_next_load)

    def reload(self) -> None:
        """Reload all tabs."""
        for page in self._context.pages:
            try:
                page.reload(wait_until="commit")
            except Error as error:  # a tab that shows a download, or is being closed
                print(f"{page.url} could not be reloaded: {error.message}", file=sys.stderr)

    def is_open(self, milliseconds: int) -> bool:
        """Wait so long; return whether the window is still open then."""
        pages = self._context.pages
        if not pages:
            return False
        try:
            pages[0].wait_for_timeout(milliseconds)
        except Error:
            pass  # that tab was closed meanwhile
        return bool(self._context.pages)


def develop(window: Window, paths: list[Path], build: Callable[[], bool]) -> None:
    """Build and reload at every change of the files `paths`, until the window is closed."""
    before = states(paths)
    while window.is_open(LOOK_EVERY):
        now = states(paths)
        if now != before:
            before = now
            if build():
                window.reload()


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Rebuild and reload the site at every change.")
    parser.add_argument("address", nargs="?", default="", help="of a page of the site")
    parser.add_argument("--port", type=int, default=8001)
    args = parser.parse_args()
    if not build():
        return 1
    server = make_server(PROJECT / "dist", args.port, quiet=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://localhost:{args.port}/"
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            PROJECT / "build" / "dev-profile",
            executable_path=find_browser(),
            headless=False,
            no_viewport=True,
        )
        window = Window(context)
        context.pages[0].goto(site + args.address.lstrip("/"))
        print(f"{site} is rebuilt and reloaded at every change. To end this, close the window.")
        with contextlib.suppress(KeyboardInterrupt):
            develop(window, [PROJECT / name for name in SOURCES], build)
    return 0


if __name__ == "__main__":
    sys.exit(main())
