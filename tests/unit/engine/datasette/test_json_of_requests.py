"""Deeply nested JSON that Datasette itself parses: of requests, and in cells."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.datasette.adaptations import json_depth
from tests.support.instances import opened
from tests.support.wire import head

DEEP = "[" * 100_000 + "]" * 100_000
HEADERS = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")]


def fill(connection: sqlite3.Connection) -> None:
    connection.execute("create table t (id integer primary key, a text)")
    connection.executemany("insert into t (a) values (?)", [["[" * 900 + "]" * 900]] * 5)


@pytest.mark.parametrize(
    "path", ["data/t/-/insert", "data/t/-/upsert", "data/-/create", "data/t/1/-/update"]
)
def test_deep_json_is_an_error_of_the_request(tmp_path: Path, path: str) -> None:
    async def story() -> Any:
        request = head("POST", f"/app/{path}", headers=HEADERS)
        return await (await opened(tmp_path, fill)).ask(request, DEEP.encode())

    answer = asyncio.run(story())
    assert answer.status == 400
    assert "nested deeper than 200 levels" in json.loads(answer.body)["errors"][0]


def test_deep_json_in_cells_is_text(tmp_path: Path) -> None:
    async def story() -> Any:
        return await (await opened(tmp_path, fill)).get("data/t")

    answer = asyncio.run(story())
    assert answer.status == 200 and b"_facet_array" not in answer.body


@pytest.mark.parametrize("text", ["[" * 201 + "]" * 201, '{"a":' * 300 + "1" + "}" * 300, DEEP])
def test_parsers_say_what_is_wrong(text: str) -> None:
    json_depth.install()
    json_depth.install()
    with pytest.raises(json.JSONDecodeError, match="nested deeper than 200 levels"):
        json.loads(text)
    with pytest.raises(json.JSONDecodeError, match="nested deeper than 200 levels"):
        json.loads(text.encode())
    assert json.loads(json.dumps([text, "[" * 500])) == [text, "[" * 500]
