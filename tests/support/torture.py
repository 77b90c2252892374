"""Kills a browser's workers while pages write without pause, and counts what is left of that.

Every ten kills the site is deployed in another version, too, so that workers of both use the store.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.support.browsing import link
from tests.support.deploys import Host
from tests.support.hosts import DataHost
from tests.support.raw_chromium import RawBrowser, RawTab, wait_until
from tests.support.saved_state import saved_state

DATASETTE = "!!document.querySelector('navigation-search')"

# Beside the writers one who only reads, as another tab does.
_WRITE = """
void (async ([url, ack, page, writers]) => {
  Object.assign(window, { writing: true, pending: new Set(), failures: [], busy: writers });
  const body = (id) => JSON.stringify({ row: { id, noise: "x".repeat(id % 5000) } });
  const headers = { "content-type": "application/json" };
  const read = async () => {
    while (writing) await fetch(location, { cache: "no-store" }).catch(() => {});
  };
  const write = async (writer) => {
    for (let n = 0; writing; n++) {
      const id = (page * 10 + writer) * 100000 + n;
      pending.add(id);
      try {
        const answer = await fetch(url, { method: "POST", headers, body: body(id) });
        if (answer.ok) await fetch(`${ack}?id=${id}`);
        else failures.push([id, answer.status, await answer.text()]);
      } catch (error) {
        failures.push([id, String(error)]);
      }
      pending.delete(id);
    }
    busy -= 1;
  };
  void read();
  for (let writer = 0; writer < writers; writer++) void write(writer);
})"""


@dataclass
class Outcome:
    """What came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    #: Acknowledged writes that are not there.
    lost: list[int] = field(default_factory=list)
    #: Writes that are there more than once.
    doubled: list[int] = field(default_factory=list)
    #: Writes that are there though nobody was told so: the page died before.
    unheard: int = 0
    #: Requests under way when only the worker was killed, and those of them that failed.
    cut: int = 0
    failures: list[object] = field(default_factory=list)
    deploys: int = 0
    #: Deploys whose worker took over before the next one, or the end.
    taken_over: int = 0

    def __str__(self) -> str:
        kills = ", ".join(f"{count} × {way}" for way, count in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills ({kills}), {self.deploys} deploys ({self.taken_over} took "
            f"over): {self.acknowledged} writes acknowledged, "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, {self.unheard} done unheard; "
            f"{self.cut} requests cut off by a stopped worker, {len(self.failures)} failed"
        )


def _database() -> bytes:
    connection = sqlite3.connect(":memory:")
    # No key: what is written twice is to be there twice.
    connection.execute("create table w (id integer, noise text)")
    connection.execute("create index by_id on w (id)")
    data = connection.serialize()
    connection.close()
    return data


# Whether the worker of a version has taken over: the last that its activation does is this record.
_HAS_TAKEN_OVER = """caches.match("/record", { cacheName: "datasette-lite / version %s" })
  .then((found) => found !== undefined)"""


class _Torture:
    def __init__(
        self,
        browser: RawBrowser,
        host: Host,
        builds: Sequence[Path],
        files: DataHost,
        seed: int,
    ) -> None:
        site = host.address()
        self._host = host
        self._builds = builds
        self._browser = browser
        self._files = files
        self._random = random.Random(seed)
        self._address = link(site, "log/w", url=files.add("log.db", _database()))
        self._elsewhere = f"{site}data/index.json"
        self._ack = files.add("ack", b"")
        self._pages = 0
        self.outcome = Outcome()

    def acknowledged(self) -> list[int]:
        requests = [urlsplit(path) for method, path in self._files.requests if method == "GET"]
        return [int(parse_qs(url.query)["id"][0]) for url in requests if url.path == "/ack"]

    def open(self) -> RawTab:
        tab = self._browser.new_tab()
        tab.goto(self._address)
        tab.wait_for(DATASETTE)
        self._pages += 1
        values = ["w/-/insert", self._ack, self._pages, 2]
        tab.evaluate(f"{_WRITE}({json.dumps(values)})")
        return tab

    def deploy(self, tab: RawTab) -> None:
        """Give the host the next version, and have the browser look for it."""
        self.look_at_version(tab)
        self.outcome.deploys += 1
        self._host.sites["/"] = self._builds[self.outcome.deploys % len(self._builds)]
        update = "navigator.serviceWorker.getRegistration().then((found) => found.update())"
        tab.evaluate(f"void {update}.catch(() => {{}})")

    def look_at_version(self, tab: RawTab) -> bool:
        """Note whether the version that was last deployed has taken over."""
        if self.outcome.deploys == 0:
            return False
        [version] = (self._host.sites["/"] / "v").iterdir()
        has_taken_over = tab.evaluate(_HAS_TAKEN_OVER % version.name) is True
        self.outcome.taken_over += has_taken_over
        return has_taken_over

    def wait_for_progress(self) -> None:
        """Wait until more writes are acknowledged, then for a random moment."""
        before = len(self.acknowledged())
        more = self._random.randrange(1, 20)
        wait_until(lambda: len(self.acknowledged()) >= before + more, 120, "a write after a kill")

    def kill(self, tab: RawTab) -> RawTab:
        moment = self._random.randrange(0, 120)
        tab.evaluate(f"new Promise((resolve) => setTimeout(resolve, {moment}))")
        if self._random.random() < 0.25:
            self.outcome.kills["all processes killed"] += 1
            self.outcome.failures += tab.evaluate("failures") or []
            self._browser.kill_renderers()
            return self.open()
        self.outcome.kills["worker stopped"] += 1
        self.outcome.cut += tab.evaluate("pending.size")
        tab.stop_workers()
        return tab

    def finish(self, tab: RawTab) -> Outcome:
        tab.evaluate("void (writing = false)")
        tab.wait_for("busy === 0")
        outcome = self.outcome
        outcome.failures += tab.evaluate("failures")
        # Nothing keeps the last one from it any more.
        wait_until(lambda: self.look_at_version(tab), 60, "taking over by the last version")
        tab.goto(self._elsewhere)
        tab.wait_for("location.pathname.endsWith('json') && document.readyState !== 'loading'")
        (instance,) = saved_state(tab.evaluate).instances.values()
        # Which also sees that the database is sound, table and index alike.
        present = Counter(id for (id,) in instance.query("log", "select id from w"))
        acknowledged = self.acknowledged()
        outcome.acknowledged = len(acknowledged)
        outcome.lost = [id for id in acknowledged if id not in present]
        outcome.doubled = [id for id, count in present.items() if count > 1]
        outcome.unheard = len(set(present) - set(acknowledged))
        return outcome


def torture(
    browser: RawBrowser,
    host: Host,
    builds: Sequence[Path],
    files: DataHost,
    kills: int,
    seed: int,
) -> Outcome:
    """Kill at random moments, as often as said, while a page writes; deploy the builds in turn.

    The host serves the first of them.
    """
    torture = _Torture(browser, host, builds, files, seed)
    tab = torture.open()
    del files.files["/log.db"]  # every later start has nothing but what is saved
    for number in range(kills):
        torture.wait_for_progress()
        if number % 10 == min(5, kills // 2):
            torture.deploy(tab)
        tab = torture.kill(tab)
    torture.wait_for_progress()
    return torture.finish(tab)
