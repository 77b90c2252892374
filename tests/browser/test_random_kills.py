"""Random writes, kills and reloads against a model: what was acknowledged is there, whole.

A short run here; EXAMPLES=20 makes it long, as `make torture` does.
"""

from __future__ import annotations

import copy
import itertools
import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.support.browsing import HURRIED, link
from tests.support.hosts import DataHost
from tests.support.raw_chromium import RawBrowser, RawTab, raw_browser
from tests.support.saved_state import saved_state

EXAMPLES = int(os.environ.get("EXAMPLES", "2"))
STEPS = int(os.environ.get("STEPS", "8"))
DATASETTE = "!!document.querySelector('navigation-search')"

#: By table: the rows' ids, each with the length of its text.
Tables = dict[str, dict[int, int]]


@dataclass(frozen=True)
class Write:
    """A write: how it is asked for, and what it does to the model, which it may find unfit."""

    path: str
    body: dict[str, Any]
    apply: Callable[[Tables], None]
    fits: Callable[[Tables], bool]

    def after(self, tables: Tables) -> Tables:
        """Return what it makes of the tables."""
        result = copy.deepcopy(tables)
        self.apply(result)
        return result


def _sql(sql: str, apply: Callable[[Tables], None], fits: Callable[[Tables], bool]) -> Write:
    return Write("db/-/execute-write", {"sql": sql}, apply, fits)


def create(table: str) -> Write:
    """Make a table."""
    sql = f"create table {table} (id integer primary key, text text)"
    return _sql(sql, lambda to: to.update({table: {}}), lambda to: table not in to)


def drop(table: str) -> Write:
    """Remove a table."""
    return _sql(f"drop table {table}", lambda to: to.__delitem__(table), lambda to: table in to)


_ids = itertools.count(1)


def insert(table: str, sizes: list[int]) -> Write:
    """Insert rows with texts of these lengths."""
    rows = {next(_ids): size for size in sizes}
    body = {"rows": [{"id": id, "text": "x" * size} for id, size in rows.items()]}
    path = f"db/{table}/-/insert"
    return Write(path, body, lambda to: to[table].update(rows), lambda to: table in to)


def update(table: str, every: int, size: int) -> Write:
    """Give every so manieth row another text."""

    def apply(to: Tables) -> None:
        to[table].update({id: 2 * size for id in to[table] if id % every == 0})

    sql = f"update {table} set text = hex(zeroblob({size})) where id % {every} = 0"
    return _sql(sql, apply, lambda to: table in to)


def delete(table: str, every: int) -> Write:
    """Delete every so manieth row."""

    def apply(to: Tables) -> None:
        to[table] = {id: size for id, size in to[table].items() if id % every != 0}

    return _sql(f"delete from {table} where id % {every} = 0", apply, lambda to: table in to)


_tables = st.sampled_from(["t", "a", "b"])
_every = st.integers(1, 4)
_sizes = st.sampled_from([0, 10, 3000, 70_000])
WRITES = st.one_of(
    st.builds(insert, _tables, st.lists(_sizes, min_size=1, max_size=20)),
    st.builds(update, _tables, _every, _sizes),
    st.builds(delete, _tables, _every),
    st.builds(create, _tables),
    st.builds(drop, st.sampled_from(["a", "b"])),
)

_POST = """
((path, body) => {
  window.status = "";
  fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).then(
    async (answer) => { window.status = `${answer.status} ${await answer.text()}` },
    (error) => { window.status = String(error) },
  );
})"""


