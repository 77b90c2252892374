"""A headless Firefox, over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which it speaks
itself: geckodriver is not needed."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.other_browsers.driving import Missing, running
from tests.support.raw_chromium import wait_until

NAME = "Firefox"

NEEDS_HOST = False

# Nothing of the browser's own is to be fetched meanwhile.
PREFERENCES = """\
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("app.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"""


class FirefoxTab:
    """See driving.Tab."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        capabilities = self._send("session.new", capabilities={})["capabilities"]
        self.version = f"{NAME} {capabilities['browserVersion']}"
        [self._context] = [
            one["context"] for one in self._send("browsingContext.getTree")["contexts"]
        ]

    def _send(self, method: str, **params: Any) -> Any:
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._connection.recv(timeout=120))
            if answer.get("id") == number:
                return answer.get("result")

    def goto(self, url: str) -> None:
        self._send("browsingContext.navigate", context=self._context, url=url, wait="none")

    def evaluate(self, expression: str) -> Any:
        answer = self._send(
            "script.evaluate",
            expression=expression,
            target={"context": self._context},
            awaitPromise=True,
        )
        return (answer or {}).get("result", {}).get("value")

    def close(self) -> None:
        """End the browser as its window's button does, so that all is written to the profile."""
        self._send("browser.close")


@contextlib.contextmanager
def _started(profile: Path) -> Iterator[FirefoxTab]:
    """Run a Firefox with the profile in a folder, which may be empty.

    Raises:
        Missing: there is no Firefox.
    """
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        raise Missing("No Firefox is installed. On Debian: apt-get install firefox-esr")
    (profile / "user.js").write_text(PREFERENCES)
    address = profile / "WebDriverBiDiServer.json"
    address.unlink(missing_ok=True)
    command = [program, "--headless", "--no-remote", "--profile", str(profile)]
    command += ["--remote-debugging-port", "0", "about:blank"]
    with running(command, profile / "firefox.log") as process:
        wait_until(lambda: address.exists() and address.read_text(), 60, "the start of Firefox")
        server = json.loads(address.read_text())
        url = f"ws://{server['ws_host']}:{server['ws_port']}/session"
        with connect(url, max_size=None, open_timeout=60) as connection:
            tab = FirefoxTab(connection)
            yield tab
            tab.close()
        process.wait()


def visits(profile: Path) -> Iterator[FirefoxTab]:
    """Yield a tab for a first visit, then one of the same browser when it was started again."""
    for _ in range(2):
        with _started(profile) as tab:
            yield tab
