import gzip
import io
import zipfile

import pytest

from engine.errors import SourceError
from engine.file_kinds import empty_source, refuse_other_formats, refuse_other_texts


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
