"""Runs a Chromium whose service workers are not watched, so that they end as they do for users.

Playwright attaches to every service worker, and a worker with a debugger is never idle. This speaks
the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/) only to the targets that
a test names. It can also kill processes, as running out of memory does.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from find_browser import find_browser
from websockets.sync.client import ClientConnection, connect

from tests.support.browsing import FLAGS

POLL = 0.1  # seconds between two looks at a condition

#: Seconds after which what has not happened never will. Nothing takes ten on an idle machine, and
#: no test may fail because others keep its machine busy.
PATIENCE = 240


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Return the first true value of `condition`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(POLL)  # between two looks: a raw connection has no waiting of its own
    raise AssertionError(f"{what} did not happen within {seconds} seconds")


class RawBrowser:
    """A browser, over its one DevTools connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        #: (session, method, parameters) of events that no command asked for, in order.
        self.events: list[tuple[str, str, dict[str, Any]]] = []

    def begin(self, method: str, session: str = "", **params: Any) -> int:
        """Call a DevTools method without waiting; return the number of its answer."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        self._connection.send(json.dumps({**message, "sessionId": session} if session else message))
        return number

    def send(self, method: str, session: str = "", **params: Any) -> Any:
        """Call a DevTools method."""
        number = self.begin(method, session, **params)
        while number not in self._answers:
            self.listen(PATIENCE)
        answer = self._answers.pop(number)
        assert "error" not in answer, answer
        return answer["result"]

    def listen(self, seconds: float) -> bool:
        """Receive one message; return whether there was one in that time."""
        try:
            message = json.loads(self._connection.recv(timeout=seconds))
        except TimeoutError:
            assert seconds < PATIENCE, "the browser does not answer"
            return False
        if "id" in message:
            self._answers[message["id"]] = message
        else:
            self.events.append((message.get("sessionId", ""), message["method"], message["params"]))
        return True

    def saw(self, method: str, session: str) -> bool:
        """Return whether an event has come, without waiting for it."""
        while self.listen(0):
            pass
        return any((by, name) == (session, method) for by, name, _ in self.events)

    def attach_to_worker(self, scope: str) -> str:
        """Return a session with the running service worker of a scope."""
        for target in self.send("Target.getTargets")["targetInfos"]:
            if target["type"] == "service_worker":
                session = self._attach(target["targetId"])
                if self._scope(session) == scope:
                    return session
                self.send("Target.detachFromTarget", sessionId=session)
        raise AssertionError(f"no service worker of {scope} is running")

    def _scope(self, session: str) -> str:
        result = self.send("Runtime.evaluate", session, expression="registration.scope")
        return str(result["result"].get("value"))

    def _attach(self, target: str) -> str:
        answer = self.send("Target.attachToTarget", targetId=target, flatten=True)
        session: str = answer["sessionId"]
        return session

    def new_tab(self) -> RawTab:
        """Open a tab."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        return RawTab(self, self._attach(target))

    def kill_renderers(self) -> None:
        """Kill the processes that run pages and workers, all at once and without warning."""
        killed = self.renderers()
        for process in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        # A tab that is opened before the browser has noticed may be given to one of them.
        wait_until(lambda: not killed & self.renderers(), PATIENCE, "the end of the processes")

    def renderers(self) -> set[int]:
        """Return the ids of the processes that run pages and workers."""
        processes = self.send("SystemInfo.getProcessInfo")["processInfo"]
        return {process["id"] for process in processes if process["type"] == "renderer"}


class RawTab:
    """One tab."""

    def __init__(self, browser: RawBrowser, session: str) -> None:
        self.browser = browser
        self._session = session
        for domain in ("Page", "Runtime", "ServiceWorker"):
            self.send(f"{domain}.enable")

    @property
    def workers(self) -> dict[str, str]:
        """The state of each scope's service worker, such as "running" or "stopped", by scope."""
        scopes: dict[str, str] = {}
        versions: dict[str, dict[str, str]] = {}
        for _, method, params in self.browser.events:
            if method == "ServiceWorker.workerRegistrationUpdated":
                for one in params["registrations"]:
                    scopes[one["registrationId"]] = one["scopeURL"]
            elif method == "ServiceWorker.workerVersionUpdated":
                versions.update({one["versionId"]: one for one in params["versions"]})
        return {
            scopes[version["registrationId"]]: version["runningStatus"]
            for version in versions.values()
            if version["status"] != "redundant"
        }

    @property
    def scope(self) -> str:
        """Return the scope of the page's service worker."""
        scope: str = self.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)")
        return scope

    def send(self, method: str, **params: Any) -> Any:
        """Call a DevTools method."""
        return self.browser.send(method, self._session, **params)

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, awaited; None while the page changes."""
        try:
            result = self.send(
                "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
            )
        except AssertionError as error:
            if "navigated or closed" in str(error):
                return None
            raise
        return result["result"].get("value")

    def goto(self, url: str) -> None:
        """Begin to load an address."""
        self.send("Page.navigate", url=url)

    def wait_for(self, expression: str, seconds: float = PATIENCE) -> Any:
        """Wait until a JavaScript expression is true."""
        return wait_until(lambda: self.evaluate(expression), seconds, expression)

    def close(self) -> None:
        """Close the tab."""
        self.send("Page.close")

    def stop_workers(self) -> None:
        """Stop all service workers, even busy ones."""
        self.send("ServiceWorker.stopAllWorkers")


@contextlib.contextmanager
def raw_browser(*flags: str) -> Iterator[RawBrowser]:
    """Run a headless Chromium with a new profile, and with `flags` beside FLAGS."""
    # Some of a browser's processes outlive it briefly and write to the profile.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [find_browser(), "--headless=new", *FLAGS, *flags, "--remote-debugging-port=0"]
        process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port_file = Path(profile, "DevToolsActivePort")
            wait_until(lambda: port_file.exists() and port_file.read_text(), PATIENCE, "the start")
            port, path = port_file.read_text().splitlines()
            url = f"ws://127.0.0.1:{port}{path}"
            # No pings: while a test does not read, its end of the connection does not answer them.
            with connect(url, max_size=None, ping_interval=None) as connection:
                yield RawBrowser(connection)
        except Exception as error:
            if process.poll() is None:
                raise
            message = f"The browser ended by itself, with status {process.returncode}."
            raise AssertionError(message) from error
        finally:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def raw_chromium() -> Iterator[RawTab]:
    """Run a headless Chromium with a new profile; yield a tab of it."""
    with raw_browser() as browser:
        yield browser.new_tab()
