"""WebKitGTK's MiniBrowser, over WebDriver (https://w3c.github.io/webdriver/) and under Xvfb."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.other_browsers.driving import Missing, running
from tests.support.processes import commands, with_descendants
from tests.support.raw_chromium import wait_until

NAME = "WebKitGTK"

#: Without it, the page of a second visit stayed blank here; why is not known.
NEEDS_HOST = True

#: Seconds after which it has stopped a worker without pages; nothing there stops one at once.
IDLE = 15


#: Seconds after which a script is given up: WebKit may not answer one that runs as a page changes.
LOST = 20

#: Seconds after which the driver has failed.
PATIENCE = 120

#: What is raised where a page is just changing.
CHANGING = (urllib.error.HTTPError, TimeoutError)

#: The key under which WebDriver sends a reference to an element.
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class WebKitTab:
    """See driving.Tab."""

    def __init__(self, browser: WebKitBrowser, handle: str) -> None:
        self._browser = browser
        self._handle = handle

    def goto(self, url: str) -> None:
        self._browser.send("/url", self._handle, url=url)

    def evaluate(self, expression: str) -> Any:
        try:
            return self._execute(expression)
        except CHANGING:
            return None  # the page is just changing

    def evaluate_inside(self, frame: str, expression: str) -> Any:
        try:
            element = self._execute(f"({frame}) ?? null")
            if not element:
                return None
            self._browser.send("/frame", self._handle, id={ELEMENT: element[ELEMENT]})
            return self._execute(expression)
        except CHANGING:
            return None
        finally:
            self._browser.send("/frame", self._handle, id=None)

    def _execute(self, expression: str) -> Any:
        script = f"return {expression}"
        body = {"script": script, "args": []}
        return self._browser.send("/execute/sync", self._handle, patience=LOST, **body)

    def close(self) -> None:
        self._browser.close_tab(self._handle)


class WebKitBrowser:
    """See driving.Browser."""

    def __init__(self, driver: str, program: str, process: int) -> None:
        self._url = driver
        self._process = process
        options = {"webkitgtk:browserOptions": {"binary": program, "args": ["--automation"]}}
        wanted = {"alwaysMatch": {"pageLoadStrategy": "none", **options}}
        session = self.send("/session", capabilities=wanted)
        self.version = f"{NAME} {session['capabilities']['browserVersion']}"
        self._url += f"/session/{session['sessionId']}"
        self._current = ""

    def send(self, path: str, tab: str = "", *, patience: float = PATIENCE, **body: Any) -> Any:
        """Call a method of WebDriver, in a tab.

        Raises:
            TimeoutError: there was no answer for `patience` seconds.
        """
        if tab and tab != self._current:
            self.send("/window", handle=tab)
            self._current = tab
        return self._request(path, "POST", body, patience)

    def _request(
        self, path: str, method: str, body: dict[str, Any] | None = None, patience: float = PATIENCE
    ) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, content, method=method)
        with urllib.request.urlopen(request, timeout=patience) as answer:
            return json.load(answer)["value"]

    def new_tab(self) -> WebKitTab:
        # Another tab is opened behind the first, and nothing is drawn there.
        if not self._current:
            self._current = self._request("/window", "GET")
            return WebKitTab(self, self._current)
        return WebKitTab(self, self.send("/window/new", type="tab")["handle"])

    def renderers(self) -> set[int]:
        found = commands()
        program = "/WebKitWebProcess"
        return {
            one
            for one in with_descendants([self._process])
            if found.get(one, [""])[0].endswith(program)
        }

    def close_tab(self, handle: str) -> None:
        """Close a tab that is not the last one."""
        self.send("/window", handle=handle)
        [self._current, *_] = self._request("/window", "DELETE")
        self.send("/window", handle=self._current)

    def close(self) -> None:
        """End the browser."""
        self._request("", "DELETE")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def started(profile: Path) -> Iterator[WebKitBrowser]:
    """Run one; it keeps nothing in the folder but logs.

    Raises:
        Missing: there is none, or no Xvfb.
    """
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    programs = [shutil.which(name) for name in ("WebKitWebDriver", "Xvfb")]
    if not found or None in programs:
        raise Missing("WebKitGTK is not there. On Debian: apt-get install webkit2gtk-driver xvfb")
    driver, xvfb = map(str, programs)
    display, port = profile / "display", _free_port()
    with contextlib.ExitStack() as stack:
        with display.open("wb") as number:
            command = [xvfb, "-displayfd", str(number.fileno()), "-nolisten", "tcp"]
            stack.enter_context(running(command, profile / "xvfb.log", pass_fds=(number.fileno(),)))
        wait_until(lambda: display.read_text().strip(), 30, "the start of Xvfb")
        environment = {**os.environ, "DISPLAY": f":{display.read_text().strip()}"}
        command = [driver, f"--port={port}"]
        process = stack.enter_context(running(command, profile / "driver.log", env=environment))
        wait_until(lambda: _answers(port), 30, "the start of WebKitWebDriver")
        browser = WebKitBrowser(f"http://127.0.0.1:{port}", str(found[-1]), process.pid)
        try:
            yield browser
        finally:
            browser.close()


def visits(profile: Path) -> Iterator[tuple[str, WebKitTab]]:
    """Yield the browser's version and a tab for a first visit, then the same tab when its worker
    has ended.

    Started again it would remember nothing, as WebKit has it for browsers that are driven.
    """
    with started(profile) as browser:
        tab = browser.new_tab()
        yield browser.version, tab
        tab.goto("about:blank")
        time.sleep(IDLE)  # the browser's own time: it has no command for that
        yield browser.version, tab
