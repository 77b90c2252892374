"""Files of public bug reports, and packed ones, from links and from the disk, in a real browser."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.bringing import drop, import_all
from tests.support.browsing import follow, link
from tests.support.hosts import DataHost, RangeHabits
from tests.support.shop import fetch_json
from tests.support.spreadsheets import ods, xls

REPORTED = Path(__file__).parent.parent / "fixtures" / "reported"

# Two frames: a, 1 and 2. Python before 3.14 cannot write them.
ZSTD = base64.b64decode("KLUv/SAEIQAAYQoxCii1L/0gAhEAADIK")


def _tar(mode: Any, **files: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("__", "."))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def _bgzip() -> bytes:
    """Two blocks of bgzip's, and its empty one at the end."""
    blocks = b""
    for text in (b"a\n1\n", b"2\n", b""):
        packed = gzip.compress(text)
        extra = b"\x06\0BC\x02\0" + (len(packed) + 7).to_bytes(2, "little")
        blocks += packed[:3] + b"\x04" + packed[4:10] + extra + packed[10:]
    return blocks


TWO = b"a\n1\n2\n"
PACKED = {
    "members.csv.gz": gzip.compress(b"a\n1\n") + gzip.compress(b"2\n"),
    "padded.csv.gz": gzip.compress(TWO) + bytes(512),
    "blocks.csv.bgz": _bgzip(),
    "xz.csv.xz": lzma.compress(TWO),
    "bzip.csv.bz2": bz2.compress(TWO),
    "zstd.csv.zst": ZSTD,
    "tar.tar": _tar("w", tar__csv=TWO),
    "tgz.tgz": _tar("w:gz", tgz__csv=TWO, readme__txt=b"about"),
    "old.xls": xls({"one": [["a"], [1], [2]]}),
    "open.ods": ods([[("string", "a")], [("float", "1")], [("float", "2")]]),
}


def _rows(page: Page, table: str) -> list[dict[str, Any]]:
    root = page.url.split("/data")[0]
    status, rows = fetch_json(page, f"{root}/data/{table}.json?_shape=array")
    assert status == 200, (table, rows)
    return [{k: v for k, v in row.items() if k != "rowid"} for row in rows]


def test_packed_files_and_spreadsheets_from_a_link(page: Page, site: str, files: DataHost) -> None:
    parameters = "&".join(
        f"{'excel' if name.endswith(('xls', 'ods')) else 'csv'}={files.add(name, content)}"
        for name, content in PACKED.items()
    )
    # The browser unpacks this one, whatever it is called.
    encoded = {"Content-Encoding": "gzip"}
    parameters += f"&csv={files.add('sent.csv.gz', gzip.compress(TWO), headers=encoded)}"
    follow(page, f"{site}?{parameters}&temporary=1#/data/members")
    assert _rows(page, "sent") == [{"a": 1}, {"a": 2}]
    for name in PACKED:
        assert _rows(page, name.partition(".")[0]) == [{"a": 1}, {"a": 2}], name


def test_packed_files_from_the_disk(page: Page, site: str) -> None:
    follow(page, link(site, memory="1"))
    drop(page, PACKED)
    import_all(page)
    page.wait_for_url("**/data/members")
    for name in PACKED:
        assert _rows(page, name.partition(".")[0]) == [{"a": 1}, {"a": 2}], name


def test_reported_files_and_what_is_said_of_them(page: Page, site: str, files: DataHost) -> None:
    kinds = {
        "csv": "csv",
        "gz": "csv",
        "tsv": "csv",
        "geojson": "json",
        "json": "json",
        "xlsx": "excel",
    }
    parameters = "&".join(
        f"{kinds[path.suffix[1:]]}={files.add(path.name, path.read_bytes())}"
        for path in sorted(REPORTED.iterdir())
    )
    follow(page, f"{site}?{parameters}#/data/preamble")
    assert _rows(page, "preamble")[1] == {
        **{"idImpianto": 3465, "Gestore": "BETA; SRL", "Latitudine": 42.0}
    }
    assert _rows(page, "backslash")[1] == {"foo": 123, "bar": 'foo ("foo")'}
    assert len(_rows(page, "quotes")) == 3
    assert [row["name"] for row in _rows(page, "rs")] == ["sign 244", "sign 245"]
    assert _rows(page, "shape") == [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]
    assert _rows(page, "strict") == [{"day": "2024-02-16", "n": 5}]
    assert _rows(page, "empty_fill") == [{"a": 5}]
    assert _rows(page, "hidden") == [{"a": 1}]
    assert [row["id"] for row in _rows(page, "members")] == [1, 2, 3, 4]
    notices = page.get_by_role("status", name="About this data")
    expect(notices).to_contain_text("Sheets lookup and deep are hidden and were left out.")
    expect(notices).to_contain_text("“Estrazione del 2025-01-06”")