class Site(RuleBasedStateMachine):
    """Two instances, with the tabs they are open in, and what is known of them."""

    numbers = itertools.count()

    def __init__(self, browser: RawBrowser, site: str, files: DataHost) -> None:
        super().__init__()
        self._browser = browser
        self._site = site
        self._files = files
        self._urls: list[str] = []
        self._tabs: dict[str, RawTab] = {}
        self._models: dict[str, Tables] = {}

    @initialize(count=st.integers(1, 2))
    def begin(self, count: int) -> None:
        connection = sqlite3.connect(":memory:")
        connection.execute("create table t (id integer primary key, text text)")
        content = connection.serialize()
        connection.close()
        for _ in range(count):
            url = self._files.add(f"{next(Site.numbers)}/db.db", content)
            self._urls.append(url)
            self._models[url] = {"t": {}}

    def _tab(self, url: str) -> RawTab:
        """Return the tab of an instance, opened if need be."""
        if url not in self._tabs:
            tab = self._browser.new_tab()
            tab.goto(link(self._site, "db", url=url))
            tab.wait_for(DATASETTE)
            self._tabs[url] = tab
        return self._tabs[url]

    def _pick(self, number: int, write: Write) -> str | None:
        """Return an instance if the write fits it, so that it is one that must succeed."""
        url = self._urls[number % len(self._urls)]
        return url if write.fits(self._models[url]) else None

    def _begin(self, url: str, write: Write) -> RawTab:
        tab = self._tab(url)
        tab.evaluate(f"{_POST}({json.dumps(write.path)}, {json.dumps(write.body)})")
        return tab

    def _finish(self, url: str, write: Write, tab: RawTab) -> None:
        status = tab.wait_for("window.status")
        assert status.startswith("20"), status
        self._models[url] = write.after(self._models[url])

    @rule(number=st.integers(0, 1), write=WRITES)
    def write(self, number: int, write: Write) -> None:
        if url := self._pick(number, write):
            self._finish(url, write, self._begin(url, write))

    @rule(number=st.integers(0, 1), write=WRITES, moment=st.integers(0, 80))
    def stop_worker_amid_write(self, number: int, write: Write, moment: int) -> None:
        if url := self._pick(number, write):
            tab = self._begin(url, write)
            tab.evaluate(f"new Promise((resolve) => setTimeout(resolve, {moment}))")
            tab.stop_workers()
            self._finish(url, write, tab)
            self._check()

    @rule(number=st.integers(0, 1), write=WRITES, moment=st.integers(0, 80))
    def kill_amid_write(self, number: int, write: Write, moment: int) -> None:
        if url := self._pick(number, write):
            tab = self._begin(url, write)
            tab.evaluate(f"new Promise((resolve) => setTimeout(resolve, {moment}))")
            answered = tab.evaluate("window.status").startswith("20")
            self._browser.kill_renderers()
            self._tabs.clear()
            before, after = self._models[url], write.after(self._models[url])
            saved = self._saved(url)
            assert saved == after or (saved == before and not answered), (before, after, saved)
            self._models[url] = saved
            self._check()

    @rule(number=st.integers(0, 1))
    def reload(self, number: int) -> None:
        tab = self._tab(self._urls[number % len(self._urls)])
        tab.evaluate("window.isOld = true")
        tab.send("Page.reload")
        tab.wait_for(f"!window.isOld && {DATASETTE}")

    def _saved(self, url: str) -> Tables:
        """Return what is saved, read from a page that starts nothing."""
        tab = self._browser.new_tab()
        tab.goto(f"{self._site}data/index.json")
        tab.wait_for("location.pathname.endsWith('json') && document.readyState !== 'loading'")
        saved = saved_state(tab.evaluate).instances.values()
        instances = [one for one in saved if one.record["sources"][0]["url"] == url]
        if not instances:
            return {"t": {}}  # nothing was acknowledged before its first save
        query = instances[0].query
        tables = query("db", "select name from sqlite_master where type = 'table'")
        return {
            name: dict(query("db", f"select id, length(text) from {name}")) for (name,) in tables
        }

    def _check(self) -> None:
        for url, model in self._models.items():
            assert self._saved(url) == model

    def teardown(self) -> None:
        if self._models:
            self._check()


@pytest.mark.timeout(600 + 120 * EXAMPLES)
def test_random_writes_kills_and_reloads(site: str, files: DataHost) -> None:
    # Such a slow case is not made smaller when it fails: the steps are reported.
    options = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=EXAMPLES < 10,
    )
    with raw_browser(HURRIED) as browser:
        run_state_machine_as_test(
            partial(Site, browser, site, files),  # type: ignore[arg-type]
            settings=options,
        )
