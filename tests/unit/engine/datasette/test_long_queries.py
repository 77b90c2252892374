"""Queries that take long run in the background until they are done, cancelled or over a limit."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from datasette.app import Datasette
from datasette.database import QueryInterrupted
from datasette.plugins import pm

from engine.datasette import long_queries, running_queries, site
from engine.datasette.adaptations import sqlite_limits
from engine.sqlite import faults
from plugins import root
from plugins import running_queries as plugin
from tests.support.stories import Story, tell_on

TEMPLATES = Path(plugin.__file__).parent / "templates"

ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
LONG = ENDLESS.replace("from n)", "from n where i < cast(:most as integer))")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table goods as select 1 as id")
    return path


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Datasette end every query, whatever time it takes on this machine."""

    async def interrupted(self: Datasette, db_name: str, sql: str, params: Any, **_: Any) -> None:
        raise QueryInterrupted(sqlite3.OperationalError("interrupted"), sql, params)

    monkeypatch.setattr(long_queries, "_plain_execute", interrupted)


def suspend(seconds: float) -> None:
    """Stand in for what only a browser can do: here nobody else runs meanwhile."""


def tell(database: Path, story: Story, **config: Any) -> None:
    """Run a story on a Datasette."""
    sqlite_limits.install()
    long_queries.install()
    for one in (plugin, root):
        pm.register(one, name=one.__name__)
    datasette = Datasette(
        [str(database)],
        settings={"num_sql_threads": 0},
        config=config,
        template_dir=str(TEMPLATES),
    )

    tell_on(datasette, story)


def address(sql: str, format: str = "", **parameters: Any) -> str:
    return f"/shop/-/query{format}?{urlencode({'sql': sql, **parameters})}"


@pytest.fixture
def _can_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "pause", lambda: suspend)


@pytest.mark.usefixtures("_can_pause")
def test_a_long_query_gets_a_page_and_then_its_result(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        page = await datasette.client.get(address(LONG, most=10_000))
        assert (page.status_code, "The query is running" in page.text) == (200, True)
        [status] = re.findall('data-status="([^"]*)"', page.text)
        while (answer := (await datasette.client.get(status)).json())["running"]:
            await asyncio.sleep(0.01)
        assert answer["seconds"] > 0
        page = await datasette.client.get(address(LONG, most=10_000))
        assert "10000</td>" in page.text
        # The result was for that request.
        page = await datasette.client.get(address(LONG, most=10_000))
        assert "The query is running" in page.text

    tell(database, story)


@pytest.mark.usefixtures("_can_pause")
def test_json_waits_for_the_result(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get(address(LONG, ".json", most=10_000))
        assert answer.json()["rows"] == [{"max(i)": 10_000}]

    tell(database, story)


def test_a_query_that_somebody_waits_for_is_not_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_queries, "ABANDONED", 0.03)

    class Query(running_queries.RunningQuery):
        signs = 0

        def wanted(self) -> None:
            self.signs += 1

    async def story() -> None:
        query = Query(("shop", "select 1", ()), {}, 60)

        async def run() -> None:
            while query.signs < 3:
                await asyncio.sleep(0)
            query.ended = 1.0

        query.task = asyncio.create_task(run())
        await asyncio.wait_for(long_queries._ended(query), 30)

    asyncio.run(story())


@pytest.mark.usefixtures("_can_pause")
def test_a_cancelled_query_stays_in_the_editor(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(datasette: Datasette) -> None:
        page = await datasette.client.get(address(ENDLESS))
        [status] = re.findall('data-status="([^"]*)"', page.text)

        # Whatever asks while the query is suspended.
        monkeypatch.setattr(
            running_queries.RunningQuery, "_is_over", cancelling(long_queries.queries_of(datasette))
        )
        while (await datasette.client.get(status)).json()["running"]:
            await asyncio.sleep(0.01)
        page = await datasette.client.get(address(ENDLESS))
        assert re.search("You cancelled this query after [01] seconds?", page.text)
        assert '<textarea id="sql-editor" name="sql"' in page.text
        assert "union all select i + 1" in page.text

    tell(database, story)


def cancelling(queries: running_queries.RunningQueries) -> Callable[[Any], bool]:
    plain = running_queries.RunningQuery._is_over

    def is_over(query: running_queries.RunningQuery) -> bool:
        query.cancel()
        return plain(query)

    return is_over


@pytest.mark.usefixtures("_can_pause")
@pytest.mark.parametrize(
    ("name", "words"),
    [("LIMIT", "stopped after 0 seconds, the longest"), ("ABANDONED", "no page was waiting")],
)
def test_a_query_does_not_run_for_ever(
    database: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    for module in (running_queries, long_queries):
        monkeypatch.setattr(module, name, 0.1, raising=False)

    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get(address(ENDLESS, ".json"))
        assert words in answer.json()["error"]

    tell(database, story)


def test_without_suspending_the_limit_is_short(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(datasette: Datasette) -> None:
        page = await datasette.client.get(address(LONG, most=10_000))
        assert "10000</td>" in page.text
        monkeypatch.setattr(long_queries, "LIMIT_WITHOUT_PAUSES", 0.1)
        page = await datasette.client.get(address(ENDLESS))
        assert "This query was stopped after 0 seconds" in page.text

    tell(database, story)


@pytest.mark.usefixtures("_can_pause")
def test_a_limit_in_the_configuration_counts(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        page = await datasette.client.get(address(ENDLESS))
        assert "sql_time_limit_ms" in page.text

    tell(database, story, settings={"sql_time_limit_ms": 60_000})


@pytest.mark.usefixtures("_can_pause")
def test_an_unknown_id_is_of_no_running_query(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get(f"{plugin.PATH}/nothing.json?cancel=on")
        assert answer.json() == {"running": False}

    tell(database, story)


def test_a_refused_query_stays_in_the_editor(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        page = await datasette.client.get(address("delete from goods where id = 1"))
        assert (page.status_code, "Statement must be a SELECT" in page.text) == (400, True)
        assert "delete from goods where id = 1</textarea>" in page.text
        for format in (".json", ".csv"):
            answer = await datasette.client.get(address("delete from goods", format))
            assert (answer.status_code, "must be a SELECT" in answer.text) == (400, True)

    tell(database, story)


@pytest.mark.usefixtures("_can_pause")
def test_a_database_that_cannot_be_copied_has_datasettes_limit(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []

    async def interrupted(self: Datasette, db_name: str, sql: str, *_: Any, **options: Any) -> None:
        limits.append(options.get("custom_time_limit"))
        raise QueryInterrupted(sqlite3.OperationalError("interrupted"), sql, {})

    monkeypatch.setattr(long_queries, "_plain_execute", interrupted)
    monkeypatch.setattr(faults, "is_read_by_block", lambda path: path == database)

    async def story(datasette: Datasette) -> None:
        page = await datasette.client.get(address(ENDLESS))
        assert "SQL Interrupted" in page.text
        assert limits == [None]

    tell(database, story)


def test_the_page_of_a_stored_query_that_writes_is_no_error(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        sql = "delete from goods where id = 1"
        await datasette.add_query("shop", "clear", sql, is_write=True, source="user")
        page = await datasette.client.get("/shop/clear")
        assert (page.status_code, sql in page.text) == (200, True)

    tell(database, story)
