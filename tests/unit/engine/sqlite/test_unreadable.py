"""A table that cannot be read does not affect its database and the other tables."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from datasette.plugins import pm

from engine.datasette.instance import Instance
from engine.importing.options import Request
from engine.sqlite.unreadable import reason_of
from tests.support.app_databases import APPS
from tests.support.wire import Wire, head

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"


@pytest.fixture(autouse=True)
def _plugins_are_gone_afterwards() -> Iterator[None]:
    """Datasette keeps plugins for the whole process, and other tests are about itself."""
    before = set(pm.get_plugins())
    yield
    for plugin in set(pm.get_plugins()) - before:
        pm.unregister(plugin)


async def get(instance: Instance, path: str) -> Wire:
    path, _, query = path.partition("?")
    wire = Wire()
    await instance.handle(head(path=f"/app/{path}", query_string=query), wire, wire)
    assert wire.error == "", wire.details
    return wire


async def add(instance: Instance, file: Path, name: str, content: bytes) -> dict[str, object]:
    file.write_bytes(content)
    request = Request.of({"parameter": "url", "url": name})
    return await instance.add_source(request, file, lambda *_: None)


def start(folder: Path) -> Instance:
    return Instance("/app/", folder=folder / "instance", plugins=PLUGINS)


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("is_served", [True, False], ids=["dropped", "linked"])
def test_what_is_missing_is_explained_on_its_own_page(
    tmp_path: Path, app: str, is_served: bool
) -> None:
    make, readable, unreadable = APPS[app]

    async def story() -> None:
        instance = start(tmp_path)
        if is_served:
            await instance.open(memory=False)
        await add(instance, tmp_path / "source", f"{app}.db", make(tmp_path / "made.db"))
        if not is_served:
            await instance.open(memory=False)
        for _ in range(2):  # as well after a restart
            for page in ("", app, f"{app}/-/schema"):
                assert (await get(instance, page)).status == 200, page
            for table, rows in readable.items():
                answer = await get(instance, f"{app}/{table}.json?_extra=count")
                assert json.loads(answer.body)["count"] == rows, table
                assert (await get(instance, f"{app}/{table}")).status == 200, table
            for table, word in unreadable.items():
                answer = await get(instance, f"{app}/{table}")
                assert answer.status == 200
                assert b"cannot be read here" in answer.body
                assert word.encode() in answer.body
                answer = await get(instance, f"{app}/{table}.json")
                assert answer.status == 400
                assert word in json.loads(answer.body)["error"]
            await instance.close()
            instance = start(tmp_path)
            await instance.open(memory=False)
            assert instance.left_out == {}
        archive = zipfile.ZipFile(BytesIO((await get(instance, "-/download.zip")).body))
        (tmp_path / "copy.db").write_bytes(archive.read(f"{app}.db"))
        with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
            names = {name for (name,) in copy.execute("select name from sqlite_master")}
        assert names >= {*readable, *unreadable}
        await instance.close()

    asyncio.run(story())


def test_only_searching_fails_where_a_tokenizer_is_missing(tmp_path: Path) -> None:
    make, *_ = APPS["ios"]

    async def story() -> None:
        instance = start(tmp_path)
        await add(instance, tmp_path / "source", "ios.db", make(tmp_path / "made.db"))
        await instance.open(memory=False)
        assert b"hello" in (await get(instance, "ios/notes")).body
        answer = await get(instance, "ios/notes?_search=hello")
        assert answer.status == 400
        assert "needs the tokenizer “apple_nl”".encode() in answer.body
        await instance.close()

    asyncio.run(story())


def test_a_table_says_that_it_is_compared_in_another_order(tmp_path: Path) -> None:
    make, *_ = APPS["android"]

    async def story() -> None:
        instance = start(tmp_path)
        await instance.open(memory=False)
        added = await add(instance, tmp_path / "source", "a.db", make(tmp_path / "made.db"))
        assert "LOCALIZED" in str(added["notes"])
        contacts = (await get(instance, "a/contacts")).body.decode()
        assert "REINDEX &#34;LOCALIZED&#34; and REINDEX &#34;PHONEBOOK&#34;" in contacts
        assert "REINDEX" not in (await get(instance, "a/messages")).body.decode()
        await instance.close()

    asyncio.run(story())


def test_a_table_whose_index_cannot_be_read_says_that_it_is_not_searched(tmp_path: Path) -> None:
    make, *_ = APPS["ios"]

    async def story() -> None:
        instance = start(tmp_path)
        await instance.open(memory=False)
        await add(instance, tmp_path / "source", "a.db", make(tmp_path / "made.db"))
        notes = (await get(instance, "a/notes")).body.decode()
        assert "cannot be searched here, because of “notes_fts”" in notes
        assert "needs the tokenizer “apple_nl”" in notes
        await instance.close()

    asyncio.run(story())


def test_indexes_of_another_order_are_rebuilt_once(tmp_path: Path) -> None:
    make, *_ = APPS["android"]
    path = tmp_path / "instance" / "databases" / "a.db"

    async def story() -> None:
        instance = start(tmp_path)
        path.write_bytes(make(tmp_path / "made.db"))  # by an earlier version of the site
        await instance.open(memory=False)
        for table, column in [("contacts", "name"), ("contacts", "key"), ("words", "word")]:
            for value in ("b", "A", "c", "D"):
                answer = await get(instance, f"a/{table}.json?{column}={value}")
                assert len(json.loads(answer.body)["rows"]) == 1, (table, column, value)
            rows = json.loads((await get(instance, f"a/{table}.json?_sort={column}")).body)["rows"]
            assert [row[column] for row in rows] == ["A", "D", "b", "c"]
        await instance.close()
        before = path.read_bytes()
        instance = start(tmp_path)
        await instance.open(memory=False)
        await instance.close()
        assert path.read_bytes() == before

    asyncio.run(story())


def test_a_database_that_cannot_be_opened_is_left_out(tmp_path: Path) -> None:
    make, *_ = APPS["wechat"]

    async def story() -> None:
        instance = start(tmp_path)
        await add(instance, tmp_path / "source", "good.db", make(tmp_path / "made.db"))
        (tmp_path / "instance" / "databases" / "bad.db").write_bytes(b"SQLite format 3\0" * 500)
        await instance.open(memory=False)
        assert list(instance.left_out) == ["bad"]
        assert "The database bad could not be opened" in instance.left_out["bad"].message
        assert (await get(instance, "good/message")).status == 200
        assert (await get(instance, "bad")).status == 404
        again = await add(instance, tmp_path / "source", "more.db", make(tmp_path / "made.db"))
        assert again["path"] == "more"
        await instance.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("no such module: spellfix1", "module “spellfix1” of SQLite’s spellfix1 extension"),
        ("unknown tokenizer: icu", "tokenizer “icu” of SQLite’s ICU extension"),
        ("no such tokenizer: mm_cipher", "tokenizer “mm_cipher” of WeChat"),
        ("no such table: main.r_node", "kept in the table “r_node”, which is missing"),
        ("database disk image is malformed", "is damaged"),
    ],
)
def test_reasons_are_sentences(said: str, sentence: str) -> None:
    assert sentence in (reason_of(said) or "")


def test_other_errors_have_no_reason_of_this_kind() -> None:
    assert reason_of("near “from”: syntax error") is None
    assert reason_of("no such table: dogs") is None
