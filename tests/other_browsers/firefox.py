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
from tests.support.processes import commands, with_descendants
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

    def __init__(self, browser: FirefoxBrowser, context: str) -> None:
        self._browser = browser
        self._context = context

    def goto(self, url: str) -> None:
        self._browser.send("browsingContext.navigate", context=self._context, url=url, wait="none")

    def evaluate(self, expression: str) -> Any:
        return self._evaluate({"context": self._context}, expression).get("value")

    def evaluate_inside(self, frame: str, expression: str) -> Any:
        window = self._evaluate({"context": self._context}, f"({frame})?.contentWindow")
        inside = window.get("value", {}).get("context") if window.get("type") == "window" else None
        return inside and self._evaluate({"context": inside}, expression).get("value")

    def _evaluate(self, target: dict[str, str], expression: str) -> dict[str, Any]:
        answer = self._browser.send(
            "script.evaluate", expression=expression, target=target, awaitPromise=False
        )
        result: dict[str, Any] = (answer or {}).get("result", {})
        return result

    def close(self) -> None:
        self._browser.send("browsingContext.close", context=self._context)


class FirefoxBrowser:
    """See driving.Browser."""

    def __init__(self, connection: ClientConnection, process: int) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._process = process
        capabilities = self.send("session.new", capabilities={})["capabilities"]
        self.version = f"{NAME} {capabilities['browserVersion']}"

    def send(self, method: str, **params: Any) -> Any:
        """Call a method of WebDriver BiDi; return its result, None for an error."""
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._connection.recv(timeout=120))
            if answer.get("id") == number:
                return answer.get("result")

    def new_tab(self) -> FirefoxTab:
        return FirefoxTab(self, self.send("browsingContext.create", type="tab")["context"])

    def renderers(self) -> set[int]:
        found = commands()
        # Their command lines end in the kind of process, after a space.
        return {
            one
            for one in with_descendants([self._process])
            if " ".join(found.get(one, [])).rstrip().endswith(" tab")
        }

    def close(self) -> None:
        """End the browser as its window's button does, so that all is written to the profile."""
        self.send("browser.close")


@contextlib.contextmanager
def started(profile: Path) -> Iterator[FirefoxBrowser]:
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
            browser = FirefoxBrowser(connection, process.pid)
            yield browser
            browser.close()
        process.wait()


def visits(profile: Path) -> Iterator[tuple[str, FirefoxTab]]:
    """Yield the browser's version and a tab for a first visit, then the same of that browser when
    it was started again.
    """
    for _ in range(2):
        with started(profile) as browser:
            yield browser.version, browser.new_tab()
