"""Measures a first visit on a worse network or processor, with the browser's own throttling.

Every target must be throttled separately, and service workers before they run, which Playwright
cannot do. So this talks directly to a browser that nothing else watches.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from bench.browser import settled_browser
from bench.visits import TABLE, THERE, old_address
from tests.support.browsing import link
from tests.support.raw_chromium import RawBrowser


@dataclass(frozen=True)
class Conditions:
    """What a visitor has."""

    #: Milliseconds that each request takes at least.
    latency: float
    #: Bytes per second, each way; -1 for no limit.
    throughput: float = -1
    #: How many times slower the processor is.
    slower: float = 1


#: 20 Mbit/s and an old telephone.
SLOW = Conditions(latency=40, throughput=2.5e6, slower=4)

#: A host that is far away.
DISTANT = Conditions(latency=100)

PATIENCE = 300  # seconds
ATTACH: dict[str, Any] = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}


class _Throttle:
    """Slows down everything that runs in a browser, from the beginning."""

    def __init__(self, browser: RawBrowser, conditions: Conditions) -> None:
        self._browser = browser
        self._conditions = conditions
        self._seen = 0
        #: Session of the first page that appeared.
        self.page = ""
        browser.send("Target.setAutoAttach", **ATTACH)

    def look(self) -> None:
        """Read the browser's messages, and slow down new targets."""
        while self._browser.listen(0.02):
            pass
        events = self._browser.events
        while self._seen < len(events):
            _, method, params = events[self._seen]
            self._seen += 1
            if method == "Target.attachedToTarget":
                self._slow_down(params["sessionId"], params["targetInfo"]["type"])

    def _slow_down(self, session: str, kind: str) -> None:
        begin = self._browser.begin
        begin("Target.setAutoAttach", session, **ATTACH)
        begin("Network.enable", session)
        network: dict[str, Any] = {
            "offline": False,
            "latency": self._conditions.latency,
            "downloadThroughput": self._conditions.throughput,
            "uploadThroughput": self._conditions.throughput,
        }
        begin("Network.emulateNetworkConditions", session, **network)
        begin("Emulation.setCPUThrottlingRate", session, rate=self._conditions.slower)
        begin("Runtime.runIfWaitingForDebugger", session)
        if kind == "page" and not self.page:
            self.page = session


def _visit(address: str, conditions: Conditions) -> float:
    with settled_browser() as browser:
        throttle = _Throttle(browser, conditions)
        browser.send("Target.createTarget", url="about:blank")
        while not throttle.page:
            throttle.look()
        started = time.perf_counter()
        browser.begin("Page.navigate", throttle.page, url=address)
        while time.perf_counter() - started < PATIENCE:
            throttle.look()
            answer = browser.send("Runtime.evaluate", throttle.page, expression=THERE)
            if answer["result"].get("value"):
                return time.perf_counter() - started
        raise TimeoutError(f"{address} did not show its table within {PATIENCE} seconds")


def visits(site: str, old_way: str, conditions: Conditions) -> tuple[float, float]:
    """Return the seconds of a first visit to the site, and of one the old way."""
    address = link(site, TABLE, url="data/world.db")
    return _visit(address, conditions), _visit(old_address(old_way), conditions)
