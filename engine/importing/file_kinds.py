"""Finds out what a file is, whatever its name or the link's parameter says.

People paste the address of a page about a file, or of the file in another format, far more often
than that of a broken file, and "12 columns expected" does not help them. A file's bytes count if
they leave no doubt; otherwise the parameter, the name and the beginning of the text decide.

Each kind's own module checks the contents. shell/worker/sources/unpack.js has unpacked the file
before.
"""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Literal

from engine.errors import SourceError
from engine.importing.json_depth import check_depth
from engine.importing.zip_errors import UNREADABLE_ZIP

#: The kinds that can be imported. JavaScript reads Parquet.
Kind = Literal["sqlite", "csv", "json", "sql", "excel", "parquet", "metadata", "config"]

IN_WORDS: dict[Kind, str] = {
    "sqlite": "a SQLite database",
    "csv": "CSV",
    "json": "JSON",
    "sql": "a SQL script",
    "excel": "a spreadsheet",
    "parquet": "a Parquet file",
    "metadata": "Datasette metadata",
    "config": "a Datasette configuration",
}

# Extensions of files with a JSON value on each line.
_JSON_LINES: tuple[str, ...] = ("ndjson", "jsonl", "ldjson", "geojsonl", "geojsons")

_BY_SUFFIX: dict[str, Kind] = {
    "csv": "csv",
    "tsv": "csv",
    "tab": "csv",
    "psv": "csv",
    "json": "json",
    "geojson": "json",
    **dict.fromkeys(_JSON_LINES, "json"),
    "sql": "sql",
    "parquet": "parquet",
    "db": "sqlite",
    "db3": "sqlite",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    "xlsx": "excel",
    "xlsm": "excel",
    "xlsb": "excel",
    "xls": "excel",
    "ods": "excel",
}

# Files that Datasette itself reads from the folder that it is started in.
_BY_NAME: dict[str, Kind] = {
    **dict.fromkeys(("metadata.json", "metadata.yaml", "metadata.yml"), "metadata"),
    **dict.fromkeys(("datasette.json", "datasette.yaml", "datasette.yml"), "config"),
}

_JSON = re.compile(rb'\s*(?:\[\s*)?\{\s*"[^"\\\r\n]*"\s*:')

# What may follow a JSON value: the end of its line, another value, or a comment. A tab, or a comma
# within a line, separates it from the next cell of a CSV file.
_AFTER_JSON = re.compile(r"[ \t]*+(?:,[ \t]*+)?(?:[\r\n]|\Z)|[ ]*+[{\[/\x1e]")

# How the first statement of a script begins, after comments.
_SQL = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:BEGIN\s*(?:TRANSACTION)?\s*;|(?:PRAGMA\s+\w+|INSERT\s+INTO\s+"
    r"|DROP\s+TABLE|CREATE\s+(?:TEMP\w*\s+|VIRTUAL\s+|UNIQUE\s+)?(?:TABLE|VIEW|INDEX|TRIGGER))\b)",
    re.IGNORECASE | re.DOTALL,
)

_HEAD = 64 * 1024

# The limit for a spreadsheet; Python's memory has 4 GB at most.
_MOST_UNPACKED = 2_000_000_000
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"


def kind_of(head: bytes, name: str, parameter: str) -> Kind:
    """Return the kind of a file.

    :param head: its first bytes, a few KB.
    :param name: its URL or name.
    :param parameter: the link's parameter, "auto" if there was none.
    """
    if parameter in ("metadata", "config"):
        return "metadata" if parameter == "metadata" else "config"
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(_ZIP) and _is_excel(head):
        return "excel"
    if parameter == "excel" and text_called_spreadsheet(head, name):
        return "csv"
    if parameter == "csv" and is_json(head):
        return "json"
    if parameter != "auto":
        given: dict[str, Kind] = {"url": "sqlite", "json": "json", "sql": "sql", "excel": "excel"}
        return "parquet" if parameter == "parquet" else given.get(parameter, "csv")
    file_name = _file_name(name)
    if file_name in _BY_NAME:
        return _BY_NAME[file_name]
    suffix = file_name.rpartition(".")[2]
    if suffix in _BY_SUFFIX and not text_called_spreadsheet(head, name):
        return _BY_SUFFIX[suffix]
    if head.startswith(_OLE):
        return "excel"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith((b"{", b"[")):
        return "json"
    return "sql" if _SQL.match(text[:4096].decode("utf-8", "replace")) else "csv"


