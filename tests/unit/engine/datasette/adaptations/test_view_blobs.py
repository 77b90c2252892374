"""Binary values of views are shown, and can be downloaded; the engine is run in CPython."""

from __future__ import annotations

import asyncio
import html
import re
import sqlite3
from pathlib import Path

from tests.support.instances import BASE, Opened
from tests.support.wire import head


def make(connection: sqlite3.Connection) -> None:
    connection.executescript(
        "create table t (id integer primary key, a, b);"
        "insert into t values (1, 'x', x'00ff'), (2, 'y', x'01'), (3, 'z', null);"
        "create view v as select a, b from t order by id"
    )


def test_a_view_with_binary_values(tmp_path: Path) -> None:
    async def story() -> None:
        opened = Opened(tmp_path, make)
        await opened.instance.open(memory=False)
        page = await opened.get("data/v")
        assert page.status == 200
        links = re.findall(rb'class="blob-download" href="[^"]*/(data/[^"]*)"', page.body)
        assert len(links) == 2
        path, _, query = html.unescape(links[1].decode()).partition("?")
        value = await opened.ask(head(path=f"{BASE}{path}", query_string=query))
        assert (value.status, value.body) == (200, b"\x01")
        csv = await opened.get("data/v.csv")
        assert csv.status == 200 and b"_blob_hash" in csv.body
        # Rows of tables have pages, and their links stay what they were.
        table = await opened.get("data/t")
        assert b"/data/t/1.blob?_blob_column=b" in table.body
        await opened.instance.close()

    asyncio.run(story())
