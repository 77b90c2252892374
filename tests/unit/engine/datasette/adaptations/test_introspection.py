"""Columns whose names are not UTF-8, which Datasette cannot name in its queries."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

from tests.support.instances import Opened

NOTE = "1 column is left out here, since its name is not valid UTF-8."


def _opened(folder: Path) -> Opened:
    """Return an instance whose tables t and u have columns with a damaged name."""

    def fill(connection: sqlite3.Connection) -> None:
        connection.executescript("""
            create table t (id integer primary key, naXme text, b text);
            insert into t values (1, 'v', 'w');
            create table u (paXk text primary key, z);
            insert into u values ('k', 5);
            create view v as select * from t;
            create table real ("a\ufffdb");
            insert into real values ('x');
        """)

    opened = Opened(folder, fill)
    path = folder / "instance" / "databases" / "data.db"
    data = path.read_bytes().replace(b"naXme", b"na\xffme").replace(b"paXk", b"pa\xffk")
    path.write_bytes(data)
    return opened


def test_a_column_whose_name_is_damaged_is_left_out_and_told(tmp_path: Path) -> None:
    async def story() -> None:
        opened = _opened(tmp_path)
        await opened.instance.open(memory=False)

        async def rows(table: str) -> object:
            return json.loads((await opened.get(f"data/{table}.json")).body)["rows"]

        assert await rows("t") == [{"id": 1, "b": "w"}]
        assert await rows("u") == [{"rowid": 1, "z": 5}]
        assert (await opened.get("data/t.csv")).body == b"id,b\r\n1,w\r\n"
        for table in ("t", "u", "v"):
            page = await opened.get(f"data/{table}")
            assert page.status == 200
            assert NOTE in page.body.decode()
        # Datasette selects all columns of a row, and SQLite cannot tell their names.
        row = (await opened.get("data/t/1")).body.decode()
        assert "A column of it has a name that is not valid UTF-8" in row

    asyncio.run(story())


def test_a_name_with_a_replacement_character_is_no_damaged_one(tmp_path: Path) -> None:
    async def story() -> None:
        opened = _opened(tmp_path)
        await opened.instance.open(memory=False)
        rows = json.loads((await opened.get("data/real.json")).body)["rows"]
        assert rows == [{"rowid": 1, "a\ufffdb": "x"}]
        assert "left out here" not in (await opened.get("data/real")).body.decode()

    asyncio.run(story())


def test_a_message_of_sqlite_that_is_no_text(tmp_path: Path) -> None:
    """A damaged byte in the name of a module is part of the message, which Python cannot decode."""
    path = tmp_path / "instance" / "databases" / "bad.db"
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.executescript("create table t (a); create virtual table f using fts5 (a)")
    connection.close()
    path.write_bytes(path.read_bytes().replace(b"using fts5", b"using \xe6ts5"))

    async def story() -> None:
        opened = Opened(tmp_path, lambda connection: connection.execute("create table x (y)"))
        await opened.instance.open(memory=False)
        for page in ("", "bad", "bad/t", "data"):
            assert (await opened.get(page)).status == 200, page
        await opened.instance.close()

    asyncio.run(story())