def is_json(head: bytes) -> bool:
    """Return whether a file begins with an object, or a list of them, that has a member, and does
    not go on like a CSV file whose first cell that is.
    """
    if _JSON.match(head.removeprefix(b"\xef\xbb\xbf")) is None:
        return False
    text = head.decode("utf-8-sig", "replace").lstrip()
    try:
        check_depth(text)
        _, end = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return True  # the head may end within the value
    return _AFTER_JSON.match(text, end) is not None


def is_called_lines(name: str) -> bool:
    """Return whether a file's name or URL says that it holds a JSON value on each line."""
    return _file_name(name).rpartition(".")[2] in _JSON_LINES


def _file_name(name: str) -> str:
    return name.split("#")[0].split("?")[0].rpartition("/")[2].lower()


def text_called_spreadsheet(head: bytes, name: str) -> bool:
    """Return whether a file is text with the name of a spreadsheet, as many programs write."""
    suffix = _file_name(name).rpartition(".")[2]
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_text = text != b"" and not text.startswith((b"<", b"PK", _OLE)) and b"\0" not in head
    return _BY_SUFFIX.get(suffix) == "excel" and is_text


def read_head(path: Path) -> bytes:
    """Return as much of a file as `kind_of` looks at."""
    with path.open("rb") as file:
        return file.read(_HEAD)


def _is_excel(head: bytes) -> bool:
    # In a zip file, each name comes before its content.
    if b"application/vnd.oasis.opendocument.spreadsheet" in head[:200]:
        return True
    return b"xl/" in head or (
        b"[Content_Types].xml" in head[:200] and b"word/" not in head and b"ppt/" not in head
    )


def is_zip(path: Path) -> bool:
    """Return whether a file begins like a zip file."""
    return read_head(path).startswith(_ZIP)


def refuse_other_spreadsheets(path: Path, source: str) -> None:
    """Refuse a file that is not a spreadsheet that can be read here.

    Raises:
        SourceError: it is another format, or protected.
    """
    head = read_head(path)
    if head.startswith(_OLE):
        # The directory of such a file is anywhere in it, and its names are UTF-16.
        content = path.read_bytes()
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise SourceError(
                f"{source} is protected with a password.",
                source=source,
                hint="Open it in Excel, save a copy without a password, and open that one.",
            )
        names = ("Workbook", "Book", "WORKBOOK", "BOOK")
        if not any(name.encode("utf-16-le") in content for name in names):
            raise SourceError(
                f"{source} is an old Office file, but not an Excel file (.xls).",
                source=source,
                hint="Open it in the program it was made with, and save the data as CSV.",
            )
        return
    if head.startswith(_ZIP):
        try:
            _refuse_other_documents(path, source)
        except UNREADABLE_ZIP as error:
            raise SourceError(
                f"{source} is only part of a spreadsheet, or damaged.",
                source=source,
                hint="The download may have been cut off. Try again, or get a fresh copy.",
            ) from error
        return
    refuse_other_formats(head, source, "Excel")
    refuse_other_texts(head.decode("utf-8", "replace"), source, "Excel")
    raise SourceError(
        f"{source} is not an Excel file: its first bytes are not those of one.",
        source=source,
        hint="If it is a CSV file, open it with ?csv= instead.",
    )


