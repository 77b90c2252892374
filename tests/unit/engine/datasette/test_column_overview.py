"""Tests of plugins/columns.py: the overview says what is in the columns, whatever that is."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from datasette.app import Datasette
from datasette.plugins import pm

from engine.datasette.adaptations import base_url
from engine.datasette.column_summary import MOST_COUNTED, ColumnSummary
from engine.datasette.distinct_estimate import DistinctEstimate
from engine.datasette.histogram import MOST_BINS, Histogram
from plugins import columns, root
from tests.support.stories import Story, tell_on

SEEDED = random.Random(1)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            create table goods (id integer primary key, name text, price real, picture blob, odd);
            insert into goods values (1, 'Mug', 3.5, x'00ff', 1), (2, null, 1e999, null, 'x'),
                (3, ' ', -2, x'', x'01'), (4, '<b>Mug</b>', 3.5, null, null);
            create table bare (a text);
            create view cheap as select name, price from goods where price < 10;
            """
        )
    return path


def tell(database: Path, story: Story, *, as_root: bool = True) -> None:
    """Run a story on a Datasette with the plugin and a database."""
    base_url.install()
    pm.register(columns, name="columns")
    if as_root:
        pm.register(root, name="root")
    datasette = Datasette([str(database)], settings={"num_sql_threads": 0, "base_url": "/app/"})

    tell_on(datasette, story)


def test_overview_of_a_table(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        result = (await datasette.client.get("/shop/goods/-/columns.json")).json()
        assert (result["rows"], result["total"], result["complete"]) == (4, 4, True)
        id, name, price, picture, odd = result["columns"]
        assert (id["declared"], id["distinct"], id["min"], id["max"]) == ("INTEGER", 4, 1, 4)
        assert (name["null"], name["blank"], name["distinct"]) == (1, 1, 3)
        assert (name["min"], name["max"]) == (" ", "Mug")
        assert (price["min"], price["max"]) == (-2, "Infinity")
        assert price["frequent"][0] == {"count": 2, "value": 3.5, "text": "3.5", "whole": True}
        assert sum(count for *_, count in price["bins"]) == 3
        assert (picture["null"], picture["bytes"]) == (2, [0, 2])
        assert odd["types"] == {"integer": 1, "text": 1, "blob": 1}

    tell(database, story)


def test_filters_views_and_queries(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        client = datasette.client
        filtered = (await client.get("/shop/goods/-/columns.json?price=3.5&_sort=name")).json()
        assert filtered["rows"] == 2
        view = (await client.get("/shop/cheap/-/columns.json")).json()
        assert [column["name"] for column in view["columns"]] == ["name", "price"]
        query = urlencode({"sql": "select id, id as id from goods where id > :least;", "least": 2})
        result = (await client.get(f"/shop/-/columns.json?{query}")).json()
        assert [column["rows"] for column in result["columns"]] == [2, 2]
        empty = (await client.get("/shop/bare/-/columns.json")).json()
        assert (empty["rows"], [column["name"] for column in empty["columns"]]) == (0, ["a"])

    tell(database, story)


def test_what_cannot_be_summed_up_is_explained(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        for address, status, words in (
            ("/shop/none/-/columns", 404, "Table not found"),
            ("/shop/-/columns", 400, "?sql= is required"),
            ("/shop/-/columns?sql=delete+from+goods", 400, "Statement must be a SELECT"),
            ("/shop/-/columns.json?sql=select+x", 400, "no such column: x"),
            ("/shop/-/columns.json?_stream=on&sql=select+x", 400, "no such column: x"),
        ):
            answer = await datasette.client.get(address)
            assert (answer.status_code, words in answer.text) == (status, True), address

    tell(database, story)


def test_permissions_are_those_of_datasette(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        datasette.config = {
            "databases": {"shop": {"tables": {"goods": {"allow": False}}, "allow_sql": False}}
        }
        for address in ("/shop/goods/-/columns", "/shop/-/columns?sql=select+1"):
            assert (await datasette.client.get(address)).status_code == 403

    tell(database, story, as_root=False)


def test_pages_link_to_the_overview(database: Path) -> None:
    async def story(datasette: Datasette) -> None:
        for page, link in (
            ("/shop/goods?price=3.5&_facet=name", "/app/shop/goods/-/columns?price=3.5"),
            ("/shop/-/query?sql=select+1", "/app/shop/-/columns?sql=select+1"),
        ):
            assert f'href="{link}"' in (await datasette.client.get(page)).text

    tell(database, story)


def test_interim_results_lead_to_the_last(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.datasette.column_overview.INTERVAL", 0)

    async def story(datasette: Datasette) -> None:
        sql = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)"
        query = urlencode({"sql": f"{sql} select i from n"})
        lines = (
            await datasette.client.get(f"/shop/-/columns.json?_stream=on&{query}")
        ).text.splitlines()
        results = [json.loads(line) for line in lines]
        assert len(results) > 1
        assert [one["complete"] for one in results[-2:]] == [False, True]
        assert results[-1] == (await datasette.client.get(f"/shop/-/columns.json?{query}")).json()

    tell(database, story)


def batches(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), 500):
        yield values[start : start + 500]


@pytest.mark.parametrize(
    "numbers",
    [
        [5],
        list(range(1000)),
        [SEEDED.gauss(0, 1e-6) for _ in range(5000)],
        [SEEDED.choice([-(2**63), 2**63 - 1, 0]) for _ in range(1000)],
        [2**63 - 1],
        [1e308, -1e308, 5e-324, 0.0, float("inf")],
    ],
)
def test_histogram_counts_every_finite_number(numbers: list[float]) -> None:
    histogram = Histogram()
    for batch in batches(numbers):
        histogram.add(batch)
    bins = histogram.bins()
    finite = [number for number in numbers if abs(number) != float("inf")]
    assert 0 < len(bins) <= MOST_BINS
    for low, high, count in bins:
        assert count == sum(low <= number < high for number in finite)
    assert sum(count for *_, count in bins) == len(finite)


@pytest.mark.parametrize("kind", ["integers", "texts"])
@pytest.mark.parametrize("size", [100, 5_000, 200_000])
def test_distinct_values_are_estimated(kind: str, size: int) -> None:
    values: list[Any] = list(range(size)) if kind == "integers" else [f"n{i}" for i in range(size)]
    estimate = DistinctEstimate()
    for batch in batches(values * 2):
        estimate.add(batch)
    assert estimate.estimate() == pytest.approx(size, rel=0.1)


def test_frequent_values_are_found_among_many() -> None:
    values = [f"once {i}" for i in range(3 * MOST_COUNTED)] + ["often"] * 3000
    SEEDED.shuffle(values)
    column = ColumnSummary("c")
    for batch in batches(values):
        column.add(batch)
    result = column.result()
    assert (result["frequent"][0]["text"], result["frequent_exact"]) == ("often", False)
    assert result["distinct"] == pytest.approx(3 * MOST_COUNTED, rel=0.1)
    assert result["distinct_exact"] is False


def test_long_values_are_told_apart_and_shortened() -> None:
    column = ColumnSummary("c")
    column.add(["x" * 1000 + "1", "x" * 1000 + "2", "x" * 1000 + "2", b"y" * 1000])
    result = column.result()
    assert result["distinct"] == 3
    assert result["frequent"][0] == {
        "count": 2,
        "value": None,
        "text": "x" * 200 + "…",
        "whole": False,
    }
