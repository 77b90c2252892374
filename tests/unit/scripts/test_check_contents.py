"""The check that all that a site ships can be opened."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from check_contents import check


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A folder with a database, a CSV file, a template, a query and a plugin, all of which work."""
    for name in ("plugins", "site/templates/pages", "data"):
        (tmp_path / name).mkdir(parents=True)
    with sqlite3.connect(tmp_path / "data" / "shop.db") as conn:
        conn.execute("create table goods (id integer primary key, name text)")
        conn.execute("create view names as select name from goods")
    conn.close()
    (tmp_path / "data" / "birds.csv").write_text("name\nRobin\n")
    index = [{"file": "shop.db", "param": "url"}, {"file": "birds.csv", "param": "csv"}]
    (tmp_path / "index.json").write_text(json.dumps(index))
    queries = {"all": {"sql": "select * from goods where name = :name"}}
    settings = {"num_sql_threads": 3, "base_url": "/elsewhere/", "default_page_size": 5}
    config = {"databases": {"shop": {"queries": queries}}, "settings": settings}
    (tmp_path / "site" / "config.json").write_text(json.dumps(config))
    (tmp_path / "site" / "templates" / "pages" / "about.html").write_text("<p>{{ 1 + 1 }}</p>")
    (tmp_path / "plugins" / "fine.py").write_text(
        "from datasette import hookimpl\n\n@hookimpl\ndef menu_links():\n    return []\n"
    )
    return tmp_path


def failures(folder: Path) -> list[str]:
    return asyncio.run(check(folder))


def test_a_site_that_works(shipped: Path) -> None:
    assert failures(shipped) == []


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("data/shop.db", b"no database", "data/shop.db cannot be opened"),
        ("data/birds.csv", b"", "data/birds.csv cannot be opened"),
        ("site/templates/table.html", b"{% if %}", "The template table.html, line 1"),
        ("site/templates/pages/about.html", b"{{ 1 / 0 }}", "The page /about fails"),
        (
            "site/config.json",
            b'{"databases": {"shop": {"queries": {"all": {"sql": "select * from gone"}}}}}',
            "The page /shop/all.json fails",
        ),
        ("plugins/broken.py", b"import a_module_that_is_not_there", "a_module_that_is_not_there"),
    ],
)
def test_what_is_broken_is_named(shipped: Path, path: str, content: bytes, said: str) -> None:
    (shipped / path).write_bytes(content)
    assert said in "\n".join(failures(shipped))


def test_a_page_that_needs_the_plugin_of_a_link_is_no_failure(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shipped / "site" / "templates" / "pages" / "sql.html").write_text("{{ sql('select 1') }}")
    assert failures(shipped) == []
    assert "/sql needs a plugin that is not part of the site: 'sql' is undefined" in (
        capsys.readouterr().out
    )