def _refuse_other_documents(path: Path, source: str) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > _MOST_UNPACKED:
            raise SourceError(
                f"{source} has more than {_MOST_UNPACKED // 10**9} GB unpacked, so it can't be"
                " opened here.",
                source=source,
                hint="Save the sheets that you need as CSV, and open those.",
            )
        names = {member.filename for member in members}
        is_document = "content.xml" in names and not _is_spreadsheet(archive)
    for part, what in (("word/document.xml", "Word"), ("ppt/presentation.xml", "PowerPoint")):
        if part in names:
            raise _other_document(source, f"a {what} file")
    if is_document:
        raise _other_document(source, "another OpenDocument file")


def _is_spreadsheet(archive: zipfile.ZipFile) -> bool:
    """Return whether an OpenDocument file is a spreadsheet."""
    return "mimetype" not in archive.namelist() or b"spreadsheet" in archive.read("mimetype")


def _other_document(source: str, what: str) -> SourceError:
    return SourceError(
        f"{source} is not a spreadsheet but {what}.",
        source=source,
        hint="Copy the table into a spreadsheet program, and save it as .xlsx or CSV.",
    )


_UNPACK = "Unpack it, and open the file inside."
_SAVE_AS_CSV = "Save the data as CSV, and open that file."

# First bytes, what the file then is, and what the person can do.
_OTHER_FORMATS = (
    (b"SQLite format 3\0", "a SQLite database", "Open it with ?url= instead of ?csv=."),
    (b"\x1f\x8b", "a gzip file", _UNPACK),
    (
        b"PK\x03\x04",
        "a ZIP archive, or an Excel or OpenDocument file, which is one too",
        "Unpack it and open the CSV file inside; from a spreadsheet, save a sheet as CSV.",
    ),
    (b"BZh", "a bzip2 file", _UNPACK),
    (b"\xfd7zXZ\0", "an xz file", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0", "an old Excel or other Office file", _SAVE_AS_CSV),
    (b"PAR1", "a Parquet file", _SAVE_AS_CSV),
    (b"%PDF-", "a PDF file", _SAVE_AS_CSV),
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer: a note about where the data is kept, not the data",
        "Use the address that serves the file itself: the one its Download button leads to.",
    ),
)


def refuse_other_formats(head: bytes, source: str, wanted: str) -> None:
    """Refuse formats that the first bytes show.

    :param wanted: the format that was expected, such as "CSV".

    Raises:
        SourceError: it is another format.
    """
    for magic, what, hint in _OTHER_FORMATS:
        if head.startswith(magic):
            raise SourceError(f"{source} is not {wanted} but {what}.", source=source, hint=hint)


def refuse_other_texts(text: str, source: str, wanted: str) -> None:
    """Refuse formats that the decoded head of a file shows, whatever its encoding.

    Raises:
        SourceError: it is another kind of text, or not text.
    """
    start = text.lstrip("\ufeff \t\r\n")[:20].lower()
    if start.startswith(("<!doctype html", "<html", "<head")):
        raise SourceError(
            f"{source} is not {wanted} but a web page (HTML).",
            source=source,
            hint="The address may lead to a page about the file, a login or an error message."
            " Look for a Download or Raw link there, and use its address.",
        )
    if start.startswith("<?xml"):
        raise SourceError(
            f"{source} is not {wanted} but XML.",
            source=source,
            hint="Storage services answer like this when a file is missing or private. Open the"
            " address in a new tab to see what it says.",
        )
    if "\0" in text:
        raise SourceError(
            f"{source} is not {wanted}: it contains NUL bytes, so it is some binary file.",
            source=source,
            hint=_SAVE_AS_CSV,
        )


def empty_source(source: str) -> SourceError:
    """Return the error that says there is not even a header row."""
    return SourceError(
        f"{source} is empty: it has no header row.",
        source=source,
        hint="Check that the address is complete and that the file has content.",
    )
