import gzip
import io
import zipfile
from pathlib import Path

import pytest

from engine.errors import SourceError
from engine.importing.file_kinds import (
    empty_source,
    kind_of,
    refuse_other_formats,
    refuse_other_spreadsheets,
    refuse_other_texts,
)


def zip_file() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", "a,b\n")
    return file.getvalue()


@pytest.mark.parametrize(
    ("head", "what", "hint"),
    [
        (b"SQLite format 3\0" + bytes(84), "SQLite database", "?url="),
        (gzip.compress(b"a,b\n1,2\n"), "gzip", "Unpack"),
        (zip_file(), "ZIP archive", "Unpack"),
        (b"PAR1\x15\x04", "Parquet", "as CSV"),
        (b"%PDF-1.7\n", "PDF", "as CSV"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "Git LFS pointer",
            "Download",
        ),
    ],
    # Not the content: gzip writes the second into it, and two processes must name a test alike.
    ids=["SQLite", "gzip", "ZIP", "Parquet", "PDF", "Git LFS"],
)
def test_other_format_is_named(head: bytes, what: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        refuse_other_formats(head, "https://example.com/x.csv", "CSV")
    assert what in caught.value.message
    assert "https://example.com/x.csv" in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.source == "https://example.com/x.csv"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<!DOCTYPE html>\n<title>Log in</title>", "web page"),
        ("\ufeff\n  <!doctype HTML>", "web page"),
        ("<html lang=en>", "web page"),
        ('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
        ("a,b\n\0\1,2", "binary"),
    ],
)
def test_other_text_is_named(text: str, what: str) -> None:
    with pytest.raises(SourceError) as caught:
        refuse_other_texts(text, "x.csv", "CSV")
    assert what in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "html,head\n<b>,1\n", "version,size\n", "x", ""])
def test_csv_is_not_refused(text: str) -> None:
    refuse_other_formats(text.encode(), "x.csv", "CSV")
    refuse_other_texts(text, "x.csv", "CSV")


def test_empty_source_says_so() -> None:
    assert "x.csv is empty" in empty_source("x.csv").message


def excel_head() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"a,b\n", "https://a.test/x.csv?y=z.json", "csv"),
        (b"a\tb\n", "x.tsv", "csv"),
        (b"[]", "x.geojson", "json"),
        (b"{}", "x.ndjson", "json"),
        (b"-- x", "x.sql", "sql"),
        (b"title: x", "https://a.test/metadata.yaml", "metadata"),
        (b"settings: {}", "datasette.yml", "config"),
        (b"{}", "metadata.json", "metadata"),
        (b'\xef\xbb\xbf [{"a": 1}]', "data", "json"),
        (b"-- dump\nBEGIN TRANSACTION;\nCREATE", "dump.txt", "sql"),
        (b"/* x */ create table t (a);", "dump", "sql"),
        (b"created,at\n1,2\n", "data", "csv"),
        (b"insert,into\n1,2\n", "data.txt", "csv"),
        (b"SQLite format 3\0" + bytes(84), "x.csv", "sqlite"),
        (b"anything", "x.sqlite3", "sqlite"),
        (b"PAR1", "x.bin", "parquet"),
        (excel_head(), "x.zip", "excel"),
        (b"\xd0\xcf\x11\xe0", "x", "excel"),
    ],
)
def test_kind_is_told_by_bytes_then_by_name_then_by_text(head: bytes, name: str, kind: str) -> None:
    assert kind_of(head, name, "auto") == kind


@pytest.mark.parametrize(
    ("parameter", "head", "kind"),
    [
        ("csv", b"[]", "csv"),
        ("json", b"a,b\n", "json"),
        ("sql", b"a,b\n", "sql"),
        ("url", b"a,b\n", "sqlite"),
        ("csv", b"SQLite format 3\0", "sqlite"),
        ("json", excel_head(), "excel"),
        ("csv", b"PAR1", "parquet"),
        ("metadata", b"SQLite format 3\0", "metadata"),
    ],
)
def test_what_a_file_is_beats_what_it_was_given_as(parameter: str, head: bytes, kind: str) -> None:
    assert kind_of(head, "x.json", parameter) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b'{"a": 1}\tx\n{"b": 2}\ty\n', "csv"),
        (b'\xef\xbb\xbf{"id": 1},2\n', "csv"),
        (b'{"id": 1};2\n', "csv"),
        (b'{"a": 1}\t{"b": 2}\n', "csv"),
        (b'[{"a": 1}],x\n', "csv"),
        (b'{"a": 1}', "json"),
        (b'{"a": 1}\r\n{"a": 2}\r\n', "json"),
        (b'{"a": 1},\n{"a": 2}\n', "json"),
        (b'{"a": 1} {"a": 2}', "json"),
        (b'{"a": 1}{"a": 2}', "json"),
        (b'{"a": 1} // one\n', "json"),
        (b'{"a": [1, 2', "json"),
        (b'{"a": ' + b"[" * 50_000, "json"),
        (b'[{"a": 1,}]', "json"),
        (b' [\n{"a": "\xff"}\n] \n', "json"),
    ],
)
def test_lines_that_begin_with_json_are_csv(head: bytes, kind: str) -> None:
    assert kind_of(head, "x", "csv") == kind


@pytest.mark.parametrize(
    ("good", "bad"),
    [(b"PK\1\2", b"PK\0\2"), (b"PK\5\6", b"PK\0\6"), (b"spreadsheet", b"changed")],
    ids=["directory", "its end", "content"],
)
def test_damaged_zip_files_are_no_spreadsheets(tmp_path: Path, good: bytes, bad: bytes) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "spreadsheet")
        archive.writestr("content.xml", "")
    path = tmp_path / "x.ods"
    path.write_bytes(file.getvalue().replace(good, bad))
    with pytest.raises(SourceError, match="only part of a spreadsheet, or damaged"):
        refuse_other_spreadsheets(path, "x.ods")
