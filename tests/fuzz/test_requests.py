"""Requests of any kind to an instance: none ends in an error that nobody foresaw, or takes long."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fuzzing import pieces_of, watched
from tests.support.instances import BASE, Opened, opened
from tests.support.wire import head


def fill(connection: sqlite3.Connection) -> None:
    connection.executescript(
        """
        create table t (id integer primary key, a text, b);
        create table u (x, y, primary key (x, y));
        create view v as select * from t; create virtual table f using fts5 (a, content='t');
        insert into t values (1, 'x', null), (2, '["p", "q"]', x'00ff'), (3, '{', 1.5);
        insert into u values ('a/b', '1,2'), (null, '');
        """
    )


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[asyncio.Runner, Opened]]:
    """Yield an instance, and what runs it."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        yield runner, runner.run(opened(Path(folder), fill))


SEGMENTS = st.one_of(
    st.sampled_from(
        [
            *(
                "data",
                "t",
                "u",
                "v",
                "f",
                "_internal",
                "_memory",
                "1",
                "2",
                "a~2Fb,1~2C2",
                ",",
                "-",
            ),
            *("-/query", "-/insert", "-/upsert", "-/create", "-/drop", "-/update", "-/delete"),
            *("-/actor.json", "-/plugins", "-/settings", "-/sql", "-/schema", "-/autocomplete"),
            *("-/permissions", "-/allowed", "-/check", "-/rules", "-/tables", "-/messages"),
            *("-/create-token", "-/logout", "-/patterns", "-/jump", "-/metadata", "-/alter"),
            *("t.json", "t.csv", "t.blob", "1.blob", "data.db", "-/execute-write", "-/queries"),
            *("-/sources", "-/install", "-/set-column-type", "-/foreign-key-suggestions"),
            *("-/row-edits/undo", "-/row-edits/last.json"),
            *("~", "~2F", "~ZZ", "..", "%00", "%ff", "t~20x", "-/static/app.css", "-/insert.json"),
        ]
    ),
    st.text(max_size=6).map(lambda text: quote(text, safe="~")),
)
VALUES = st.one_of(
    st.sampled_from(
        [
            *(
                "1",
                "0",
                "-1",
                "t",
                "a",
                "b",
                "x",
                "on",
                "max",
                "all",
                "select 1",
                "1e999",
                "9" * 30,
            ),
            *(
                "select * from t",
                "select :a",
                "with x as (",
                '["a"]',
                "{}",
                '{"a": 1}',
                "\x00",
                "\ud800",
            ),
            *(
                "select 1; select 2",
                "[" * 300,
                "a,b",
                "id",
                "rowid",
                "date",
                "array",
                "json",
                "_all",
            ),
            *(
                "https://a.test/",
                "//a.test",
                "explain select 1",
                "pragma x",
                "%",
                "_",
                "/*",
                "'",
                '"',
            ),
        ]
    ),
    pieces_of("select ", "a", " ", "'", "--\n", "/*", "*/", ",", "(", ")", ":x", most=8),
)
NAMES = st.one_of(
    st.sampled_from(
        [
            *("sql", "a", "b", "_facet", "_facet_array", "_facet_date", "_facet_size", "_size"),
            *("_sort", "_sort_desc", "_next", "_search", "_search_a", "_where", "_through", "_col"),
            *("_nocol", "_shape", "_extra", "_json", "_json_infinity", "_labels", "_trace", "_ttl"),
            *("_stream", "_dl", "_header", "_blob_column", "_blob_hash", "_timelimit", "_nl", "q"),
            *("a__contains", "a__in", "a__gt", "a__date", "b__arraycontains", "id__exact", "a__x"),
            *(
                "_filter_column",
                "_filter_op",
                "_filter_value",
                "_group",
                "_searchmode",
                "_notblank",
            ),
            *(
                "action",
                "parent",
                "child",
                "_internal",
                "name",
                "title",
                "csrftoken",
                "actor",
                "term",
            ),
        ]
    ),
    st.text(max_size=5),
)


def form(pairs: list[tuple[str, str]]) -> str:
    """Return pairs as a query string."""

    def escaped(text: str) -> str:
        return quote(text.encode("utf-8", "surrogatepass"), safe="")

    return "&".join(f"{escaped(name)}={escaped(value)}" for name, value in pairs)


QUERIES = st.lists(st.tuples(NAMES, VALUES), max_size=5).map(form)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    VALUES,
    st.lists(st.integers(), max_size=2),
)
KEYS = st.sampled_from(["id", "a", "b", "x", "y", "table", "row", "rows", "columns", "pk", "pks"])
KEYS |= st.sampled_from(["name", "type", "ignore", "replace", "alter", "return", "update", "sql"])
BODIES = st.recursive(
    CELLS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5)
)
PATHS = st.lists(SEGMENTS, max_size=4).map("/".join)


def check(served: tuple[asyncio.Runner, Opened], request: object, body: bytes = b"") -> None:
    """Make a request, and look at its answer."""
    runner, instance = served
    with watched():
        answer = runner.run(instance.ask(request, body))  # type: ignore[arg-type]
    assert answer.error == "", answer.details
    assert answer.status < 500, answer.body[-3000:]


@given(method=st.sampled_from(["GET", "GET", "GET", "HEAD", "OPTIONS"]), path=PATHS, query=QUERIES)
def test_reading(served: tuple[asyncio.Runner, Opened], method: str, path: str, query: str) -> None:
    check(served, head(method, f"{BASE}{path}", query_string=query))


@given(path=PATHS, query=QUERIES, pairs=st.lists(st.tuples(NAMES, VALUES), max_size=5))
def test_forms(
    served: tuple[asyncio.Runner, Opened], path: str, query: str, pairs: list[tuple[str, str]]
) -> None:
    kind = ("content-type", "application/x-www-form-urlencoded")
    headers = [kind, ("sec-fetch-site", "same-origin")]
    request = head("POST", f"{BASE}{path}", query_string=query, headers=headers)
    check(served, request, form(pairs).encode())


@given(
    method=st.sampled_from(["POST", "POST", "PUT", "PATCH", "DELETE"]),
    path=st.one_of(
        PATHS,
        st.sampled_from(
            [
                *("data/t/-/insert", "data/t/-/upsert", "data/-/create", "data/t/1/-/update"),
                *("data/u/-/insert", "data/u/a~2Fb,1~2C2/-/update", "data/t/-/alter"),
                *("data/t/-/set-column-type", "data/-/execute-write", "data/-/queries/store"),
                "-/row-edits/undo",
            ]
        ),
    ),
    body=st.one_of(BODIES.map(json.dumps).map(str.encode), st.binary(max_size=30)),
)
def test_json(served: tuple[asyncio.Runner, Opened], method: str, path: str, body: bytes) -> None:
    headers = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")]
    check(served, head(method, f"{BASE}{path}", headers=headers), body)
