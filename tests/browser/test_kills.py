"""Killed at any step of saving, saved data is whole: as before the change or as after it.

The killing is done to processes, as running out of memory does it: nothing gets to finish anything.
What is saved is then read without the site (tests/support/saved_state.py).
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.asking import VERSION
from tests.support.browsing import HURRIED, link
from tests.support.hosts import DataHost
from tests.support.raw_chromium import PATIENCE, RawBrowser, raw_browser, wait_until
from tests.support.saved_state import SavedInstance, SavedState, saved_state

STEPS = (Path(__file__).parent.parent / "support" / "storage_steps.js").read_text()
DATASETTE = "!!document.querySelector('navigation-search')"
# Some page of the site that starts no Datasette.
ELSEWHERE = "data/index.json"


@pytest.fixture
def chromium() -> Iterator[RawBrowser]:
    """A browser of the test's own."""
    with raw_browser(HURRIED) as running:
        yield running


def database(rows: int, size: int) -> bytes:
    """Return a SQLite file with a table `t` of rows that do not compress."""
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (id integer primary key, text, noise)")
    connection.execute("create index by_text on t (text)")
    noise = random.Random(1).randbytes
    values = [(n, f"text {n}", noise(size)) for n in range(1, rows + 1)]
    connection.executemany("insert into t values (?, ?, ?)", values)
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


class Victim:
    """A worker that is killed again and again."""

    def __init__(self, browser: RawBrowser, site: str) -> None:
        self._browser = browser
        self._site = site
        self.tab = browser.new_tab()

    def open(self, address: str) -> None:
        """Open an instance in a new tab, and wait until what its start writes is saved."""
        self.tab = self._browser.new_tab()
        self.tab.goto(address)
        self.tab.wait_for(DATASETTE)
        worker = self._browser.attach_to_worker(self.tab.scope)
        self._evaluate_in(worker, STEPS)
        wait_until(self._idleness(worker), PATIENCE, "the end of all saving")

    def open_elsewhere(self) -> None:
        """Open a page that starts nothing, in a new tab."""
        self.tab = self._browser.new_tab()
        self.tab.goto(self._site + ELSEWHERE)
        self.tab.wait_for("location.pathname.endsWith('json') && document.readyState !== 'loading'")

    def saved(self) -> SavedState:
        """Return what is saved."""
        return saved_state(self.tab.evaluate)

    def instance(self) -> SavedInstance | None:
        """Return the one instance that is saved, if there is any."""
        instances = list(self.saved().instances.values())
        assert len(instances) <= 1
        return instances[0] if instances else None

    def do(
        self, begin: Callable[[], object], ended: str, stop_at: int = 0, scope: str = ""
    ) -> tuple[bool, list[str]]:
        """Do something in the tab; kill everything when a worker takes a step.

        Return whether it had ended, as a JavaScript condition tells, and the steps until then. They
        may differ from those of the same thing before, as when an earlier reply is cleared away.
        Without a number of the step to be killed at, or if there are fewer, all that follows is
        waited for. The worker is the one that the page of the tab has, or the running one of
        another scope.
        """
        worker = self._browser.attach_to_worker(scope or self.tab.scope)
        self._browser.send("Debugger.enable", worker)
        self._evaluate_in(worker, f"globalThis.steps || {STEPS}")
        self._evaluate_in(worker, f"steps.log.length = 0; steps.stopAt = {stop_at}")
        begin()
        is_idle = self._idleness(worker)

        def is_stopped() -> bool:
            return self._browser.saw("Debugger.paused", worker)

        def has_ended() -> bool:
            return self.tab.evaluate(ended) is True

        wait_until(lambda: is_stopped() or (has_ended() and is_idle()), PATIENCE, f"step {stop_at}")
        result = has_ended(), self._steps(worker)
        if is_stopped():
            self._browser.kill_renderers()
            self.open_elsewhere()
        return result

    @contextlib.contextmanager
    def answers_that_stay(self) -> Iterator[None]:
        """Let no answer to a POST leave the worker; then stop it, without a debugger in the way."""
        worker = self._browser.attach_to_worker(self.tab.scope)
        self._evaluate_in(worker, f"globalThis.steps || {STEPS}")
        self._evaluate_in(worker, "steps.answersStay = true")
        self._browser.send("Target.detachFromTarget", sessionId=worker)
        yield
        self._browser.new_tab().stop_workers()

    def _steps(self, worker: str) -> list[str]:
        log: list[str] = json.loads(self._evaluate_in(worker, "JSON.stringify(steps.log)"))
        return log

    def _idleness(self, worker: str) -> Callable[[], bool]:
        """Return a test: is no step taken for longer than savers wait for background tasks?"""
        idle = "[steps.log.length, Math.round(performance.now())]"
        steps, since = -1, 0

        def is_idle() -> bool:
            nonlocal steps, since
            now_steps, now = json.loads(self._evaluate_in(worker, f"JSON.stringify({idle})"))
            if now_steps != steps:
                steps, since = now_steps, now
            return bool(now - since > 1200)

        return is_idle

    def _evaluate_in(self, session: str, expression: str) -> Any:
        result = self._browser.send("Runtime.evaluate", session, expression=expression)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")


