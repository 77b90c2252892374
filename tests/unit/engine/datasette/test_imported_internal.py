"""Tests of engine.datasette.imported_internal: a stranger's internal database is read, never
opened.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils.internal_db import INTERNAL_DB_SCHEMA_SQL

from engine.datasette.instance import Instance
from tests.support.wire import Wire, head

BASE = "/app/@key/"
SCRIPT = "<script>alert('stored')</script>"
LINK = "javascript:alert('stored')"


async def page(instance: Instance, path: str) -> str:
    wire = Wire()
    await instance.handle(head(path=f"{BASE}{path}"), wire, wire)
    assert wire.error == "", wire.details
    return wire.body.decode()


def folder_with(
    tmp_path: Path, statements: list[str], schema: str = INTERNAL_DB_SCHEMA_SQL
) -> Path:
    """Make the folder of an imported instance with a table `d.t` and such an internal database."""
    folder = tmp_path / "instance"
    (folder / "databases").mkdir(parents=True)
    data = sqlite3.connect(folder / "databases" / "d.db")
    data.executescript(
        "create table t (id integer primary key, a text); insert into t values (1, 2)"
    )
    data.close()
    internal = sqlite3.connect(folder / "imported-internal.db")
    internal.executescript(schema)
    for statement in statements:
        internal.execute(statement)
    internal.commit()
    internal.close()
    return folder


def opened(folder: Path, paths: list[str], *, is_older: bool = False) -> tuple[list[str], str]:
    """Open the instance in a folder; return some of its pages, and what it says was left out.

    :param is_older: whether an older version of the site saved it.
    """

    async def story() -> tuple[list[str], str]:
        instance = Instance(BASE, folder=folder, plugins=folder / "no-plugins")
        if is_older:
            instance.distrust_internal()
        await instance.open(memory=False)
        pages = [await page(instance, path) for path in paths]
        await instance.close()
        return pages, instance.set_aside.message if instance.set_aside else ""

    result = asyncio.run(story())
    assert not (folder / "imported-internal.db").exists()
    return result


HOSTILE = [
    f"insert into metadata_instance values ('description_html', \"{SCRIPT}\")",
    f"insert into metadata_instance values ('source_url', \"{LINK}\")",
    f"insert into metadata_databases values ('d', 'description_html', \"{SCRIPT}\")",
    f"insert into metadata_databases values ('d', 'license_url', \"{LINK}\")",
    f"insert into metadata_resources values ('d', 't', 'description_html', \"{SCRIPT}\")",
    "insert into metadata_resources values ('d', 't', 'about_url', \" java\tscript:x\")",
    f"insert into metadata_columns values ('d', 't', 'a', 'footer_HTML', \"{SCRIPT}\")",
    "insert into queries (database_name, name, sql, description_html, options, is_trusted)"
    f" values ('d', 'q', 'select 1', \"{SCRIPT}\","
    f" '{json.dumps({'on_success_redirect': 'https://evil.test/', 'hide_sql': True})}', 1)",
]


def test_html_and_addresses_that_run_code_are_left_out(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, HOSTILE)
    pages, said = opened(folder, ["", "d", "d/t", "d/q", "d/-/queries.json"])
    for text in pages:
        assert SCRIPT not in text
        assert "script:" not in text
    for name in ("description_html", "d.t.about_url", "d.queries.q.on_success_redirect"):
        assert name in said
    query = json.loads(pages[4])["queries"][0]
    assert (query["sql"], query["hide_sql"]) == ("select 1", True)
    assert (query["is_trusted"], query["on_success_redirect"]) == (False, None)


def test_harmless_descriptions_queries_and_types_stay(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path,
        [
            "insert into metadata_instance values ('title', 'Kept title')",
            "insert into metadata_resources values ('d', 't', 'description', 'Kept <b>text')",
            "insert into metadata_resources values ('d', 't', 'source_url', 'https://a.test/')",
            "insert into metadata_columns values ('d', 't', 'a', 'description', 'Kept column')",
            "insert into column_types values ('d', 't', 'a', 'json', null)",
            "insert into queries (database_name, name, sql, title, parameters)"
            " values ('d', 'q', 'select :x', 'Kept query', '[\"x\"]')",
        ],
    )
    pages, said = opened(folder, ["", "d/t", "d/q"])
    assert said == ""
    assert "Kept title" in pages[0]
    assert "Kept &lt;b&gt;text" in pages[1] and 'href="https://a.test/"' in pages[1]
    assert "Kept column" in pages[1] and "<pre>2</pre>" in pages[1]
    assert "Kept query" in pages[2]


def test_triggers_views_and_tables_that_nobody_knows_are_not_taken_over(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path,
        [
            "create trigger again after insert on catalog_tables begin insert or replace into"
            f" metadata_instance values ('description_html', \"{SCRIPT}\"); end",
            "drop table metadata_columns",
            "create view metadata_columns as select 'd' database_name, 't' resource_name,"
            " 'a' column_name, 'description' key, 'computed' value",
            "create table of_a_plugin (a)",
            "create table catalog_html (a)",
        ],
    )
    pages, said = opened(folder, ["", "d/t"])
    assert "computed" not in pages[1]
    assert "metadata_columns" in said and "of_a_plugin" in said
    internal = sqlite3.connect(folder / "internal.db")
    names = {name for (name,) in internal.execute("select name from sqlite_master")}
    assert not names & {"again", "of_a_plugin", "catalog_html"}


def test_what_an_older_version_saved_is_checked_but_keeps_tables_of_plugins(
    tmp_path: Path,
) -> None:
    more = [
        "create table of_a_plugin (id integer primary key, note text unique)",
        "insert into of_a_plugin values (7, 'mine')",
        "create index of_a_plugin_note on of_a_plugin (note)",
        "create trigger evil after insert on of_a_plugin begin delete from queries; end",
    ]
    folder = folder_with(tmp_path, [*HOSTILE, *more])
    (folder / "imported-internal.db").rename(folder / "internal.db")
    pages, said = opened(folder, ["", "d/t"], is_older=True)
    for text in pages:
        assert SCRIPT not in text
    assert "description_html" in said and "of_a_plugin" not in said
    internal = sqlite3.connect(folder / "internal.db")
    assert internal.execute("select * from of_a_plugin").fetchall() == [(7, "mine")]
    names = {name for (name,) in internal.execute("select name from sqlite_master")}
    assert "of_a_plugin_note" in names and "evil" not in names
    internal.close()


def test_rows_go_into_a_table_that_its_plugin_has_made_already(tmp_path: Path) -> None:
    table = "create table of_a_plugin (id integer primary key, note text"
    folder = folder_with(
        tmp_path, [f"{table}, old text)", "insert into of_a_plugin values (7, 'x', 1)"]
    )

    class Plugin:
        @hookimpl  # type: ignore[untyped-decorator]
        async def startup(self, datasette: Datasette) -> None:
            await datasette.get_internal_database().execute_write(f"{table}, new text)")

    (folder / "imported-internal.db").rename(folder / "internal.db")
    plugin = Plugin()
    pm.register(plugin)
    try:
        opened(folder, [""], is_older=True)
    finally:
        pm.unregister(plugin)
    internal = sqlite3.connect(folder / "internal.db")
    assert internal.execute("select * from of_a_plugin").fetchall() == [(7, "x", None)]
    internal.close()


@pytest.mark.parametrize(
    "statement",
    [
        "insert into metadata_instance values (x'00', 'x')",
        "insert into metadata_instance values ('title', x'3c62')",
        "insert into queries (database_name, name, sql, options) values ('d', 'q', '1', '{')",
        "insert into queries (database_name, name, sql, parameters) values ('d', 'q', '1', '{}')",
        "insert into queries (database_name, name, sql, parameters) values ('d', 'q', '1', '[1]')",
        "insert into queries (database_name, name, sql) values ('d', '', 'select 1')",
        "insert into column_types values ('d', 't', 'a', 'json', '[1]')",
        "insert into column_types values ('d', 't', 'a', 5, '{')",
        "insert into metadata_instance values ('title', printf('%.*c', 100001, 'x'))",
    ],
)
def test_values_of_another_kind_are_left_out(tmp_path: Path, statement: str) -> None:
    (home, *_), said = opened(folder_with(tmp_path, [statement]), ["", "d", "d/t"])
    assert "Left out of this import: a row of" in said
    assert "xxxxx" not in home


def test_rows_beyond_the_limit_are_left_out(tmp_path: Path) -> None:
    rows = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500)"
        " insert into metadata_databases select 'd', 'key' || i, 'x' from n"
    )
    _, said = opened(folder_with(tmp_path, [rows]), [""])
    assert "metadata_databases beyond 2,000 rows" in said


def test_a_generated_column_is_not_computed(tmp_path: Path) -> None:
    endless = "length(replace(hex(zeroblob(400000)), '0', 'ab'))"
    schema = INTERNAL_DB_SCHEMA_SQL.replace(
        "key text,\n    value text,\n    unique(key)",
        f"key text,\n value text as ({' + '.join([endless] * 20)}),\n unique(key)",
    )
    assert "value text as" in schema
    rows = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3)"
        " insert into metadata_instance select i from n"
    )
    _, said = opened(folder_with(tmp_path, [rows], schema), [""])
    assert "a row of metadata_instance" in said


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_costs_nothing_else(tmp_path: Path, content: bytes) -> None:
    folder = folder_with(tmp_path, [])
    (folder / "imported-internal.db").write_bytes(content)
    (_, table), said = opened(folder, ["", "d/t"])
    assert "<td" in table
    assert ("cannot be read" in said) == bool(content)


def test_code_in_imported_configuration_is_left_out(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, [])
    (folder / "configuration").mkdir()
    origin: dict[str, Any] = {"kind": "link", "url": "https://a.test/m.json"}
    entry = {"url": "https://a.test/m.json", "origin": origin, "options": {}, "added": []}
    sources = [
        {**entry, "id": "1", "parameter": "metadata"},
        {**entry, "id": "2", "parameter": "config"},
    ]
    state = {"format": 1, "databases": ["d"], "csv_database": None, "sources": sources}
    (folder / "state.json").write_text(json.dumps(state))
    metadata = {"title": "Kept", "description_html": SCRIPT}
    (folder / "configuration" / "1.json").write_text(json.dumps(metadata))
    config = {"settings": {"sql_time_limit_ms": 10**9, "base_url": "/x/", "default_page_size": 7}}
    (folder / "configuration" / "2.json").write_text(json.dumps(config))
    (home, settings), _ = opened(folder, ["", "-/settings.json"])
    assert "Kept" in home and SCRIPT not in home
    values = json.loads(settings)
    assert (values["sql_time_limit_ms"], values["default_page_size"]) == (5_000, 7)
    assert values["base_url"] == BASE


def test_html_that_was_allowed_once_goes_when_it_no_longer_is(tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    address = "https://a.test/m.json"
    (folder / "configuration").mkdir(parents=True)
    entry = {"url": address, "origin": {"url": address}, "options": {}, "added": [], "id": "1"}
    state = {"format": 1, "sources": [{**entry, "parameter": "metadata"}]}
    (folder / "state.json").write_text(json.dumps(state))
    metadata = {"description_html": SCRIPT, "databases": {"d": {"description_html": SCRIPT}}}
    (folder / "configuration" / "1.json").write_text(json.dumps(metadata))

    async def home(*, allowed: bool) -> str:
        instance = Instance(BASE, folder=folder, plugins=folder / "no-plugins")
        [code] = instance.code_in_configuration()
        await instance.open(False, [code["digest"]] if allowed else [])
        text = await page(instance, "")
        await instance.close()
        return text

    assert SCRIPT in asyncio.run(home(allowed=True))
    assert SCRIPT not in asyncio.run(home(allowed=False))
