"""Each awkward file loads right, or fails with the right sentence, in an instance that goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.errors import SourceError
from engine.folder import Folder
from engine.importing.intake import Intake
from engine.importing.options import Request
from tests.support.awkward_files import FILES, AwkwardFile


def contents(database: Path) -> dict[str, list[dict[str, Any]]]:
    conn = sqlite3.connect(database)
    conn.row_factory = sqlite3.Row
    try:
        names = [
            name for (name,) in conn.execute("select name from sqlite_master where type = 'table'")
        ]
        return {
            name: [dict(row) for row in conn.execute(f'select * from "{name}"')] for name in names
        }
    finally:
        conn.close()


@pytest.mark.parametrize(
    ("auto", "is_served"), [(False, False), (True, True)], ids=["link", "dropped"]
)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_awkward_file(tmp_path: Path, file: AwkwardFile, auto: bool, is_served: bool) -> None:
    folder = Folder(tmp_path)
    intake = Intake(folder)
    intake.is_served = is_served
    parameter = "auto" if auto else file.parameter

    async def take(name: str, data: bytes, parameter: str) -> dict[str, Any]:
        path = tmp_path / "source-1"
        path.write_bytes(data)
        request = Request.of({"parameter": parameter, "url": name})
        result = await intake.take(request, path, lambda *_: None)
        assert not path.exists()
        return result

    async def story() -> None:
        # Others must not suffer, and a database that is there is another way in.
        await take("before.csv", b"x\n1\n", "csv")
        if file.tables is None:
            with pytest.raises(SourceError) as caught:
                await take(file.name, file.make(), parameter)
            assert file.name in caught.value.message
            assert file.sentence in caught.value.message
            assert caught.value.source == file.name
            assert caught.value.hint
            assert contents(folder.database("data")) == {"before": [{"x": 1}]}
            assert folder.database_names() == ["data"]
        else:
            result = await take(file.name, file.make(), parameter)
            [database] = {one["database"] for one in result["added"]}
            found = contents(folder.database(database))
            assert ("before" in found) == (database == "data")
            found.pop("before", None)
            assert found == file.tables
            kinds = {
                name: [[type(value) for value in row.values()] for row in rows]
                for name, rows in found.items()
            }
            assert kinds == {
                name: [[type(value) for value in row.values()] for row in rows]
                for name, rows in file.tables.items()
            }
        assert sorted(path.name for path in tmp_path.iterdir()) == ["databases", "state.json"]

    asyncio.run(story())


def test_there_are_many() -> None:
    assert len(FILES) >= 40
    assert len({file.name for file in FILES}) == len(FILES)