ENDED = "window.ended === true"


def is_committed(steps: list[str], *parts: str) -> bool:
    """Return whether a transaction was over that did the last of these parts, after the others."""
    for part in (*parts, "committed"):
        if part not in steps:
            return False
        steps = steps[steps.index(part) + 1 :]
    return True


def in_page(victim: Victim, promise: str) -> Callable[[], object]:
    """Return a function that evaluates JavaScript for a promise; ENDED then tells of its end."""
    script = f"void (async () => {{ await {promise}; window.ended = true }})()"
    return lambda: victim.tab.evaluate(f"window.ended = false; {script}")


def ask(victim: Victim, scope: str = "", **message: Any) -> Callable[[], object]:
    """Ask the page's worker what pages ask, or that of another scope; shell/shared/protocol.js."""
    registration = f"getRegistration({json.dumps(scope)})" if scope else "ready"
    return in_page(
        victim,
        f"""new Promise(async (resolve) => {{
          const {{ port1, port2 }} = new MessageChannel();
          const heard = ({{ data }}) => (data.type === "ready" || "value" in data) && resolve(data);
          navigator.serviceWorker.addEventListener("message", heard);
          navigator.serviceWorker.startMessages();
          port1.onmessage = heard;
          const registration = await navigator.serviceWorker.{registration};
          registration.active.postMessage({json.dumps({"v": VERSION, **message})}, [port2]);
        }})""",
    )


def open_store(victim: Victim, scope: str = "") -> None:
    """Have a worker open the store, when it clears away what interruptions have left there."""
    ask(victim, scope, type="check", key="")()
    victim.tab.wait_for(ENDED)


def register_worker(victim: Victim, site: str, url: str) -> str:
    """Have the worker of a link with one `url` registered, as opening it does; return its scope."""
    key = base64.urlsafe_b64encode(f"url={quote(url, safe='')}".encode()).decode().rstrip("=")
    scope = f"{site}app/@{key}/"
    in_page(
        victim,
        f"""(async () => {{
          const options = {{ scope: {json.dumps(scope)}, updateViaCache: "imports" }};
          const found = await navigator.serviceWorker.register("{site}sw.js", options);
          const worker = found.installing ?? found.active;
          await new Promise((resolve) => {{
            const look = () => worker.state === "activated" && resolve();
            worker.onstatechange = look;
            look();
          }});
        }})()""",
    )()
    victim.tab.wait_for(ENDED)
    return scope


def post(path: str, body: object) -> str:
    """Return JavaScript for a promise: a POST of the page to an address next to its own."""
    return f"""fetch({json.dumps(path)}, {{
      method: "POST",
      headers: {{ "content-type": "application/json" }},
      body: {json.dumps(json.dumps(body))},
    }}).then((answer) => {{ if (!answer.ok) throw new Error(answer.status) }})"""


def test_kill_at_each_step_of_a_commit(chromium: RawBrowser, site: str, files: DataHost) -> None:
    url = files.add("shop.db", database(40, 9000))
    address = link(site, "shop", url=url)
    victim = Victim(chromium, site)

    def insert(first: int) -> Callable[[], object]:
        """Insert two rows, which changes several blocks of the file."""
        rows = [{"id": id, "text": f"new {id}", "noise": "x" * 30_000} for id in (first, first + 1)]
        return in_page(victim, post("shop/t/-/insert", {"rows": rows}))

    def ids() -> list[int]:
        instance = victim.instance()
        assert instance is not None
        return [
            id for (id,) in instance.query("shop", "select id from t where id > 40 order by id")
        ]

    victim.open(address)
    files.files.clear()  # from saved state alone, all the time
    _, steps = victim.do(insert(1001), ENDED)
    present = [1001, 1002]
    assert ids() == present
    assert {"put blocks", "commit", "committed", "respond"} <= set(steps)
    for stop_at in itertools.count(1):
        victim.open(address)
        first = 1001 + 10 * stop_at
        answered, taken = victim.do(insert(first), ENDED, stop_at)
        found = ids()
        new = [id for id in found if id not in present]
        assert new in ([], [first, first + 1]), f"half a change after {taken}"
        assert [id for id in found if id not in new] == present, f"a loss after {taken}"
        committed = is_committed(taken, "put blocks", "put instances")
        assert new or not committed, f"{taken} undid a commit"
        assert committed or not answered, f"an answer after {taken} was a lie"
        present = found
        if len(taken) < stop_at:
            break  # it has ended without being killed


