"""Renders pages for nobody, so that the browser compiles for good what pages need of Python.

A browser compiles WebAssembly quickly at first, and again to faster code where it turns out to be
used. Chromium keeps the faster code for later starts, but only each time another megabyte of it has
come together: without this, starts might go on forever with what the first ones left. The pages are
those of a separate Datasette with data of its own. The worker decides when and how many are made
(shell/worker/runtime/warm-up.js); docs/fast-boot.md has the figures.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from datasette.app import Datasette

from engine.asgi.server import App, Message
from engine.datasette.adaptations.serving import adapted

#: Each begins as a start does: with a Datasette that opens its databases.
_ROUNDS = 5

_PAGES = (
    "",
    "exercise",
    "exercise/things",
    "exercise/things?_facet=kind&_sort_desc=size",
    "exercise/things?name__contains=7&size__gt=20",
    "exercise/things?_next=100",
    "exercise/things/3",
    "exercise/things.json",
    "exercise/things.csv",
    "exercise/-/query?sql=select+kind,+count(*)+from+things+group+by+kind",
    "-/static/table.js",
)

_THINGS = """
    create table kinds (id integer primary key, name text);
    create table things (
        id integer primary key, name text, kind integer references kinds(id), size real, note text
    );
    create index things_kind on things (kind);
    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 7)
    insert into kinds select n, 'Kind ' || n from numbers;
    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 300)
    insert into things select n, 'Thing ' || n, n % 7 + 1, n * 1.5,
        'https://example.com/' || n || ' <' || hex(n) || '>' from numbers;
"""


async def pages(base_url: str) -> AsyncIterator[int]:
    """Yield the status of one page after the other; each is made on demand.

    `base_url` is the path that an instance lives at.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "exercise.db"
        connection = sqlite3.connect(database)
        connection.executescript(_THINGS)
        connection.close()
        for number in range(_ROUNDS):
            datasette = Datasette(
                [str(database)],
                internal=str(folder / f"internal-{number}.db"),
                settings={"num_sql_threads": 0, "base_url": base_url},
            )
            try:
                app = adapted(datasette, base_url)
                await datasette.invoke_startup()
                await datasette.refresh_schemas()
                for page in _PAGES:
                    yield await _status(app, base_url + page)
            finally:
                datasette.close()


async def _status(app: App, address: str) -> int:
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
    }
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]
