"""A small SQLite database for tests that write, and the way to make tables in it."""

from __future__ import annotations

import sqlite3
from typing import Any

from playwright.sync_api import Page

#: Every byte value, to catch code that takes bytes for text.
PICTURE = bytes(range(256)) * 300

_SCHEMA = """
create table colours (id integer primary key, name text);
insert into colours values (1, 'Red'), (2, 'Green'), (3, 'Blue');
create table items (
  id integer primary key,
  name text not null,
  price real,
  colour integer references colours(id)
);
insert into items values (1, 'Mug', 7.5, 1), (2, 'Plate', 12, 2), (3, 'Bowl', 9.25, 1);
create table pictures (name text primary key, image blob);
"""


def shop_database() -> bytes:
    """Return the file: tables of colours and items, and one of pictures, which are BLOBs."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(_SCHEMA)
    connection.execute("insert into pictures values ('mug', ?), ('none', null)", [PICTURE])
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


def fetch_json(page: Page, url: str, body: object = None) -> tuple[int, Any]:
    """Make the page GET a URL or, given a body, POST it as JSON; return status and answer."""
    status, data = page.evaluate(
        """async ([url, body]) => {
            const post = {
                method: "POST",
                headers: { "content-type": "application/json" },
                body: JSON.stringify(body),
            };
            const answer = await fetch(url, body === null ? {} : post);
            return [answer.status, await answer.json()];
        }""",
        [url, body],
    )
    return status, data


def make_items(page: Page, table: str) -> str:
    """Make a table like `items` for one test; return its address."""
    rows = [
        {"id": 1, "name": "Mug", "price": 7.5},
        {"id": 2, "name": "Plate", "price": 12.0},
        {"id": 3, "name": "Bowl", "price": 9.25},
    ]
    database = page.url
    status, answer = fetch_json(
        page, f"{database}/-/create", {"table": table, "rows": rows, "pk": "id"}
    )
    assert (status, answer["ok"]) == (201, True), answer
    return f"{database}/{table}"


def rows_of(page: Page, address: str) -> list[dict[str, Any]]:
    """Return the rows of a table from its JSON."""
    status, rows = fetch_json(page, f"{address}.json?_shape=array")
    assert status == 200, rows
    result: list[dict[str, Any]] = rows
    return result