def test_kill_during_the_first_save(chromium: RawBrowser, site: str, files: DataHost) -> None:
    # More than is saved in one transaction.
    content = database(1200, 9000)
    count = "select count(*), total(length(noise)) from t"
    urls = [files.add(f"{n}/big.db", content) for n in range(4)]
    victim = Victim(chromium, site)
    victim.open(link(site, csv=files.add("small.csv", b"a\n1\n")))
    known = set(victim.saved().instances)

    def save(number: int, stop_at: int = 0) -> list[str]:
        victim.open_elsewhere()
        open_store(victim)
        assert not victim.saved().leftovers
        scope = register_worker(victim, site, urls[number])
        address = link(site, "big", url=urls[number])
        return victim.do(lambda: victim.tab.goto(address), DATASETTE, stop_at, scope)[1]

    steps = save(0)
    known = set(victim.saved().instances)
    first_commit = steps.index("committed", steps.index("put blocks")) + 1
    naming = steps.index("put instances", steps.index("put blocks")) + 1
    assert first_commit < naming, "it was saved in one transaction"
    committed = steps.index("committed", naming) + 1
    # Between two portions, before the last transaction counts, and when it does.
    for number, stop_at in enumerate([first_commit, committed - 1, committed], 1):
        taken = save(number, stop_at)
        state = victim.saved()
        new = [state.instances[key] for key in state.instances if key not in known]
        assert len(new) == int(is_committed(taken, "put blocks", "put instances")), taken
        assert all(instance.query("big", count) == [(1200, 1200 * 9000.0)] for instance in new)
        assert len(state.leftovers) == 1 - len(new)


def test_kill_while_data_is_replaced_or_deleted(
    chromium: RawBrowser, site: str, files: DataHost
) -> None:
    versions = [database(rows, 9000) for rows in (30, 31)]
    address = link(site, "shop", url=files.add("shop.db", versions[0]))
    victim = Victim(chromium, site)
    victim.open(address)
    (key,) = victim.saved().instances

    def rows() -> int:
        instance = victim.instance()
        return instance.query("shop", "select count(*) from t")[0][0] if instance else 0

    replace = ask(victim, type="open", key=key, retry=False, fresh=True)
    files.add("shop.db", versions[1])
    _, steps = victim.do(replace, ENDED)
    assert rows() == 31
    naming = steps.index("put instances", steps.index("put blocks")) + 1
    committed = steps.index("committed", naming) + 1
    for stop_at in [naming, committed - 1, committed]:
        victim.open(address)
        was = rows()
        now = 61 - was
        files.add("shop.db", versions[now - 30])
        _, taken = victim.do(replace, ENDED, stop_at)
        is_over = is_committed(taken, "put blocks", "put instances")
        assert rows() == (now if is_over else was), taken

    # Pages ask this of the root's worker.
    forget = ask(victim, site, type="forget", keys=[key])
    victim.open(address)
    open_store(victim, site)
    _, steps = victim.do(forget, ENDED, scope=site)
    assert rows() == 0 and not victim.saved().leftovers
    committed = steps.index("committed", steps.index("delete instances")) + 1
    for stop_at in [committed - 1, committed]:
        victim.open(address)
        was = rows()
        assert was > 0
        open_store(victim, site)
        _, taken = victim.do(forget, ENDED, stop_at, scope=site)
        state = victim.saved()
        assert rows() == (0 if is_committed(taken, "delete instances") else was), taken
        assert state.instances or not state.leftovers


