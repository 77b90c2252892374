"""Tests of plugins/sources.py with engine.datasette.contents: the page “Manage data” and what it
changes.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.plugins import pm

from engine.datasette import site
from engine.datasette.descriptions import Descriptions
from engine.datasette.instance import Instance
from engine.importing.intake import Intake
from engine.importing.options import Request
from plugins import edited, exports, root, sources
from tests.support.databases import sqlite_file

Story = Callable[[Datasette], Coroutine[Any, Any, None]]

WORLD = "https://a.test/my%20world.db"
PETS = "https://a.test/pets.csv"


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    for plugin in (edited, exports, root, sources):
        pm.register(plugin, name=plugin.__name__)
    yield
    for plugin in (edited, exports, root, sources):
        if pm.is_registered(plugin):
            pm.unregister(plugin)
    site.folder = None


async def _add(instance: Instance, file: Path, content: bytes, **request: Any) -> None:
    file.write_bytes(content)
    await instance.add_source(Request.of(request), file, lambda *progress: True)


@pytest.fixture
def tell(tmp_path: Path) -> Callable[..., None]:
    """Run a story on an instance with a database, a table, and a table in a second start."""

    async def run(*stories: Story) -> None:
        for number, story in enumerate(stories):
            instance = Instance("/app/", tmp_path / "instance", tmp_path / "no-plugins")
            file = tmp_path / "source"
            if number == 0:
                world = sqlite_file(tmp_path, "create table c (a)", "insert into c values (1)")
                origin = {"kind": "link", "url": WORLD, "loadedAt": 1_700_000_000_000, "size": 8192}
                await _add(instance, file, world, parameter="url", url=WORLD, origin=origin)
                origin = {"kind": "link", "url": PETS}
                pets = b"id,name\n1,cat\n2,dog\n"
                await _add(instance, file, pets, parameter="csv", url=PETS, origin=origin)
                origin = {"kind": "file", "file": "notes.csv"}
                options = {"name": "my notes"}
                request = {"parameter": "csv", "url": "notes.csv", "origin": origin}
                await _add(instance, file, b"note\nx\n", options=options, **request)
            await instance.open(memory=False)
            assert instance._datasette is not None
            await story(instance._datasette)
            await instance.close()

    return lambda *stories: asyncio.run(run(*stories))


async def read(datasette: Datasette, path: str = "/-/sources") -> str:
    answer = await datasette.client.get(path)
    assert answer.status_code == 200, path
    return re.sub(r"\s+", " ", answer.text)


async def post(datasette: Datasette, path: str, **data: str) -> str:
    """Send a form; return the message on the page that it leads to, or that refuses it."""
    answer = await datasette.client.post(f"/-/sources/{path}", data=data)
    if answer.status_code == 302:
        assert answer.headers["location"] == "/app/-/sources"
        cookies = {"ds_messages": answer.cookies["ds_messages"]}
        answer = await datasette.client.get("/-/sources", cookies=cookies)
    found = re.search(r'<p class="message-\w+"[^>]*>(.*?)</p>', answer.text, re.S)
    assert found is not None, answer.text
    return found[1].strip()


def test_the_page_tells_what_is_open_and_from_where(tell: Callable[..., None]) -> None:
    async def story(datasette: Datasette) -> None:
        page = await read(datasette)
        assert f'From <a href="{WORLD}" rel="noreferrer">{WORLD}</a>, 8 kB, loaded' in page
        assert '<time datetime="2023-11-14T22:13:20+00:00">2023-11-14 22:13 UTC</time>' in page
        assert f'From <a href="{PETS}"' in page
        assert "From the file notes.csv on this device." in page
        assert '<a href="/app/data/my+notes">my notes</a><span>1 row</span>' in page
        assert 'href="/app/data/pets">pets</a><span>2 rows</span>' in page
        assert page.count("data-lite-reload") == page.count("data-lite-link") == 2
        assert 'href="/app/-/download/my~2520world.db"' in page
        assert 'href="/app/-/sources">Manage data</a></li>' in await read(datasette, "/data/pets")

    tell(story)


def test_links_of_what_was_renamed_give_it_that_name(tell: Callable[..., None]) -> None:
    async def story(datasette: Datasette) -> None:
        await post(datasette, "rename?database=data&table=pets", name="animals")
        page = (await datasette.client.get("/-/sources")).text
        links = [
            json.loads(link.replace("&#34;", '"'))
            for link in re.findall(r'data-lite-link="([^"]*)"', page)
        ]
        assert links == [
            {"parameter": "url", "value": WORLD, "options": {}, "path": "my~2520world"},
            {
                "parameter": "csv",
                "value": PETS,
                "options": {"name": "animals"},
                "path": "data/animals",
            },
        ]

    tell(story)


def test_changes_outlive_the_worker(tell: Callable[..., None], tmp_path: Path) -> None:
    async def first(datasette: Datasette) -> None:
        await datasette.add_query("my%20world", "q", "select 1", source="user")
        await datasette.set_column_type("data", "pets", "name", "url")
        message = await post(datasette, "rename?database=my%2520world", name="Wörld? 50%")
        assert message == "The database “my%20world” is now called “Wörld? 50%”."
        assert await post(datasette, "rename?database=data&table=pets", name="x.y") == (
            "The table “pets” is now called “x.y”."
        )
        assert await post(datasette, "remove?database=data&table=my+notes") == (
            "The table “my notes” was removed."
        )
        await check(datasette)

    async def check(datasette: Datasette) -> None:
        assert list(datasette.databases) == ["Wörld? 50%", "data"]
        page = await read(datasette)
        assert "data/my+notes" not in page
        assert f'From <a href="{WORLD}"' in page
        assert f'From <a href="{PETS}"' in page
        await read(datasette, "/W~C3~B6rld~3F+50~25/c")
        await read(datasette, "/data/x~2Ey")
        assert (await datasette.client.get("/data/pets")).status_code == 404
        assert (await datasette.client.get("/my~2520world")).status_code == 404
        assert await datasette.get_query("Wörld? 50%", "q") is not None
        assert set(await datasette.get_column_types("data", "x.y")) == {"name"}
        names = "select distinct database_name from catalog_tables order by 1"
        rows = await datasette.get_internal_database().execute(names)
        assert [row[0] for row in rows] == ["Wörld? 50%", "data"]

    async def third(datasette: Datasette) -> None:
        assert await post(datasette, "remove?database=data") == "The database “data” was removed."
        assert await post(datasette, "rename?database=W%C3%B6rld%3F+50%25", name="w")
        assert not (tmp_path / "instance" / "databases" / "data.db").exists()

    async def fourth(datasette: Datasette) -> None:
        assert list(datasette.databases) == ["w"]
        rows = await datasette.get_internal_database().execute("select * from column_types")
        assert rows.rows == []
        assert site.folder is not None
        assert [source["url"] for source in site.folder.sources()] == [WORLD]

    tell(first, check, third, fourth)


@pytest.mark.parametrize(
    ("path", "name", "message"),
    [
        ("database=data", "MY%20WORLD", "There is already a database with this name."),
        ("database=data", "a/b", "A slash cannot be part of it."),
        ("database=data", "_internal", "Names that begin with @ or _ are reserved."),
        ("database=data", "..", "It needs a letter or a digit."),
        ("database=data", "x" * 201, "It is too long."),
        ("database=data", "a\nb", "It contains an invisible character."),
        ("database=data", " ", "A database needs a name."),
        ("database=data&table=pets", "My Notes", "This name is already taken in this database."),
        ("database=data&table=pets", "sqlite_x", "SQLite reserves names that begin with sqlite_"),
        ("database=data&table=pets", "", "A table needs a name."),
    ],
)
def test_bad_names_are_refused(
    tell: Callable[..., None], path: str, name: str, message: str
) -> None:
    async def story(datasette: Datasette) -> None:
        assert message in await post(datasette, f"rename?{path}", name=name)
        assert list(datasette.databases) == ["my%20world", "data"]
        await read(datasette, "/data/pets")

    tell(story)


def test_forms_ask_first(tell: Callable[..., None]) -> None:
    async def story(datasette: Datasette) -> None:
        form = await read(datasette, "/-/sources/remove?database=data&table=my+notes")
        assert "This removes its 1 row. “Undo” on the next page brings it back" in form
        assert "The file notes.csv on this device stays as it is." in form
        assert 'action="/app/-/sources/remove?database=data&amp;table=my+notes"' in form
        assert 'value="my notes"' in await read(
            datasette, "/-/sources/rename?database=data&table=my+notes"
        )
        for query in ("database=nothing", "database=data&table=nothing", "", "database=_internal"):
            answer = await datasette.client.get(f"/-/sources/remove?{query}")
            assert answer.status_code == 404, query

    tell(story)


def test_room_is_given_back(tell: Callable[..., None]) -> None:
    async def story(datasette: Datasette) -> None:
        data = datasette.get_database("data")
        with closing(sqlite3.connect(data.path)) as connection:
            connection.execute("create table big as select randomblob(1000000) as b")
        await post(datasette, "remove?database=data&table=big")
        assert data.size < 100_000

    tell(story)


def test_who_is_not_root_only_looks(tell: Callable[..., None]) -> None:
    pm.unregister(root)

    async def story(datasette: Datasette) -> None:
        page = await read(datasette)
        assert "my notes" in page
        for sign in ("remove?", "rename?", "data-lite-reload", "data-lite-open-files"):
            assert sign not in page
        answer = await datasette.client.post("/-/sources/remove?database=data")
        assert answer.status_code == 403
        assert "data" in datasette.databases

    tell(story)


def test_metadata_has_a_place_too(tell: Callable[..., None], tmp_path: Path) -> None:
    async def first(datasette: Datasette) -> None:
        assert "Metadata and configuration" not in await read(datasette)
        url = "https://a.test/metadata.json"
        instance = Instance("/app/", tmp_path / "instance", tmp_path / "no-plugins")
        request = {"parameter": "metadata", "url": url, "origin": {"kind": "link", "url": url}}
        await _add(instance, tmp_path / "source", b'{"title": "Ours"}', **request)
        await post(datasette, "remove?database=data")
        page = await read(datasette)
        assert '<h2 id="lite-settings">Metadata and configuration</h2>' in page
        assert f'<h3>metadata.json</h3> <p class="lite-from">From <a href="{url}"' in page

    tell(first)


def test_what_may_not_be_seen_is_not_listed(tell: Callable[..., None]) -> None:
    pm.unregister(root)

    async def story(datasette: Datasette) -> None:
        datasette.config["databases"] = {"data": {"allow": False}}
        page = await read(datasette)
        assert "my%20world" in page
        assert "pets" not in page

    tell(story)


def test_what_was_removed_comes_back(tell: Callable[..., None]) -> None:
    async def story(datasette: Datasette) -> None:
        await datasette.set_column_type("data", "pets", "name", "url")
        await datasette.add_query("data", "q", "select 1", source="user")
        before = await read(datasette)
        assert "was removed" not in before
        await post(datasette, "remove?database=data&table=pets")
        assert "The table “pets” was removed." in await read(datasette)
        assert (await datasette.client.get("/data/pets")).status_code == 404
        assert await post(datasette, "undo") == "The table “pets” is back."
        assert await read(datasette) == before
        assert "cat" in await read(datasette, "/data/pets")
        assert set(await datasette.get_column_types("data", "pets")) == {"name"}
        await post(datasette, "remove?database=data")
        assert await post(datasette, "undo") == "The database “data” is back."
        assert await read(datasette) == before
        assert await datasette.get_query("data", "q") is not None

    tell(story)


@pytest.mark.parametrize(
    ("where", "what"),
    [("database=data&table=pets", "table “pets”"), ("database=data", "database “data”")],
)
def test_descriptions_go_with_what_they_describe(
    tell: Callable[..., None], where: str, what: str
) -> None:
    async def story(datasette: Datasette) -> None:
        assert site.folder is not None
        folder = site.folder
        descriptions = Descriptions(datasette, folder)
        await descriptions.describe("data", "pets", {"title": "Our pets"}, {"name": "What we say"})
        descriptions.present("data", "pets", {"sort_desc": "id"})
        await descriptions.describe("my world", "c", {"title": "C"}, {})
        before = [folder.edits(kind) for kind in ("metadata", "config")]
        await post(datasette, f"remove?{where}")
        left = str([folder.edits("metadata"), folder.edits("config"), datasette.config])
        assert "pets" not in left
        assert "'C'" in left
        assert await post(datasette, "undo") == f"The {what} is back."
        assert [folder.edits(kind) for kind in ("metadata", "config")] == before
        assert (await datasette.table_config("data", "pets"))["sort_desc"] == "id"
        assert "Our pets" in await read(datasette, "/data/pets")

    tell(story)


def test_what_was_edited_is_told_from_what_was_not(tell: Callable[..., None]) -> None:
    def marks() -> list[bool]:
        assert site.folder is not None
        return [one["edited"] for source in site.folder.sources() for one in source["added"]]

    async def story(datasette: Datasette) -> None:
        assert "Edited here since." not in await read(datasette)
        # What remains in a database of tables from several sources is as it was.
        await post(datasette, "rename?database=data&table=pets", name="animals")
        await post(datasette, "remove?database=data&table=my+notes")
        assert marks() == [False, False]
        # A database that was loaded as a whole is not.
        await post(datasette, "rename?database=my%2520world&table=c", name="d")
        assert marks() == [True, False]
        await datasette.client.post(
            "/data/animals/-/insert", json={"row": {"id": 3, "name": "cow"}}
        )
        assert marks() == [True, True]
        assert (await read(datasette)).count("Edited here since.") == 2

    tell(story)


def test_writes_that_name_no_table_may_have_changed_any(tell: Callable[..., None]) -> None:
    async def story(datasette: Datasette) -> None:
        await datasette.get_database("data").execute_write("delete from pets")
        assert site.folder is not None
        edits = {source["url"]: source["added"][0]["edited"] for source in site.folder.sources()}
        assert edits == {WORLD: False, PETS: True, "notes.csv": True}

    tell(story)


def test_a_database_that_was_changed_meanwhile_stays_as_it_is(tell: Callable[..., None]) -> None:
    async def story(datasette: Datasette) -> None:
        await post(datasette, "remove?database=data&table=pets")
        await datasette.get_database("data").execute_write("create table later (a)")
        assert "Undo" not in await read(datasette)
        assert (await post(datasette, "undo")).startswith("This cannot be undone any more.")
        assert "later" in await datasette.get_database("data").table_names()

    tell(story)


def test_undoing_keeps_what_was_opened_meanwhile(tell: Callable[..., None], tmp_path: Path) -> None:
    async def story(datasette: Datasette) -> None:
        await post(datasette, "remove?database=data")
        assert site.folder is not None
        intake = Intake(site.folder)
        for url, parameter, content in [
            ("https://a.test/later.json", "metadata", b'{"title": "Later"}'),
            ("https://a.test/other.csv", "csv", b"a\n1\n"),
        ]:
            file = tmp_path / "later"
            file.write_bytes(content)
            request = Request.of(
                {"parameter": parameter, "url": url, "options": {"database": "other"}}
            )
            await intake.take(request, file, lambda *progress: True)
        assert await post(datasette, "undo") == "The database “data” is back."
        found = site.folder.sources()
        assert len({one["id"] for one in found}) == len(found) == 5
        tables = {(one["database"], one["table"]) for entry in found for one in entry["added"]}
        assert {("data", "pets"), ("data", "my notes"), ("other", "other")} < tables
        [(_, configuration)] = site.folder.configuration("metadata")
        assert configuration == {"title": "Later"}
        assert site.folder.table_database() == "other"

    tell(story)


def test_what_was_written_to_a_log_counts_as_a_change(tell: Callable[..., None]) -> None:
    async def story(datasette: Datasette) -> None:
        database = datasette.get_database("data")
        await database.execute_write_fn(
            lambda connection: connection.execute("pragma journal_mode = wal").fetchone(),
            transaction=False,
        )
        await post(datasette, "remove?database=data&table=pets")
        await database.execute_write("insert into [my notes] values ('y')")
        assert "Undo" not in await read(datasette)
        assert "y" in await read(datasette, "/data/my~20notes")

    tell(story)


def test_what_was_edited_goes_with_a_new_name(tell: Callable[..., None]) -> None:
    async def is_there(datasette: Datasette) -> None:
        assert await datasette.table_config("animals", "beasts") == {"sort": "name"}
        assert (await datasette.get_resource_metadata("animals", "beasts"))["title"] == "Pets"
        assert await datasette.table_config("data", "pets") == {}

    async def story(datasette: Datasette) -> None:
        assert site.folder is not None
        descriptions = Descriptions(datasette, site.folder)
        await descriptions.describe("data", "pets", {"title": "Pets"}, {})
        descriptions.present("data", "pets", {"sort": "name"})
        await post(datasette, "rename?database=data&table=pets", name="beasts")
        await post(datasette, "rename?database=data&table=beasts", name="beasts")
        await post(datasette, "rename?database=data", name="animals")
        await is_there(datasette)

    tell(story, is_there)
