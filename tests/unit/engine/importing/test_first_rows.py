"""The first rows that the booting page shows are those that Python will read, or there are none."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import SourceError
from engine.importing.csv_dialect import detect_dialect
from engine.importing.csv_records import CsvRecords, Misquoted
from engine.importing.imported import names_of
from engine.importing.options import ImportOptions
from tests.support.awkward_files import CSV_FILES

PROJECT = Path(__file__).parents[4]

#: What a value, quoted or not, may look like.
VALUES = ["", "x", "1", "2.5", "3,5", "word", "two words", "a;b", "c|d", "é", "=1+1", "NULL", " y "]
QUOTED = ['"x, y"', '"say ""hi"""', '"two\nlines"', '""', '"a;b"']
ODD = ['5" disk', "#x", "\\N", '\\"', ' "x, y"', "<b>", 'a"b"']
ABOVE = ["Report of 2024\n", "\n", "# a comment\n", "a, b, and c\n", "sep=;\n", "Title,,\n"]


@dataclass
class Case:
    """A file, how much of it has come, and the options of its link."""

    data: bytes
    cut: int | None = None
    options: dict[str, Any] = field(default_factory=dict)


def on_the_page(cases: Iterable[Case]) -> list[dict[str, Any] | None]:
    """Return what the page reads of each: columns and rows, or None."""
    heads = [
        {
            "bytes": base64.b64encode(case.data[: case.cut]).decode(),
            "isWhole": case.cut is None,
            "options": case.options,
        }
        for case in cases
    ]
    command = ["node", "tests/support/read_first_rows.js"]
    given = json.dumps(heads)
    done = subprocess.run(
        command, input=given, capture_output=True, check=True, cwd=PROJECT, text=True
    )
    read: list[dict[str, Any] | None] = json.loads(done.stdout)
    return read


async def _no_pause(_: int) -> None:
    pass


def in_python(path: Path, case: Case) -> tuple[list[str], list[list[str]]] | None:
    """Return column names and all records, as an import reads them; None if it can't."""
    path.write_bytes(case.data)
    options = ImportOptions.of(case.options)
    try:
        dialect = asyncio.run(detect_dialect(path, "x", _no_pause, options))
        try:
            header, records = _read(path, dialect)
        except Misquoted:
            header, records = _read(path, replace(dialect, tokenized=True))
    except SourceError:
        return None
    if options.header is False:
        header, records = [""] * len(header), [header, *records]
    return names_of(header, {}), records


def _read(path: Path, dialect: Any) -> tuple[list[str], list[list[str]]]:
    with CsvRecords(path, dialect, "x") as reader:
        header = reader.header()
        records: list[list[str]] = []
        while header is not None and (more := reader.slice()):
            records += more
        return header or [], records


def differences(tmp_path: Path, cases: list[Case]) -> Iterator[str]:
    """Yield a description of each case that the page reads in another way than Python."""
    for case, read in zip(cases, on_the_page(cases), strict=True):
        if read is None:
            continue
        found = in_python(tmp_path / "x.csv", case)
        if found is None:
            yield f"Python refuses {case}"
            continue
        names, records = found
        count = len(read["rows"])
        rows = [[value.replace("\r\n", "\n").replace("\r", "\n") for value in r] for r in records]
        rows = [row + [""] * (len(names) - len(row)) for row in rows]
        if (read["columns"], read["rows"]) != (names, rows[:count]):
            yield f"{case}: {read} instead of {names} {rows[:count]}"


def random_case(chance: random.Random) -> Case:
    delimiter = chance.choice(",,,;;\t|")
    width = chance.randint(1, 5)
    values = VALUES + QUOTED * chance.randint(0, 1) + ODD * (chance.random() < 0.2)
    newline = chance.choice(["\n", "\n", "\r\n", "\r"])
    head = chance.sample(["id", "name", "the name", "n", "", "größe", '"a, b"', "2"], width)
    lines = [head]
    for _ in range(chance.randint(0, 20)):
        is_ragged = chance.random() < 0.03
        lines.append(chance.choices(values, k=width + chance.choice([-1, 1]) * is_ragged))
    text = "".join(f"{delimiter.join(line)}\n" for line in lines)
    if chance.random() < 0.15:
        text = "".join(chance.choices(ABOVE, k=chance.randint(1, 3))) + text
    if chance.random() < 0.2:
        text = text.removesuffix("\n")
    encoding = chance.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])
    data = text.replace("\n", newline).encode(encoding)
    cut = chance.randint(1, len(data)) if chance.random() < 0.5 else None
    options: dict[str, Any] = {}
    if chance.random() < 0.2:
        options["header"] = False
    if chance.random() < 0.2:
        options["delimiter"] = chance.choice([delimiter, "semicolon", "tab"])
    if chance.random() < 0.1:
        options["skiprows"] = chance.randint(0, 2)
    return Case(data, cut, options)


def test_awkward_files_are_read_alike(tmp_path: Path) -> None:
    files = [file.make() for file in CSV_FILES]
    cases = [Case(data) for data in files] + [Case(data, len(data) // 2) for data in files]
    assert list(differences(tmp_path, cases)) == []


@pytest.mark.parametrize("seed", range(4))
def test_random_files_are_read_alike(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    cases = [random_case(chance) for _ in range(250)]
    assert list(differences(tmp_path, cases)) == []
    assert sum(read is not None for read in on_the_page(cases)) > 25