def test_kill_while_a_large_file_of_ones_own_is_saved(
    chromium: RawBrowser, site: str, files: DataHost
) -> None:
    address = link(site, "shop", url=files.add("shop.db", database(30, 9000)))
    victim = Victim(chromium, site)
    victim.open(address)
    (key,) = victim.saved().instances
    # Compressed on its way, it would soon be there; as a table it is saved in many portions.
    line = json.dumps("x" * 30_000)
    add = in_page(
        victim,
        f"""new Promise(async (resolve) => {{
          const {{ port1, port2 }} = new MessageChannel();
          port1.onmessage = ({{ data }}) => "value" in data && resolve();
          const lines = Array.from({{ length: 1400 }}, (_, n) => `${{n}},${{{line}}}\\n`);
          const file = new File(["n,text\\n", ...lines], "large.csv");
          const message = {{ v: {VERSION}, type: "add", key: {json.dumps(key)} }};
          const {{ active }} = await navigator.serviceWorker.ready;
          const added = [{{ file, options: {{ exists: "replace" }}, kind: "file" }}];
          active.postMessage({{ ...message, files: added }}, [port2]);
        }})""",
    )

    def found() -> tuple[int, int]:
        """Return how many rows there are in the table that was there, and in the new one."""
        instance = victim.instance()
        assert instance is not None
        (old,) = instance.query("shop", "select count(*) from t")[0]
        if not any(path.endswith("/data.db") for path in instance.files):
            return old, 0
        there = "select count(*) from sqlite_master where name = 'large'"
        rows = "select count(*) from large where length(text) = 30000"
        is_there = instance.query("data", there) == [(1,)]
        return old, instance.query("data", rows)[0][0] if is_there else 0

    _, steps = victim.do(add, ENDED)
    assert found() == (30, 1400)
    commits = [number for number, step in enumerate(steps, 1) if step == "committed"]
    assert len(commits) > 4, "it is saved in portions"

    # Once more, into an instance without it: what has not been answered must leave no trace.
    ask(victim, site, type="forget", keys=[key])()
    victim.tab.wait_for(ENDED)
    for portion in (1, 3):
        victim.open(address)
        answered, _ = victim.do(add, ENDED, commits[portion])
        assert not answered
        assert found() == (30, 0), f"a trace of portion {portion}"
    victim.open(address)
    victim.do(add, ENDED)
    assert found() == (30, 1400), "it can be added after all"


def test_a_request_that_comes_again_is_carried_out_once(
    chromium: RawBrowser, site: str, files: DataHost
) -> None:
    """The worker is stopped when a change is saved, before its answer has left."""
    victim = Victim(chromium, site)
    victim.open(link(site, "shop", url=files.add("shop.db", database(40, 9000))))
    action = victim.tab.evaluate("new URL('shop/-/execute-write', location.href).href")
    witness = Victim(chromium, site)
    witness.open_elsewhere()

    def rows(text: str) -> int:
        instance = witness.instance()
        assert instance is not None
        count: int = instance.query("shop", f"select count(*) from t where text = '{text}'")[0][0]
        return count

    def insert(text: str) -> str:
        return f"insert into t (text) values ('{text}')"

    def submit(text: str) -> str:
        """Return JavaScript that submits a form, as a page of Datasette has it."""
        return f"""void (() => {{
          const sql = Object.assign(document.createElement("input"), {{ name: "sql" }});
          sql.value = {json.dumps(insert(text))};
          const form = document.createElement("form");
          Object.assign(form, {{ method: "post", action: {json.dumps(action)} }}).append(sql);
          document.documentElement.append(form);
          form.submit();
        }})()"""

    # Chromium sends what a page has fetched to the next worker, which finds the answer saved.
    with victim.answers_that_stay():
        in_page(victim, post(action, {"sql": insert("fetched")}))()
        wait_until(lambda: rows("fetched") > 0, PATIENCE, "the change")
    victim.tab.wait_for(ENDED)
    assert rows("fetched") == 1

    # A form it leaves hanging for good; the person sends it again, and finds the same.
    with victim.answers_that_stay():
        victim.tab.evaluate(submit("submitted"))
        wait_until(lambda: rows("submitted") > 0, PATIENCE, "the change")
    again = Victim(chromium, site)
    again.open_elsewhere()
    again.tab.evaluate(submit("submitted"))
    again.tab.wait_for(f"location.href.startsWith({json.dumps(action)}) && {DATASETTE}")
    assert rows("submitted") == 1

    # One whose answer was delivered is another one when it is sent again, even to another worker.
    wait_until(lambda: witness.saved().replies == 0, PATIENCE, "the end of the reply")
    witness.tab.stop_workers()
    again.open_elsewhere()
    again.tab.evaluate(submit("submitted"))
    again.tab.wait_for(f"location.href.startsWith({json.dumps(action)}) && {DATASETTE}")
    assert rows("submitted") == 2
