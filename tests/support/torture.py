"""Kills a browser's workers while pages write without pause, and counts what remains.

Several workspaces are written to at once, each with a worker of its own; they share one store.
Every ten kills the site is also deployed in another version, so that workers of both use it.
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
from tests.support.raw_chromium import PATIENCE, RawBrowser, RawTab, wait_until
from tests.support.saved_state import saved_state

DATASETTE = "!!document.querySelector('navigation-search')"

WORKSPACES = 3
#: Numbers of rows that the writers of a page may use.
PER_PAGE = 1_000_000

# Besides the writers, one that only reads, as another tab does.
_WRITE = """
void (async ([url, ack, page, writers]) => {
  const lists = { pending: new Set(), cut: [], failures: [], unrepeated: [] };
  Object.assign(window, { writing: true, replaced: false, busy: writers, ...lists });
  const container = navigator.serviceWorker;
  // A worker that is started again is the same to the page; a newer version is another one.
  // Which one it is shows once a request is answered that was sent after the failure.
  const judge = (sent) => {
    for (const one of cut.filter(({ failed }) => failed < sent)) {
      cut.splice(cut.indexOf(one), 1);
      const isReplaced = one.wasReplaced || container.controller !== one.worker;
      (isReplaced ? unrepeated : failures).push(one.failure);
    }
  };
  window.judge = judge;
  const body = (id) => JSON.stringify({ row: { id, noise: "x".repeat(id % 5000) } });
  const headers = { "content-type": "application/json" };
  const read = async () => {
    while (writing) {
      // To the end: a worker whose answer lies unread does not make way for a newer one.
      const page = fetch(location, { cache: "no-store" });
      await page.then((answer) => answer.text()).catch(() => {});
    }
  };
  // The worker that is stopped may be passing this on as well, and it has done its part before.
  const acknowledge = (id) =>
    fetch(`${ack}?id=${id}`).then((heard) => heard.text()).catch(() => acknowledge(id));
  const write = async (writer) => {
    for (let n = 0; writing; n++) {
      const id = page + writer * 100000 + n;
      pending.add(id);
      const { controller: worker } = container;
      const sent = performance.now();
      try {
        const answer = await fetch(url, { method: "POST", headers, body: body(id) });
        const text = await answer.text();
        if (answer.ok) await acknowledge(id);
        else failures.push([id, answer.status, text]);
        judge(sent);
      } catch (error) {
        const failure = [id, String(error)];
        cut.push({ worker, wasReplaced: replaced, failed: performance.now(), failure });
      }
      pending.delete(id);
    }
    busy -= 1;
  };
  void read();
  for (let writer = 0; writer < writers; writer++) void write(writer);
})"""


# Return the number of requests in progress, which are about to be cut off. Browsers send them to
# the next worker, but not if a newer version is waiting that replaces the stopped one.
_CUT = """(async () => {
  const { installing, waiting } = await navigator.serviceWorker.getRegistration();
  replaced = (installing ?? waiting) !== null;
  return pending.size;
})()"""


@dataclass
class Outcome:
    """The result."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    #: Acknowledged writes that are missing.
    lost: list[int] = field(default_factory=list)
    #: Writes that are there more than once.
    doubled: list[int] = field(default_factory=list)
    #: Writes that are there without an acknowledgement: the page died before.
    unheard: int = 0
    #: Requests in progress when only the worker was killed, and those of them that failed.
    cut: int = 0
    failures: list[object] = field(default_factory=list)
    #: Those that failed after an update had replaced the stopped worker.
    unrepeated: list[object] = field(default_factory=list)
    deploys: int = 0
    #: Deploys whose workers had all taken over before the next one, or the end.
    taken_over: int = 0

    def __str__(self) -> str:
        kills = ", ".join(f"{count} × {way}" for way, count in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills ({kills}), {self.deploys} deploys ({self.taken_over} took "
            f"over): {self.acknowledged} writes acknowledged, "
            f"{len(self.lost)} lost, {len(self.doubled)} doubled, {self.unheard} done unheard; "
            f"{self.cut} requests cut off by a stopped worker, {len(self.failures)} failed, "
            f"and {len(self.unrepeated)} whose worker was replaced by an update"
        )


def _database() -> bytes:
    connection = sqlite3.connect(":memory:")
    # No key, so that rows written twice are there twice.
    connection.execute("create table w (id integer, noise text)")
    connection.execute("create index by_id on w (id)")
    data = connection.serialize()
    connection.close()
    return data


# Whether the worker of a version has taken over: writing this record is its activation's last step.
_HAS_TAKEN_OVER = """(async () => {
  const { scope } = await navigator.serviceWorker.ready;
  const options = { cacheName: "datasette-lite / version %s" };
  return (await caches.match(`/record?${scope.slice(origin.length + 1)}`, options)) !== undefined;
})()"""

# What a page shows, and where its writers are.
_STATE = """(() => ({
  title: document.title,
  pending: self.pending?.size,
  failures: self.failures?.slice(-2),
  unrepeated: self.unrepeated?.length,
}))()"""

_IS_INSTALLING = """(async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  await registration.update().catch(() => {});
  return registration.installing !== null;
})()"""


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
        names = [f"{number}/log.db" for number in range(WORKSPACES)]
        self._urls = [files.add(name, _database()) for name in names]
        self._site = site
        self._ack = files.add("ack", b"")
        #: The workspace of each page that wrote.
        self._pages: list[int] = []
        self._tabs: list[RawTab] = []
        self.outcome = Outcome()

    def acknowledged(self) -> list[list[int]]:
        """Return the rows whose writes were acknowledged, for each workspace."""
        requests = [urlsplit(path) for method, path in self._files.requests if method == "GET"]
        ids = [int(parse_qs(url.query)["id"][0]) for url in requests if url.path == "/ack"]
        return [
            [id for id in ids if self._pages[id // PER_PAGE] == workspace]
            for workspace in range(WORKSPACES)
        ]

    def open(self) -> None:
        """Open every workspace in a tab of its own, and begin to write to it."""
        self._tabs = [self._browser.new_tab() for _ in self._urls]
        for tab, url in zip(self._tabs, self._urls, strict=True):
            tab.goto(link(self._site, "log/w", url=url))
        for workspace, tab in enumerate(self._tabs):
            tab.wait_for(DATASETTE)
            values = ["w/-/insert", self._ack, len(self._pages) * PER_PAGE, 2]
            self._pages.append(workspace)
            tab.evaluate(f"{_WRITE}({json.dumps(values)})")

    def forget_sources(self) -> None:
        """Make later starts depend only on the saved data."""
        for url in self._urls:
            del self._files.files[urlsplit(url).path]

    def deploy(self) -> None:
        """Deploy the next version, and make the browser look for it."""
        self.look_at_version()
        self.outcome.deploys += 1
        self._host.sites["/"] = self._builds[self.outcome.deploys % len(self._builds)]
        self._look_for_update()

    def _look_for_update(self) -> None:
        update = "navigator.serviceWorker.getRegistration().then((found) => found.update())"
        for tab in self._tabs:
            tab.evaluate(f"void {update}.catch(() => {{}})")

    def look_at_version(self) -> bool:
        """Record whether the last deployed version has taken over in every workspace."""
        if self.outcome.deploys == 0:
            return False
        [version] = (self._host.sites["/"] / "v").iterdir()
        looks = _HAS_TAKEN_OVER % version.name
        has_taken_over = all(tab.evaluate(looks) is True for tab in self._tabs)
        self.outcome.taken_over += has_taken_over
        return has_taken_over

    def _has_installed(self) -> bool:
        return all(tab.evaluate(_IS_INSTALLING) is False for tab in self._tabs)

    def wait_for_progress(self) -> None:
        """Wait until more writes to each workspace are acknowledged, then for a random moment."""
        before = self.acknowledged()
        more = [self._random.randrange(1, 10) for _ in before]

        def progressed() -> bool:
            now = zip(self.acknowledged(), before, more, strict=True)
            return all(len(ids) >= len(then) + count for ids, then, count in now)

        try:
            wait_until(progressed, PATIENCE, "a write to each workspace after a kill")
        except AssertionError as error:
            seen = [tab.evaluate(_STATE) for tab in self._tabs]
            raise AssertionError(f"{error}; {self.outcome}; the pages: {seen}") from error

    def kill(self) -> None:
        """Stop all workers at a random moment, or kill all processes."""
        moment = self._random.randrange(0, 120)
        self._tabs[0].evaluate(f"new Promise((resolve) => setTimeout(resolve, {moment}))")
        if self._random.random() < 0.25:
            self.outcome.kills["all processes killed"] += 1
            for tab in self._tabs:
                self._note_failures(tab)
            self._browser.kill_renderers()
            self.open()
        else:
            self.outcome.kills["worker stopped"] += 1
            self.outcome.cut += sum(tab.evaluate(_CUT) for tab in self._tabs)
            self._tabs[0].stop_workers()

    def _note_failures(self, tab: RawTab) -> None:
        self.outcome.failures += tab.evaluate("judge(Infinity), failures") or []
        self.outcome.unrepeated += tab.evaluate("unrepeated") or []

    def finish(self) -> Outcome:
        """End the writing, and compare what is saved with what was acknowledged."""
        outcome = self.outcome
        for tab in self._tabs:
            tab.evaluate("void (writing = false)")
        for tab in self._tabs:
            tab.wait_for("busy === 0")
        # A kill may have ended the browser's last attempt; now nothing does. The browser stops
        # workers that have nothing to do, and they make way.
        self._look_for_update()
        wait_until(self._has_installed, PATIENCE, "installing the last version")
        self._tabs[0].stop_workers()
        wait_until(self.look_at_version, PATIENCE, "taking over by the last version")
        for tab in self._tabs:
            self._note_failures(tab)
        tab = self._browser.new_tab()
        tab.goto(f"{self._site}data/index.json")
        tab.wait_for("location.pathname.endsWith('json') && document.readyState !== 'loading'")
        instances = saved_state(tab.evaluate).instances.values()
        saved = {instance.record["sources"][0]["url"]: instance for instance in instances}
        assert saved.keys() == set(self._urls)
        for url, acknowledged in zip(self._urls, self.acknowledged(), strict=True):
            # This also checks that the database is undamaged, both table and index.
            present = Counter(id for (id,) in saved[url].query("log", "select id from w"))
            outcome.acknowledged += len(acknowledged)
            outcome.lost += [id for id in acknowledged if id not in present]
            outcome.doubled += [id for id, count in present.items() if count > 1]
            outcome.unheard += len(set(present) - set(acknowledged))
        return outcome


def torture(
    browser: RawBrowser,
    host: Host,
    builds: Sequence[Path],
    files: DataHost,
    kills: int,
    seed: int,
) -> Outcome:
    """Kill at random moments, this many times, while pages write; deploy the builds in turn.

    The host serves the first of them.
    """
    torture = _Torture(browser, host, builds, files, seed)
    torture.open()
    torture.forget_sources()
    for number in range(kills):
        torture.wait_for_progress()
        if number % 10 == min(5, kills // 2):
            torture.deploy()
        torture.kill()
    torture.wait_for_progress()
    return torture.finish()
