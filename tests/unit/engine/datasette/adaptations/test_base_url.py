"""Links below a base URL; the engine is run in CPython, with a real Datasette."""

from __future__ import annotations

import asyncio
import html
import re
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from datasette.app import Datasette

from engine.datasette.adaptations import base_url

BASE = "/some/sub/app/@a2V5/"
PAGES = [
    "shop/items?_facet=colour&_facet=tags&_facet=day&_facet_size=1&_size=2",
    "shop/items.json?_facet=colour&_facet=tags&_facet=day&_size=2&_extra=suggested_facets,extras",
    "shop/items?colour=red&_facet=colour&_sort_desc=day&_nocol=tags&_where=id>0",
    "shop/items/1",
    "shop/-/query?sql=select+1&_hide_sql=1",
    "-/",
]
REDIRECTS = {
    "shop/items?_filter_column=id&_filter_op=gt&_filter_value=2": "shop/items?id__gt=2",
    "shop/items?_sort=day&_sort_by_desc=on": "shop/items?_sort_desc=day",
    "shop?sql=select+1": "shop/-/query?sql=select+1",
    "shop/items/": "shop/items",
    ":memory:": "_memory",
}


@pytest.fixture
def datasette(tmp_path: Path) -> Datasette:
    """Datasette with a table of five rows."""
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("create table items (id integer primary key, colour, tags, day)")
    row = ("red", '["a", "b"]', "2026-01-02")
    connection.executemany("insert into items (colour, tags, day) values (?, ?, ?)", [row] * 5)
    connection.execute("update items set colour = 'blue' where id > 3")
    connection.commit()
    connection.close()
    base_url.install()
    return Datasette([str(tmp_path / "shop.db")], settings={"base_url": BASE, "num_sql_threads": 0})


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_has_the_base_url_once(datasette: Datasette, page: str) -> None:
    response = asyncio.run(datasette.client.get(f"/{page}"))
    assert response.status_code == 200
    if "html" in response.headers["content-type"]:
        found = re.findall(r' (?:href|action|src)="([^"]+)"', response.text)
    else:
        found = re.findall(r'"(https?://localhost[^"]+)"', response.text)
    links = [urlsplit(html.unescape(link)) for link in found]
    paths = [link.path for link in links if link.hostname in (None, "localhost") and link.path]
    assert paths
    for path in paths:
        assert path.startswith(BASE)
        assert path.count(BASE) == 1


@pytest.mark.parametrize(("source", "target"), REDIRECTS.items())
def test_redirects_lead_to_the_page_below_the_base_url(
    datasette: Datasette, source: str, target: str
) -> None:
    response = asyncio.run(datasette.client.get(f"/{source}"))
    assert response.status_code in (301, 302)
    assert response.headers["location"] == BASE + target


def test_plugins_may_ask_for_paths_with_the_base_url(datasette: Datasette) -> None:
    for path in ("/shop/items.json", f"{BASE}shop/items.json"):
        assert asyncio.run(datasette.client.get(path)).status_code == 200, path
