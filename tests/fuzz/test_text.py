"""Readers of text, given anything: they return something or say in a sentence why not."""

from __future__ import annotations

import asyncio
import json
import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import LiteError
from engine.importing.configuration import read_configuration
from engine.importing.json_depth import loads
from engine.importing.sql_script import run_script, statements
from engine.sqlite.limits import limit
from tests.support.fuzzing import pieces_of, watched

SQL = pieces_of(
    *("select 1", ";", "\n", "'", '"', "`", "[", "]", "--", "/*", "*/", "create table t (a);"),
    *("create trigger x after insert on t begin", "end", "insert into t values (1);", "commit;"),
    *("attach ':memory:' as x;", "pragma user_version=1;", "create view v as ", "drop table t;"),
    *("with recursive n(i) as (select 1 union all select i+1 from n limit 9) ", "randomblob(9)"),
)
YAML = pieces_of(
    *("a:", " ", "\n", "- ", "&a ", "*a", "[", "]", "{", "}", "<<: ", "? ", "| ", "> ", "!!int "),
    *("!!binary ", "!!set ", "!!omap ", "2001-01-01", "1:30", ".nan", "'", '"', "#", "---\n", ","),
    *("databases:\n ", "settings:\n ", "title: x\n", "a: &a\n", "b: *a\n", "0x", "~", "\t"),
)
JSON = pieces_of(
    '{"a":', "[", "]", "}", ",", '"', "\\", "\\u0000", "NaN", "1e999", "null", "0" * 5000
)


@given(SQL)
def test_sql_scripts(script: str) -> None:
    with watched():
        found = list(statements(script))
    assert all(script.startswith(text, start) for start, text in found)
    assert [start for start, _ in found] == sorted({start for start, _ in found})


@given(SQL)
def test_running_sql_scripts(script: str) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    limit(connection)
    with watched():
        try:
            asyncio.run(run_script(script, connection, "x.sql", None))
        except LiteError as error:
            assert error.message and len(error.message) < 2_000
    connection.close()


@given(st.one_of(YAML, JSON).map(str.encode) | st.binary(max_size=200))
def test_configuration(data: bytes) -> None:
    with watched():
        try:
            cleaned = read_configuration(data, "metadata.yaml")
            json.dumps([cleaned.contents, cleaned.whole, cleaned.notes])
        except LiteError as error:
            assert error.message and len(error.message) < 2_000


@given(JSON)
def test_json(text: str) -> None:
    with watched():
        try:
            loads(text)
        except (ValueError, RecursionError) as error:
            assert str(error)