def test_options_in_vain_are_told_on_the_page_and_with_the_source(
    page: Page, site: str, files: DataHost
) -> None:
    address = files.add("x.csv", b"id;n\n1;1,5\n2;NA\n")
    query = f"?csv={address}&pk=idd&fts=nope&drop=gone&decimal=,&null=NA"
    follow(page, f"{site}{query}#/data/x")
    assert _rows(page, "x") == [{"id": 1, "n": 1.5}, {"id": 2, "n": None}]
    notices = page.get_by_role("status", name="About this data")
    told = [
        "'idd' for a primary key",
        "'nope' to search",
        "'gone' to leave out",
        "read as NULL: NA",
    ]
    for words in told:
        expect(notices).to_contain_text(words)
    follow(page, page.url.replace("/data/x", "/-/sources"))
    for words in told:
        expect(page.locator("main").get_by_text(words)).to_be_visible()


def _database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t as select 1 as id")
    return connection.serialize()


def test_options_that_do_nothing_are_told_for_every_kind_of_file(
    page: Page, site: str, files: DataHost
) -> None:
    ranges = RangeHabits(etag='"1"')
    csv = files.add("c.csv", b"id,name\n1,a\n")
    json = files.add("j.json", b'[{"id": 1e999, "a": 1, "a": 2}]')
    excel = files.add("e.xls", xls({"S": [["id"], [1]]}))
    sql = files.add("s.sql", b"create table s (a); insert into s values (1);")
    whole = files.add("d.db", _database())
    by_block = files.add("large.db", _database(), ranges=ranges)
    sources = [
        f"csv={csv}&skiprows=many&hidden=1&fts=NAME&dates=dmy",
        f"json={json}&delimiter=;&pk=a&drop=a",
        f"excel={excel}&decimal=,&fts=true",
        f"sql={sql}&pk=a",
        f"url={whole}&pk=idd&fts=nope&drop=nope",
        f"url={by_block}&range=1&pk=idd&encoding=utf-8",
    ]
    follow(page, f"{site}?{'&'.join(sources)}#/data")
    notices = page.get_by_role("status", name="About this data")
    told = [
        "skiprows=many was not used, since it is not a number of lines.",
        "This option does nothing for CSV: hidden.",
        "No column holds only dates as dates=dmy describes them.",
        "1 of the values is infinite, or too large for a number.",
        "1 member has the same name as a later one in the same object, such as 'a'",
        "Column a is left out, so it can't be part of the primary key.",
        "This option does nothing for JSON: delimiter.",
        "This option does nothing for a spreadsheet: decimal.",
        "There is no column with text to search in.",
        "This option does nothing for a SQL script: pk.",
        "These options do nothing for a SQLite database: pk, fts, drop.",
        "These options do nothing for a SQLite database: pk, encoding.",
    ]
    for words in told:
        expect(notices).to_contain_text(words)
    root = page.url.split("/data")[0]
    assert fetch_json(page, f"{root}/data/c.json?_search=a&_shape=array")[1][0]["name"] == "a"
    follow(page, f"{root}/-/sources")
    for words in told:
        expect(page.locator("main").get_by_text(words)).to_be_visible()


def test_dialog_shows_what_is_sure_and_lets_it_be_changed(page: Page, site: str) -> None:
    follow(page, link(site, memory="1"))
    drop(page, {"x.csv": b"Title\nid;price;day\n1;1.234,5;31.12.2024\n2;NA;1.1.2025\n"})
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 line above the header was left out: “Title”.")
    expect(dialog.get_by_label("Skip lines")).to_have_value("1")
    dialog.get_by_text("Numbers, dates, quotation marks and more").click()
    dialog.get_by_label("Decimal sign").select_option(",")
    dialog.get_by_label("Thousands").select_option(".")
    dialog.get_by_label("Words that mean NULL").fill("NA")
    dialog.get_by_label("Words that mean NULL").press("Tab")
    dialog.get_by_label("Dates").select_option("dmy")
    expect(dialog.get_by_role("cell", name="2024-12-31")).to_be_visible()
    expect(dialog.get_by_label("Type of price")).to_have_value("float")
    dialog.get_by_role("button", name="Import", exact=True).click()
    dialog.get_by_role("button", name="Show the data").click()
    page.wait_for_url("**/data/x")
    assert _rows(page, "x") == [
        {"id": 1, "price": 1234.5, "day": "2024-12-31"},
        {"id": 2, "price": None, "day": "2025-01-01"},
    ]


def test_hidden_sheets_can_be_chosen(page: Page, site: str) -> None:
    follow(page, link(site, memory="1"))
    drop(page, {"hidden.xlsx": (REPORTED / "hidden.xlsx").read_bytes()})
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Import deep")).not_to_be_checked()
    expect(dialog.get_by_label("Import visible")).to_be_checked()
    dialog.get_by_label("Import deep").check()
    dialog.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/data")
    assert _rows(page, "visible") == [{"a": 1}]
    assert _rows(page, "deep") == [{"secret": 3}]
