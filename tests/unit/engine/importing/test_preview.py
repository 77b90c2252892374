"""Tests of engine.importing.preview."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.errors import SourceError
from engine.folder import Folder
from engine.importing.options import Request
from engine.importing.preview import Previews
from tests.support.awkward_files import FILES, AwkwardFile


class Looker:
    """Looks at files for an instance that has a table there."""

    def __init__(self, path: Path) -> None:
        self.folder = Folder(path)
        self.path = path / "source-1"
        conn = sqlite3.connect(self.folder.database("data"))
        conn.execute("create table there (a)")
        conn.close()
        self.folder.remember(table_database="data")

    def __call__(
        self, name: str, data: str | bytes, /, complete: bool = True, **options: Any
    ) -> dict[str, Any]:
        self.path.write_bytes(data.encode() if isinstance(data, str) else data)
        request = Request.of({"parameter": "auto", "url": name, "options": options})
        work = Previews(self.folder).of_file(request, self.path, complete=complete)
        preview = asyncio.run(work)
        assert self.path.exists()
        # It crosses as JSON, and JavaScript knows no NaN.
        json.dumps(preview, allow_nan=False)
        return preview


@pytest.fixture
def look(tmp_path: Path) -> Looker:
    return Looker(tmp_path)


@pytest.mark.parametrize(("rows", "count"), [(999, 999), (1000, 1000), (1001, None), (3000, None)])
def test_a_sample_is_no_total(look: Looker, rows: int, count: int | None) -> None:
    [table] = look("many.csv", "a\n" + "1\n" * rows)["tables"]
    assert table["count"] == count
    assert table["columns"][0]["fits"]["values"] == min(rows, 1000)


def test_csv(look: Looker) -> None:
    preview = look("there.csv", "id;name;price\n1;x;1.5\n2;x;\n")
    assert preview == {
        "kind": "csv",
        "kindInWords": "CSV, semicolon-separated, UTF-8",
        "database": "data",
        "databases": ["data"],
        "tables": [
            {
                "source": "",
                "name": "there",
                "taken": True,
                "columns": [
                    {
                        "name": "id",
                        "type": "integer",
                        "distinct": True,
                        "fits": {"values": 2, "integer": 2, "float": 2},
                    },
                    {
                        "name": "name",
                        "type": "text",
                        "distinct": False,
                        "fits": {"values": 2, "integer": 0, "float": 0},
                    },
                    {
                        "name": "price",
                        "type": "float",
                        "distinct": False,
                        "fits": {"values": 1, "integer": 0, "float": 1},
                    },
                ],
                "rows": [[1, "x", 1.5], [2, "x", None]],
                "misfits": [
                    [[], ["integer", "float"], ["integer"]],
                    [[], ["integer", "float"], []],
                ],
                "pk": ["id"],
                "count": 2,
                "above": [],
                "starts": [1, 2],
            }
        ],
        "delimiter": ";",
        "encoding": "utf-8",
        "header": True,
        "skiprows": 0,
        "quote": "",
        "escape": "",
        "comment": "",
        "null": [],
        "notes": [],
        "guesses": [
            {
                "about": "Encoding",
                "sureness": "likely",
                "reason": "UTF-8: only ASCII characters were seen.",
            },
            {
                "about": "Separator",
                "sureness": "likely",
                "reason": "semicolon: all 2 rows seen have 3 columns.",
            },
            {
                "about": "Header",
                "sureness": "certain",
                "reason": "The first row holds no numbers, and other rows do.",
            },
            {"about": "Types", "sureness": "certain", "reason": "All rows were looked at."},
        ],
    }


def test_csv_with_something_above_its_header(look: Looker) -> None:
    preview = look("x.csv", "Title\n\nid;t\n1;x\n2;y\n")
    assert preview["skiprows"] == 2
    assert preview["notes"] == ["1 line above the header was left out: “Title”."]
    assert preview["tables"][0]["rows"] == [[1, "x"], [2, "y"]]


def test_any_row_of_a_csv_file_can_be_made_its_header(look: Looker) -> None:
    text = 'Title\n\n"made\nby hand";\nid;t\n\n1;"x\ny"\n2;y\n'
    [table] = look("x.csv", text)["tables"]
    assert table["above"] == [
        {"skiprows": 0, "text": "Title"},
        {"skiprows": 2, "text": '"made'},
        {"skiprows": 3, "text": 'by hand";'},
    ]
    assert table["starts"] == [6, 8]
    for skiprows, names in zip(table["starts"], (["1", "x\ny"], ["2", "y"]), strict=True):
        [again] = look("x.csv", text, skiprows=skiprows)["tables"]
        assert [column["name"] for column in again["columns"]] == names
    [bare] = look("x.csv", "1,2\n3,4\n", header=False)["tables"]
    assert (bare["above"], bare["starts"]) == ([], [0, 1])


def test_any_row_of_a_spreadsheet_can_be_made_its_header(look: Looker) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["Title"], [], ["a", "b", "c"], [], [1, 0, 3], [0], [7, 8, 9]):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    [table] = look("x.xlsx", file.getvalue())["tables"]
    assert table["above"] == [{"skiprows": 0, "text": "Title"}]
    assert table["starts"] == [4, 5, 6]
    [again] = look("x.xlsx", file.getvalue(), skiprows=4)["tables"]
    assert [column["name"] for column in again["columns"]] == ["1", "0", "3"]
    assert [one["text"] for one in again["above"]] == ["Title", "a  b  c"]
    [bare] = look("x.xlsx", file.getvalue(), header=False)["tables"]
    assert (bare["above"], bare["starts"]) == ([], [0, 2, 4, 5, 6])


def test_how_sure_a_guess_is(look: Looker) -> None:
    preview = look("x.csv", "1,a\n2\n3,é,c\n".encode("cp1252"))
    sureness = {guess["about"]: guess["sureness"] for guess in preview["guesses"]}
    assert sureness == {
        "Encoding": "unsure",
        "Separator": "unsure",
        "Header": "unsure",
        "Types": "certain",
    }


def test_csv_as_it_is_asked_for(look: Looker) -> None:
    text = "title\na,b\n1,ü\n".encode("latin-1")
    preview = look(
        "x.csv", text, name="y", skiprows=1, header=False, delimiter=",", encoding="latin-1"
    )
    [table] = preview["tables"]
    assert table["name"] == "y"
    assert table["rows"] == [["a", "b"], ["1", "ü"]]
    assert [column["name"] for column in table["columns"]] == ["untitled_1", "untitled_2"]
    assert (preview["header"], preview["skiprows"]) == (False, 1)
    assert preview["kindInWords"] == "CSV, comma-separated, Windows-1252"


def test_head_of_csv_leaves_the_row_out_that_is_cut(look: Looker) -> None:
    [table] = look("x.csv", "a,b\n1,2\n3,", complete=False)["tables"]
    assert table["rows"] == [[1, 2]]
    assert table["count"] is None


def test_head_of_a_text_that_is_cut_in_a_character(look: Looker) -> None:
    assert look("x.csv", "a,b\n1,ü".encode()[:-1], complete=False)["encoding"] == "utf-8"


@pytest.mark.parametrize(
    ("name", "data", "complete", "words", "count"),
    [
        ("x.json", '[{"a": 1}, {"a": 2}]', True, "JSON", 2),
        ("x.json", '[{"a": 1}, {"a": 2}, {"a"', False, "JSON", None),
        ("x.jsonl", '{"a": 1}\n{"a": 2}\n{"a"', False, "JSON, one value a line", None),
        ("x.jsonl", '{"a": 1}\n{"a": 2}\n', True, "JSON, one value a line", 2),
    ],
)
def test_json(
    look: Looker, name: str, data: str, complete: bool, words: str, count: int | None
) -> None:
    preview = look(name, data, complete)
    [table] = preview["tables"]
    assert (preview["kind"], preview["kindInWords"]) == ("json", words)
    assert (table["rows"], table["count"]) == ([[1], [2]], count)
    assert table["pk"] == ["a"]


def test_sqlite(look: Looker) -> None:
    preview = look("x.db", look.folder.database("data").read_bytes()[:4096], complete=False)
    assert preview == {
        "kind": "sqlite",
        "kindInWords": "SQLite database",
        "database": "x",
        "databases": ["data"],
        "taken": False,
        "tables": [],
    }
    assert look("data.db", b"SQLite format 3\0" + bytes(84))["taken"] is True


def test_sql(look: Looker) -> None:
    script = "create table t (id integer primary key, n);\ninsert into t values (1, 'x');\ninsert"
    [table] = look("x.sql", script, complete=False)["tables"]
    assert (table["name"], table["rows"]) == ("t", [[1, "x"]])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_has_a_preview_or_a_sentence(look: Looker, file: AwkwardFile) -> None:
    data = file.make()
    for complete in (True, False):
        try:
            preview = look(file.name, data, complete)
        except SourceError as error:
            assert file.name in error.message
        else:
            for table in preview["tables"]:
                widths = {len(row) for row in table["rows"]}
                assert widths <= {len(table["columns"])}
                assert len(table["rows"]) <= 8
    if file.tables is not None and data[:6] != b"SQLite":
        tables = look(file.name, data)["tables"]
        assert {table["name"] for table in tables} == {
            name for name in file.tables if not name.endswith("_rejected")
        }


@pytest.mark.cpu_seconds(1)  # it takes about 0.05
def test_head_is_looked_at_in_no_time(look: Looker) -> None:
    row = ",".join(f"value {n}" for n in range(20))
    data = (row + "\n") * (256 * 1024 // len(row))
    look("x.csv", data, complete=False)
