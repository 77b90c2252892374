"""A message that waits for the next page, while something that is streamed is downloaded."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from tests.support.instances import BASE, opened
from tests.support.wire import head

FORM = [
    ("content-type", "application/x-www-form-urlencoded"),
    ("sec-fetch-site", "same-origin"),
]


def test_a_download_leaves_a_message_to_the_next_page(tmp_path: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("create table t as select 1 as a")

    async def story() -> None:
        instance = await opened(tmp_path, fill)
        form = b"message=well+done&message_type=INFO"
        await instance.ask(head("POST", f"{BASE}-/messages", headers=FORM), form)
        download = await instance.get("data/t.csv")
        assert (download.status, b"".join(download.chunks)) == (200, b"rowid,a\r\n1,1\r\n")
        assert b"well done</p>" in (await instance.get("data")).body
        assert b"well done</p>" not in (await instance.get("data")).body

    asyncio.run(story())
