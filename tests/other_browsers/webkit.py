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
from tests.support.raw_chromium import wait_until

NAME = "WebKitGTK"

#: Without it, the page of a second visit stayed blank here; why is not known.
NEEDS_HOST = True

#: Seconds after which it has stopped a worker without pages; nothing there stops one at once.
IDLE = 15


class WebKitTab:
    """See driving.Tab."""

    def __init__(self, driver: str, browser: str) -> None:
        self._url = driver
        options = {"webkitgtk:browserOptions": {"binary": browser, "args": ["--automation"]}}
        wanted = {"alwaysMatch": {"pageLoadStrategy": "none", **options}}
        session = self._send("/session", capabilities=wanted)
        self.version = f"{NAME} {session['capabilities']['browserVersion']}"
        self._url += f"/session/{session['sessionId']}"

    def _send(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(self._url + path, json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def goto(self, url: str) -> None:
        self._send("/url", url=url)

    def evaluate(self, expression: str) -> Any:
        try:
            return self._send("/execute/sync", script=f"return {expression}", args=[])
        except urllib.error.HTTPError:
            return None  # the page is just changing

    def close(self) -> None:
        """End the browser."""
        with urllib.request.urlopen(urllib.request.Request(self._url, method="DELETE")):
            pass


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
def _started(profile: Path) -> Iterator[WebKitTab]:
    """Run one.

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
        stack.enter_context(running(command, profile / "driver.log", env=environment))
        wait_until(lambda: _answers(port), 30, "the start of WebKitWebDriver")
        tab = WebKitTab(f"http://127.0.0.1:{port}", str(found[-1]))
        try:
            yield tab
        finally:
            tab.close()


def visits(profile: Path) -> Iterator[WebKitTab]:
    """Yield a tab for a first visit, then the same one when its worker has ended.

    Started again it would remember nothing, as WebKit has it for browsers that are driven.
    """
    with _started(profile) as tab:
        yield tab
        tab.goto("about:blank")
        time.sleep(IDLE)  # the browser's own time: it has no command for that
        yield tab
