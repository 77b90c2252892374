"""Starts from a snapshot of Python's memory are quicker, and otherwise make no difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import follow, link, stop_worker, wait_for_datasette
from tests.support.hosts import DataHost, static_site
from tests.support.kept import wait_for_parts
from tests.support.plugins import allow, instance
from tests.support.sites import build
from tests.support.snapshots import (
    damage_snapshot,
    kept_snapshots,
    put_snapshots,
    snapshots,
    starts,
    wait_for_exercises,
)
from tests.support.wheels import wheel

pytestmark = pytest.mark.first_visit

# Draws from the module's generator, from the system's, and from SQLite's.
RANDOM = """
import random
import secrets
from datasette import Response, hookimpl
@hookimpl
def register_routes():
    return [("/-/random", draw)]
async def draw(datasette):
    rows = await datasette.get_internal_database().execute("select random()")
    return Response.json([random.random(), secrets.token_hex(8), rows.single_value()])
"""
# Without what Datasette leaves out when it takes more than some milliseconds: counts, suggestions.
PATHS = [
    "world/airports?_nosuggest=1&_nocount=1",
    "world/countries/DE",
    "world/airports.json?_size=3",
    "-/plugins.json",
]


def bodies(page: Page, home: str) -> dict[str, str]:
    """Return what the instance answers, without the times that it took."""
    script = """async (addresses) => Promise.all(addresses.map(async (address) => {
      const text = await (await fetch(address)).text();
      return text.replaceAll(/[0-9.]+ms/g, "").replaceAll(/csrftoken" value="[^"]*/g, "");
    }))"""
    found = page.evaluate(script, [home + path for path in PATHS])
    return dict(zip(PATHS, found, strict=True))


def drawn(page: Page, home: str) -> list[Any]:
    return list(page.evaluate("async (url) => (await fetch(url)).json()", f"{home}-/random"))


def restart(page: Page) -> None:
    stop_worker(page)
    page.reload()
    wait_for_datasette(page)


def opened(page: Page, site: str) -> None:
    """Open the example, and wait until a snapshot is kept and Python is all there."""
    follow(page, link(site, "world/airports", url="data/world.db"))
    wait_for_parts(page)
    kept_snapshots(page)


def test_a_start_from_a_snapshot_shows_the_same(page: Page, site: str) -> None:
    opened(page, site)
    home = instance(page)
    before = bodies(page, home)
    for _ in range(2):
        restart(page)
        assert starts(page) == [True]
        assert bodies(page, home) == before
    # One that was never open has the same Python, in a worker of its own.
    follow(page, link(site, "_memory", memory="1"))
    assert starts(page) == [True]
    assert len(snapshots(page)) == 1


def test_python_exercises_in_the_first_starts_from_a_snapshot(page: Page, site: str) -> None:
    opened(page, site)
    home = instance(page)
    before = bodies(page, home)
    for exercises in (1, 2):
        restart(page)
        wait_for_exercises(page, exercises)
        # Nothing that Python did meanwhile is visible.
        assert bodies(page, home) == before
        databases = page.evaluate("async (url) => (await fetch(url)).text()", f"{home}-/databases")
        assert "world" in databases
        assert "exercise" not in databases


def test_what_is_random_is_not_repeated(page: Page, site: str, files: DataHost) -> None:
    url = files.add(*wheel("datasette-random", code=RANDOM))
    page.goto(link(site, "world", install=url))
    allow(page)
    home = instance(page)
    restart(page)  # in which no packages are chosen any more
    kept_snapshots(page)
    found = [drawn(page, home)]
    for _ in range(2):
        restart(page)
        assert starts(page) == [True]
        found.append(drawn(page, home))
    for values in zip(*found, strict=True):
        assert len(set(values)) == 3
    # The snapshot has its plugin, so another instance has another snapshot.
    follow(page, link(site, "_memory", memory="1"))
    assert starts(page) == [False]
    kept_snapshots(page, 2)


def test_what_a_plugin_draws_when_it_is_imported_is_not_repeated(
    page: Page, site: str, files: DataHost
) -> None:
    said: list[str] = []
    page.context.on("console", lambda message: said.append(message.text))
    code = f"import secrets\nSECRET = secrets.token_hex()\n{RANDOM}"
    page.goto(link(site, "world", install=files.add(*wheel("datasette-secret", code=code))))
    allow(page)
    restart(page)
    restart(page)
    assert starts(page) == [False]
    assert snapshots(page) == []
    assert any("Random numbers were drawn" in text for text in said)


@pytest.mark.parametrize("where", ["pages", "head"])
def test_a_snapshot_that_does_not_serve_is_dropped(page: Page, site: str, where: str) -> None:
    opened(page, site)
    damage_snapshot(page, where)
    restart(page)
    expect(page.get_by_role("heading", name="airports")).to_be_visible()
    assert starts(page) == [False]
    # That start has left another.
    assert [one["failures"] for one in kept_snapshots(page)] == [1]
    restart(page)
    assert starts(page) == [True]
    assert [one["failures"] for one in snapshots(page)] == [0]


def test_a_start_that_the_worker_did_not_survive_is_not_repeated(page: Page, site: str) -> None:
    opened(page, site)
    for failures in (1, 2):
        [snapshot] = kept_snapshots(page)
        damage = {**snapshot, "usedBy": "a worker that is no more", "failures": failures - 1}
        put_snapshots(page, damage)
        restart(page)
        assert starts(page) == [False]
        assert [one["failures"] for one in kept_snapshots(page)] == [failures]
    put_snapshots(page, {**snapshots(page)[0], "usedBy": "a worker that is no more"})
    for _ in range(2):
        restart(page)
        assert starts(page) == [False]
        assert [(one["size"], one["failures"]) for one in snapshots(page)] == [(0, 3)]


def test_few_snapshots_are_kept(page: Page, site: str) -> None:
    opened(page, site)
    [snapshot] = snapshots(page)
    old = {**snapshot, "key": "old", "version": "another", "usedAt": snapshot["usedAt"] + 10}
    others = [{**snapshot, "key": f"other {day}", "usedAt": day} for day in range(5)]
    damage_snapshot(page, "pages")
    put_snapshots(page, old, *others)
    restart(page)
    expect(page.get_by_role("heading", name="airports")).to_be_visible()
    kept = {one["key"] for one in kept_snapshots(page, 3)}
    assert kept == {snapshot["key"], "other 4", "other 3"}


def test_what_comes_after_the_first_page_comes_in_a_start_from_a_snapshot(
    page: Page, site: str
) -> None:
    """The snapshot is of a Python that did not have it, and so is the start."""
    opened(page, site)
    restart(page)
    assert starts(page) == [True]
    # It imports what no first page needs.
    versions = page.evaluate(
        "async (url) => (await fetch(url)).status", f"{instance(page)}-/versions"
    )
    assert versions == 200
    page.goto(f"{instance(page)}-/install")
    expect(page.get_by_role("heading", name="Plugins", exact=True)).to_be_visible()


def test_a_start_that_needs_the_rest_keeps_its_snapshot(page: Page, plugin_site: str) -> None:
    """A plugin there, a file, imports gzip, which no first page needs."""
    opened(page, plugin_site)
    for _ in range(2):
        assert not [one for one in snapshots(page) if one["failures"]]
        restart(page)
        assert starts(page) == [True]
        # So the next start has it from the beginning.
        assert [one["needsRest"] for one in kept_snapshots(page)] == [True]


def test_a_site_may_go_without_snapshots(page: Page, tmp_path: Path) -> None:
    with static_site(build(tmp_path / "plain", snapshots=False)) as site:
        follow(page, link(site, "world/airports", url="data/world.db"))
        wait_for_parts(page)
        for _ in range(2):
            restart(page)
            assert starts(page) == [False]
        assert snapshots(page) == []


def test_a_temporary_instance_uses_none(page: Page, site: str) -> None:
    opened(page, site)
    follow(page, link(site, "_memory", memory="1", temporary="1"))
    assert starts(page)[-1] is False


def test_what_is_deleted_leaves_no_snapshot(page: Page, site: str) -> None:
    opened(page, site)
    address = page.url
    page.goto(f"{site}saved.html")
    page.get_by_role("button", name="Delete all").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Nothing is saved here yet")).to_be_visible()
    assert snapshots(page) == []
    page.goto(address)
    wait_for_datasette(page)
    kept_snapshots(page)
