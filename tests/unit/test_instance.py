"""Tests of engine.instance: sources become databases, and Datasette serves them."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from engine.asgi import RequestHead
from engine.errors import SourceError
from engine.instance import Instance
from engine.options import Request

BASE = "/some/sub/path/app/@key/"


class Answer:
    """An answer, and a request without a body."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""

    async def read(self) -> bytes | None:
        return None

    def whole(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.body = status, body

    def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.status = status

    def write(self, chunk: bytes) -> None:
        self.body += chunk

    async def room(self) -> bool:
        return True

    def end(self) -> None:
        pass

    def fail(self, message: str, details: str) -> None:
        raise AssertionError(f"{message}\n{details}")

    async def closed(self) -> None:
        await asyncio.Event().wait()


async def get(instance: Instance, path: str) -> Answer:
    answer = Answer()
    head = RequestHead("GET", "http", "localhost:8001", f"{BASE}{path}", "", [], False)
    await instance.handle(head, answer, answer)
    return answer


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


def test_a_bad_source_is_named(instance: Instance, downloads: Path) -> None:
    with pytest.raises(SourceError, match="https://a.test/x.db is not a SQLite database"):
        asyncio.run(add(instance, downloads, "url", "https://a.test/x.db", b"no"))
