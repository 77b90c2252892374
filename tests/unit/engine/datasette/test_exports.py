"""Tests of plugins/exports.py: downloads contain exactly the data."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.plugins import pm

from engine.datasette import all_rows
from engine.datasette.adaptations import base_url, file_names
from engine.datasette.copies import snapshot
from engine.datasette.downloads import content_disposition
from engine.sqlite import faults
from plugins import exports, root, row_exports
from tests.support.stories import Story, tell_on

ODD = "Ünï #1? 50%.x"


@pytest.fixture(autouse=True)
def _plugins() -> Iterator[None]:
    for plugin in (exports, row_exports, root):
        pm.register(plugin, name=plugin.__name__)
    yield
    for plugin in (exports, row_exports, root):
        pm.unregister(plugin)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript(
            """
            create table goods (id integer primary key, name text, price real, picture blob);
            insert into goods values (1, 'Mug "é"', 3.5, x'00ff'), (2, null, 1e999, null);
            create table log (line);
            create view cheap as select name, price from goods where price < 10;
            with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500)
            insert into log select 'line ' || i from n;
            """
        )
    with closing(sqlite3.connect(tmp_path / f"{ODD}.db")) as connection:
        connection.execute("create table t (a)")
    return tmp_path


def tell(folder: Path, story: Story, **options: Any) -> None:
    """Run a story on a Datasette with the databases in a folder."""
    base_url.install()
    file_names.install()
    options.setdefault("settings", {"num_sql_threads": 0, "base_url": "/app/"})
    datasette = Datasette(sorted(map(str, folder.glob("*.db"))), memory=True, **options)

    tell_on(datasette, story)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_database_is_downloaded_whole(folder: Path) -> None:
    async def story(datasette: Datasette) -> None:
        for name, path in (("shop", "shop"), (ODD, "~C3~9Cn~C3~AF+~231~3F+50~25~2Ex")):
            answer = await datasette.client.get(f"/-/download/{path}.db")
            assert answer.status_code == 200
            file = (folder / f"{name}.db").read_bytes()
            assert answer.content == file
            assert answer.headers["content-length"] == str(len(file))
            assert answer.headers["content-disposition"] == content_disposition(f"{name}.db")

    tell(folder, story)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nothing.db", "Database not found"),
        ("_memory.db", "The database _memory exists only in memory, so there is no file of it."),
        ("shop", "Database not found"),
        ("shop.db.db", "Database not found"),
        ("..~2Fsecret.db", "Database not found"),
    ],
)
def test_what_cannot_be_downloaded_is_not_found(folder: Path, path: str, message: str) -> None:
    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get(f"/-/download/{path}")
        assert answer.status_code == 404
        assert message in answer.text
        assert "content-disposition" not in answer.headers

    tell(folder, story)


def test_all_databases_are_in_the_zip_file(folder: Path) -> None:
    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get("/-/download.zip")
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            assert set(archive.namelist()) == {"shop.db", f"{ODD}.db"}
            for name in archive.namelist():
                assert archive.read(name) == (folder / name).read_bytes()

    tell(folder, story)


def test_a_database_that_is_read_by_block_is_not_offered(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "is_read_by_block", lambda path: path.name == "shop.db")

    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get("/-/download.zip")
        assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist() == [f"{ODD}.db"]
        assert "/-/download/shop" not in (await datasette.client.get("/shop")).text

    tell(folder, story)


def test_permissions_are_those_of_datasette(folder: Path) -> None:
    async def story(datasette: Datasette) -> None:
        assert (await datasette.client.get("/-/download/shop.db")).status_code == 403
        assert (await datasette.client.get("/-/download.zip")).status_code == 404
        assert (await datasette.client.get("/shop/goods.ndjson")).status_code == 403
        page = await datasette.client.get("/")
        assert "download.zip" not in page.text

    pm.unregister(root)
    try:
        tell(folder, story, config={"allow": False})
    finally:
        pm.register(root, name=root.__name__)


def test_downloads_can_be_switched_off(folder: Path) -> None:
    async def story(datasette: Datasette) -> None:
        assert (await datasette.client.get("/-/download/shop.db")).status_code == 403
        assert "Download" not in (await datasette.client.get("/shop")).text

    tell(folder, story, settings={"num_sql_threads": 0, "allow_download": False})


@pytest.mark.parametrize("moment", [all_rows.MOMENT, 0.0], ids=["at once", "from a copy"])
@pytest.mark.parametrize(
    ("path", "sql"),
    [
        ("shop/cheap.ndjson", "select * from cheap"),
        ("shop/log.ndjson", "select rowid, line from log"),
        ("shop/log.ndjson?_size=3&_next=20", "select rowid, line from log"),
        (
            "shop/log.ndjson?line__endswith=0&_sort_desc=line&_facet=line",
            "select rowid, line from log where line like '%0' order by line desc",
        ),
        (
            "shop/-/query.ndjson?sql=select+line+from+log+where+rowid+>+:n&n=100",
            "select line from log where rowid > 100",
        ),
        ("_memory/-/query.ndjson?sql=select+1+as+a", "select 1 as a"),
    ],
)
def test_ndjson_has_all_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch, moment: float, path: str, sql: str
) -> None:
    monkeypatch.setattr(all_rows, "MOMENT", moment)
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        connection.row_factory = sqlite3.Row
        expected = [dict(row) for row in connection.execute(sql)]

    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get(f"/{path}")
        assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
        assert "link" not in answer.headers
        assert lines(answer.text) == expected

    tell(folder, story)


def test_ndjson_has_what_json_has_no_words_for(folder: Path) -> None:
    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get("/shop/goods.ndjson")
        picture = {"$base64": True, "encoded": "AP8="}
        assert lines(answer.text) == [
            {"id": 1, "name": 'Mug "é"', "price": 3.5, "picture": picture},
            {"id": 2, "name": None, "price": None, "picture": None},
        ]

    tell(folder, story)


def test_ndjson_of_a_stored_query_and_of_a_row(folder: Path) -> None:
    async def story(datasette: Datasette) -> None:
        sql = "select id from goods where id > :than and :_actor_id = 'root'"
        await datasette.add_query("shop", "larger", sql, source="user", owner_id="root")
        answer = await datasette.client.get("/shop/larger.ndjson?than=1")
        assert lines(answer.text) == [{"id": 2}]
        answer = await datasette.client.get("/shop/goods/2.ndjson")
        assert [row["id"] for row in lines(answer.text)] == [2]

    tell(folder, story)


def test_wrong_sql_is_told(folder: Path) -> None:
    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get("/shop/-/query.ndjson?sql=select+nothing")
        assert answer.status_code == 400
        assert "syntax error" in answer.text

    tell(folder, story)


def test_menus_lead_to_the_downloads(folder: Path) -> None:
    async def story(datasette: Datasette) -> None:
        for page, href in {
            "/": "/app/-/download.zip",
            "/shop": "/app/-/download/shop.db",
            "/shop/goods": "/app/shop/goods.ndjson",
            "/shop/goods?id__gt=1&_facet=name": "/app/shop/goods.ndjson?id__gt=1",
            "/shop/cheap": "/app/shop/cheap.ndjson",
            "/shop/-/query?sql=select+1": "/app/shop/-/query.ndjson?sql=select+1",
        }.items():
            answer = await datasette.client.get(page)
            assert f'href="{href}" role="menuitem"' in answer.text, page
        assert "ndjson" not in (await datasette.client.get("/shop/goods/1")).text

    tell(folder, story)


def test_a_copy_is_made_again_when_somebody_writes_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.datasette.copies.PORTION", 4096)
    path = tmp_path / "busy.db"
    writer = sqlite3.connect(path)
    writer.execute("create table numbers (n, filling)")
    writer.executemany("insert into numbers values (0, ?)", [("x" * 3000,)] * 50)
    writer.commit()
    writes = 0
    done = False

    async def write() -> None:
        nonlocal writes
        while not done:
            writer.execute("update numbers set n = n + 1")
            writer.commit()
            writes += 1
            await asyncio.sleep(0)

    async def story() -> None:
        nonlocal done
        writing = asyncio.ensure_future(write())
        async with snapshot(path) as copy:
            done = True
            await writing
            with closing(sqlite3.connect(copy)) as connection:
                check = connection.execute("pragma integrity_check").fetchall()
                numbers = connection.execute("select count(distinct n) from numbers").fetchall()
        assert (check, numbers) == ([("ok",)], [(1,)])
        assert not copy.exists()

    asyncio.run(story())
    writer.close()
    assert writes > 1


def test_a_transaction_of_somebody_else_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "busy.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.executescript("create table t (a); begin exclusive; insert into t values (1)")

    async def commit() -> None:
        writer.execute("commit")

    async def story() -> None:
        committing = asyncio.ensure_future(commit())
        async with snapshot(path) as copy:
            await committing
            with closing(sqlite3.connect(copy)) as connection:
                assert connection.execute("select a from t").fetchall() == [(1,)]

    asyncio.run(story())
    writer.close()
