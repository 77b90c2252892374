"""Files that are damaged or made to do harm: each becomes data, or a sentence says why not."""

from __future__ import annotations

import asyncio
import io
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import LiteError
from engine.importing.options import Request
from tests.support.fuzzing import damaged, pieces_of, watched
from tests.support.instances import BASE, Opened
from tests.support.wire import head

CSV = pieces_of(
    *(",", ";", "\t", "|", "\n", "\r\n", '"', "'", "a", "1", "-", "1e999", "0", "\x00", "\ufeff"),
    *("id,name\n", "1,x\n", "2,\n", "é", "#", " ", "NaN", "1_000", "9" * 400),
)
JSON = pieces_of(
    *('{"a":', "[", "]", "}", ",", '"', "\\", "1", "null", "\n", '{"a": 1}', '{"a": [1]}', "[{"),
    *('"type": "FeatureCollection", "features": [', '{"id": 1, "b": {"c": 2}},', "1e999", "NaN"),
)

#: Makes a table in a database that has nothing to do with the file.
KEPT = "create table kept as select 42 as a"


@cache
def workbook() -> bytes:
    """Return an Excel file with a bit of everything."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(20):
        sheet.append([row, f"text {row}", row / 3, None, row % 2 == 0])
    book.create_sheet("empty")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@cache
def database() -> bytes:
    """Return a SQLite database with a bit of everything."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        connection = sqlite3.connect(path)
        connection.executescript(
            """
            pragma page_size = 512;
            create table t (id integer primary key, a text, b blob);
            create table u (t_id integer references t (id), c unique) strict;
            """.replace(" strict", "")
            + """
            create index i on t (a); create view v as select a, count(*) from t group by a;
            create virtual table f using fts5 (a, content='t');
            create trigger g after insert on t begin insert into f (rowid, a) values (1, 'x'); end;
            create table w (k primary key, x) without rowid;
            """
        )
        for row in range(100):
            connection.execute("insert into t values (?, ?, ?)", [row, f"a{row % 7}", b"b" * row])
            connection.execute("insert into u values (?, ?)", [row, row])
            connection.execute("insert into w values (?, ?)", [row, f"x{row}"])
        connection.commit()
        connection.close()
        return path.read_bytes()


async def _take(folder: Path, parameter: str, name: str, data: bytes) -> Opened | None:
    """Take a file in as an instance does; return the instance, or None if it was refused."""
    instance = Opened(folder, lambda connection: connection.execute(KEPT))
    file = folder / "source"
    file.write_bytes(data)
    request = Request.of({"parameter": parameter, "url": f"https://a.test/{name}"})
    try:
        await instance.instance.add_source(request, file, lambda *_: None)
    except LiteError as error:
        assert error.message and len(error.message) < 5_000
        return None
    return instance


async def _look_around(instance: Opened) -> None:
    paths = [""]
    for name, database in instance.datasette.databases.items():
        if name not in ("_internal", "data"):
            paths += [name, f"{name}/t", f"{name}/v", f"{name}/f", f"{name}/u.json", f"{name}/w/1"]
            paths.append(f"{name}/t.csv")
            assert database.path is not None
    for path in paths:
        answer = await instance.ask(head(path=f"{BASE}{path}"))
        assert answer.error == "" and answer.status != 500, (path, answer.body[-3000:])
    kept = await instance.get("data/kept.json?_shape=array")
    assert kept.status == 200 and b'"a": 42' in kept.body, kept.body[-3000:]
    assert (await instance.get("")).status == (await instance.get("data")).status == 200


def take(parameter: str, name: str, data: bytes, *, pages: bool = False) -> None:
    """Take a file in; with `pages`, look at what Datasette shows of it."""

    async def story() -> None:
        with tempfile.TemporaryDirectory() as folder:
            with watched():
                instance = await _take(Path(folder), parameter, name, data)
            if instance is not None and pages:
                # Whatever is wrong with one database, Datasette starts, and the others work.
                await instance.instance.open(memory=False)
                await _look_around(instance)
                await instance.instance.close()
                instance.datasette.close()

    asyncio.run(story())


@given(CSV.map(str.encode) | CSV.map(lambda text: text.encode("utf-16")) | st.binary(max_size=300))
def test_csv(data: bytes) -> None:
    take("csv", "t.csv", data)


@given(JSON.map(str.encode))
def test_json(data: bytes) -> None:
    take("json", "t.json", data)


@given(st.deferred(lambda: damaged(workbook())))
def test_excel(data: bytes) -> None:
    take("excel", "t.xlsx", data)


# Each is started with Datasette, and a dozen pages are read.
@settings(max_examples=settings.get_profile("fuzz").max_examples // 2)
@given(st.deferred(lambda: damaged(database()) | damaged(database(), in_place=True)))
def test_sqlite(data: bytes) -> None:
    take("url", "t.db", data, pages=True)
