"""A Chromium whose service workers nobody watches, so that they end as they do for people.

Playwright attaches to every service worker, and a worker with a debugger is never idle. This speaks
the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/) to one tab only.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from find_browser import find_browser
from websockets.sync.client import ClientConnection, connect

from tests.support.browsing import FLAGS

POLL = 0.1  # seconds between two looks at a condition


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Return the first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(POLL)
    raise AssertionError(f"{what} did not happen within {seconds} seconds")


class RawTab:
    """One tab, over its DevTools connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        #: The latest state of each service worker: "running", "stopped", …
        self.workers: dict[str, str] = {}
        for domain in ("Page", "Runtime", "ServiceWorker"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:
        """Call a DevTools method."""
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.recv(timeout=60))
            if message.get("method") == "ServiceWorker.workerVersionUpdated":
                for version in message["params"]["versions"]:
                    self.workers[version["versionId"]] = version["runningStatus"]
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, awaited; None while the page changes."""
        result = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return result["result"].get("value")

    def goto(self, url: str) -> None:
        """Begin to load an address."""
        self.send("Page.navigate", url=url)

    def wait_for(self, expression: str, seconds: float = 90) -> Any:
        """Wait until a JavaScript expression is true."""
        return wait_until(lambda: self.evaluate(expression), seconds, expression)


@contextlib.contextmanager
def raw_chromium() -> Iterator[RawTab]:
    """Run a headless Chromium with a new profile; yield its tab."""
    # Some of a browser's processes outlive it for a moment and write to the profile.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [find_browser(), "--headless=new", *FLAGS, "--remote-debugging-port=0"]
        process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port_file = Path(profile, "DevToolsActivePort")
            wait_until(lambda: port_file.exists() and port_file.read_text(), 60, "the start")
            port = port_file.read_text().splitlines()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
                pages = [target for target in json.load(answer) if target["type"] == "page"]
            with connect(pages[0]["webSocketDebuggerUrl"], max_size=None) as connection:
                yield RawTab(connection)
        finally:
            process.terminate()
            process.wait()
