"""Tests of engine.datasette.instance: sources become databases, and Datasette serves them."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from datasette.plugins import pm

from engine.datasette import site
from engine.datasette.instance import Instance
from engine.errors import LiteError, SourceError
from engine.importing.options import Request
from plugins import root, sources
from tests.support.wire import Wire, head

BASE = "/some/sub/path/app/@key/"


async def get(instance: Instance, path: str) -> Wire:
    wire = Wire()
    await instance.handle(head(path=f"{BASE}{path}"), wire, wire)
    assert wire.error == "", wire.details
    return wire


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(BASE, folder=tmp_path / "instance", plugins=tmp_path / "no-plugins")


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


async def add(instance: Instance, folder: Path, parameter: str, url: str, data: bytes) -> None:
    file = folder / "source"
    file.write_bytes(data)
    request = Request.of({"parameter": parameter, "url": url})
    await instance.add_source(request, file, lambda *_: None)
    assert not file.exists()


def sqlite_bytes(folder: Path, table: str) -> bytes:
    path = folder / "made.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute(f"create table {table} (a)")
    connection.commit()
    connection.close()
    return path.read_bytes()


def test_sources_get_the_names_that_old_links_use(instance: Instance, downloads: Path) -> None:
    async def story() -> None:
        for url in ("https://a.test/x.db", "https://b.test/x.db"):
            await add(instance, downloads, "url", url, sqlite_bytes(downloads, "t"))
        for url in ("https://a.test/t.csv?x=1", "https://b.test/t.csv"):
            await add(instance, downloads, "csv", url, b"a,b\n1,2\n")
        await instance.open(memory=True)
        for path in ("x/t", "x_1/t", "data/t", "data/t_1", "_memory"):
            answer = await get(instance, path)
            assert answer.status == 200, path
        await instance.close()

    asyncio.run(story())


def test_a_database_called_data_keeps_its_name(instance: Instance, downloads: Path) -> None:
    async def story() -> None:
        url = "https://a.test/data.db"
        await add(instance, downloads, "url", url, sqlite_bytes(downloads, "own"))
        await add(instance, downloads, "csv", "https://a.test/t.csv", b"a,b\n1,2\n")
        await instance.open(memory=False)
        for path in ("data/own", "data_1/t"):
            assert (await get(instance, path)).status == 200, path
        await instance.close()

    asyncio.run(story())


def test_an_instance_without_sources_opens(instance: Instance) -> None:
    async def story() -> None:
        await instance.open(memory=False)
        answer = await get(instance, "")
        assert answer.status == 200
        assert f'href="{BASE}-/static/app.css'.encode() in answer.body
        await instance.close()

    asyncio.run(story())


def test_metadata_and_configuration_count_before_and_after_opening(
    instance: Instance, downloads: Path
) -> None:
    async def story() -> None:
        await add(instance, downloads, "csv", "https://a.test/t.csv", b"a\n1\n2\n3\n")
        await add(instance, downloads, "metadata", "https://a.test/m.yaml", b"title: First title")
        await instance.open(memory=False)
        assert b"First title" in (await get(instance, "")).body
        config = b"settings:\n  default_page_size: 2\n"
        await add(instance, downloads, "config", "https://a.test/datasette.yaml", config)
        await add(instance, downloads, "metadata", "m2.json", b'{"title": "Second title"}')
        assert b"Second title" in (await get(instance, "")).body
        assert b"_next=" in (await get(instance, "data/t")).body
        await instance.close()

    asyncio.run(story())


def test_what_is_kept_counts_at_the_next_start(downloads: Path) -> None:
    async def story() -> None:
        folder = downloads / "instance"
        instance = Instance(BASE, folder=folder, plugins=downloads / "no-plugins")
        await add(instance, downloads, "metadata", "metadata.json", b'{"title": "A title"}')
        await add(instance, downloads, "csv", "https://a.test/t.csv", b"a\n1\n")
        await instance.open(memory=False)
        await instance.close()
        (folder / "source-7.import").write_bytes(b"half")
        instance = Instance(BASE, folder=folder, plugins=downloads / "no-plugins")
        await instance.open(memory=False)
        assert b"A title" in (await get(instance, "")).body
        assert (await get(instance, "data/t")).status == 200
        assert instance.source("2")["url"] == "https://a.test/t.csv"
        with pytest.raises(LiteError, match="no source '9'"):
            instance.source("9")
        assert not (folder / "source-7.import").exists()
        await instance.close()

    asyncio.run(story())


def test_a_database_is_replaced_while_it_is_served(instance: Instance, downloads: Path) -> None:
    async def story() -> None:
        url = "https://a.test/x.db"
        await add(instance, downloads, "url", url, sqlite_bytes(downloads, "old"))
        await add(instance, downloads, "csv", "https://a.test/t.csv", b"a\n1\n")
        await instance.open(memory=False)
        assert (await get(instance, "x/old")).status == 200
        file = downloads / "source"
        file.write_bytes(sqlite_bytes(downloads, "new"))
        again = {"parameter": "url", "url": url, "id": "1"}
        result = await instance.add_source(Request.of(again), file, lambda *_: None)
        assert result["path"] == "x/new"
        assert (await get(instance, "x/new")).status == 200
        assert (await get(instance, "x/old")).status == 404
        assert (await get(instance, "data/t")).status == 200
        await instance.close()

    asyncio.run(story())


def test_pages_are_answered_during_an_import(instance: Instance, downloads: Path) -> None:
    async def story() -> None:
        await add(instance, downloads, "csv", "https://a.test/t.csv", b"a\n1\n")
        await instance.open(memory=False)
        big = b"a,b\n" + b"".join(b"%d,word %d\n" % (n, n) for n in range(100_000))
        work = asyncio.create_task(add(instance, downloads, "csv", "https://a.test/big.csv", big))
        answers = 0
        while not work.done():
            answer = await get(instance, "data/t")
            assert answer.status == 200
            answers += not work.done()
        await work
        assert answers >= 3
        assert (await get(instance, "data/big")).status == 200
        await instance.close()

    asyncio.run(story())


def test_a_bad_source_is_named(instance: Instance, downloads: Path) -> None:
    with pytest.raises(SourceError, match="https://a.test/x.db is not a SQLite database"):
        asyncio.run(add(instance, downloads, "url", "https://a.test/x.db", b"no"))


def test_html_of_a_link_is_shown_only_as_it_was_when_it_was_allowed(
    instance: Instance, downloads: Path
) -> None:
    url = "https://a.test/m.json"

    def html(text: str) -> bytes:
        return f'{{"title": "T", "description_html": "<i>{text}</i>"}}'.encode()

    async def story() -> None:
        await add(instance, downloads, "metadata", url, html("allowed"))
        [item] = instance.code_in_configuration()
        assert (item["value"], item["parts"]) == (url, ["description_html"])
        # The address alone says nothing.
        await instance.open(False, [url, "0" * 64])
        assert b"<i>" not in (await get(instance, "")).body
        await instance.open(False, [item["digest"]])
        assert b"<i>allowed</i>" in (await get(instance, "")).body
        # Loaded again it is another.
        await add(instance, downloads, "metadata", url, html("changed"))
        assert instance.code_in_configuration()[-1]["digest"] != item["digest"]
        assert b"changed" not in (await get(instance, "")).body

    asyncio.run(story())


def test_a_database_that_was_left_out_is_served_once_it_is_loaded_again(
    instance: Instance, downloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(path: Path, known: object) -> None:
        raise LiteError("x.db has changed.")

    async def story() -> None:
        plugins = [root, sources]
        for one in plugins:
            pm.register(one, name=one.__name__)
        try:
            await add(
                instance, downloads, "url", "https://a.test/x.db", sqlite_bytes(downloads, "t")
            )
            with monkeypatch.context() as patch:
                patch.setattr("engine.datasette.instance.rebuild_indexes", changed)
                await instance.open(memory=False)
            assert set(instance.left_out) == {"x"}
            page = (await get(instance, "-/sources")).body.decode()
            assert "This database could not be opened." in page
            assert 'data-lite-reload="1"' in page
            file = downloads / "source"
            file.write_bytes(sqlite_bytes(downloads, "newer"))
            request = Request.of({"parameter": "url", "url": "https://a.test/x.db", "id": "1"})
            await instance.add_source(request, file, lambda *_: None)
            assert (await get(instance, "x/newer")).status == 200
            page = (await get(instance, "-/sources")).body.decode()
            assert "could not be opened" not in page
        finally:
            for one in plugins:
                pm.unregister(one)
            await instance.close()
            site.folder = None

    asyncio.run(story())
