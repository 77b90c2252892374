"""Imports a JSON file as a table.

Long work is done in slices: a document is parsed and inserted value by value (json_pieces.py). A
document is in memory as a whole; a file with lines of JSON never is.

json_shapes.py knows the shapes of documents, and loose_table.py chooses types.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import SourceError
from engine.importing.csv_dialect import decode_head, decode_part, decode_text, head_encoding
from engine.importing.file_kinds import (
    empty_source,
    is_called_lines,
    read_head,
    refuse_other_formats,
    refuse_other_texts,
)
from engine.importing.imported import Imported, Rejected
from engine.importing.json_depth import check_depth, loads
from engine.importing.json_pieces import parse_in_pieces
from engine.importing.json_shapes import nested_too_deeply, row_of_any, shape_of
from engine.importing.json_values import RECORD_SEPARATOR, JsonParser
from engine.importing.loose_table import LooseTable
from engine.importing.options import ImportOptions
from engine.pace import Breathe, Pace

_SLICE_ROWS = 500
_SLICE_BYTES = 256 * 1024
_LINE_LIMIT = 32 * 1024 * 1024

# In characters: shorter documents take less than a turn and are parsed at once.
_LARGE = 1024 * 1024

# In characters: more would take seconds at a stretch.
_LARGEST_RELAXED = 16 * 1024 * 1024

# How many characters of faulty text a message shows.
_EXCERPT = 60


async def import_json(
    path: Path,
    conn: sqlite3.Connection,
    table: str,
    source: str,
    options: ImportOptions,
    pace: Pace,
    share: float = 1,
) -> Imported:
    """Import a JSON file as a new table, within the transaction of the caller.

    :param source: what to call the file in errors.
    :param share: the part of the whole task that this is.

    Raises:
        SourceError: the file is not JSON, or not a table.
    """
    head = read_head(path)
    if not head.strip():
        raise empty_source(source)
    refuse_other_formats(head, source, "JSON")
    loose = LooseTable(conn, source)
    rejected = Rejected(conn, table)
    parser = JsonParser()
    primary_key: list[str] = []
    notes: list[str] = []
    if is_sequence(head):
        notes += await _read_texts(_sequence(path), parser, loose, rejected, pace, share * 0.7)
    elif is_lines(path, source):
        notes += await _read_texts(_lines(path), parser, loose, rejected, pace, share * 0.7)
    else:
        await pace.rest()
        text = read_text(path, source)
        await pace.rest()
        document = await _parse(text, source, pace.part(0, share * 0.3, len(text)), parser)
        del text
        await pace.rest(share * 0.3)
        shape = shape_of(document, source, options.header)
        del document
        primary_key = list(shape.primary_key)
        notes += [shape.note] if shape.note else []
        loose.widen(shape.columns)
        breathe = pace.part(share * 0.3, share * 0.7, len(shape))
        for start in range(0, len(shape), _SLICE_ROWS):
            batch = shape.part(start, start + _SLICE_ROWS)
            if shape.is_lists:
                loose.add_lists(batch)
            else:
                loose.add_objects(batch)
            pace.count(len(batch))
            await breathe(start)
    made = await loose.finish(
        table,
        options,
        pace.part(share * 0.7, share, loose.rows),
        primary_key=primary_key,
        rejected=rejected,
    )
    made.notes[:0] = [*notes, *parser.notes()]
    made.first_rejected = rejected.first_line
    return made


def is_lines(path: Path, name: str) -> bool:
    """Return whether a file holds a JSON value on each line.

    A single line is a document and is not parsed to find out. It is a row only if it is an object
    and the file's name says so, as in rows.ndjson.

    :param name: the file's name or URL.
    """
    with path.open("rb") as file:
        first = _first_line(file)
        if not any(line.strip() for line in iter(lambda: file.readline(_LINE_LIMIT), b"")):
            return is_called_lines(name) and _without_mark(first).lstrip().startswith("{")
    try:
        loads(_without_mark(first))
    except (ValueError, RecursionError):
        return False
    return first.endswith(b"\n")


def _first_line(file: Any) -> bytes:
    while line := file.readline(_LINE_LIMIT):
        if line.strip(b"\xef\xbb\xbf \t\r\n"):
            return bytes(line)
    return b""


def _without_mark(line: bytes) -> str:
    return line.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


@dataclass(frozen=True)
class _Text:
    """One JSON text of several in a file."""

    text: str
    line: int  # in which it begins, from 1
    position: int  # where it ends in the file, in bytes
    is_utf8: bool  # or else Windows-1252


def _lines(path: Path) -> Iterator[_Text]:
    position = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            position += len(line)
            if line.strip():
                text, is_utf8 = decode_part(line.removeprefix(b"\xef\xbb\xbf"))
                yield _Text(text.rstrip("\r\n"), number, position, is_utf8)


def is_sequence(head: bytes) -> bool:
    """Return whether a file is a JSON text sequence, where a control character begins each text."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(RECORD_SEPARATOR.encode())


def _sequence(path: Path) -> Iterator[_Text]:
    separator, rest, line, position = RECORD_SEPARATOR.encode(), b"", 1, 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_SLICE_BYTES)
            *texts, rest = (rest + chunk).split(separator)
            if not chunk:
                texts, rest = [*texts, rest], b""
            for text in texts:
                position += len(text) + 1
                if text.strip(b"\xef\xbb\xbf \t\r\n"):
                    decoded, is_utf8 = decode_part(text.removeprefix(b"\xef\xbb\xbf"))
                    yield _Text(decoded.strip(), line, position, is_utf8)
                line += text.count(b"\n")
            if not chunk:
                return


async def _read_texts(
    texts: Iterable[_Text],
    parser: JsonParser,
    loose: LooseTable,
    rejected: Rejected,
    pace: Pace,
    share: float,
) -> list[str]:
    """Read JSON texts into a table; return notes on them."""
    breathe = pace.part(0, share)
    objects: list[dict[str, Any]] = []
    size = foreign = 0
    for number, one in enumerate(texts, 1):
        foreign += not one.is_utf8
        try:
            value = parser.parse(one.text)
        except (ValueError, RecursionError) as error:
            reason = f"It is not JSON: {getattr(error, 'msg', error)}."
            rejected.add_text(number, reason, one.text, one.line)
            continue
        objects.append(row_of_any(value))
        size += len(one.text)
        if len(objects) >= _SLICE_ROWS or size >= _SLICE_BYTES:
            loose.add_objects(objects)
            pace.count(len(objects))
            objects, size = [], 0
            await breathe(one.position)
    loose.add_objects(objects)
    pace.count(len(objects))
    if not foreign:
        return []
    what, was = ("1 row is", "it was") if foreign == 1 else (f"{foreign:,} rows are", "they were")
    return [f"{what} not UTF-8, as JSON should be; {was} read as Windows-1252."]


def read_text(path: Path, source: str) -> str:
    """Return a whole file as text.

    Raises:
        SourceError: there is not enough memory.
    """
    try:
        return decode_text(path.read_bytes())
    except MemoryError as error:
        raise _too_large(source) from error


async def _parse(text: str, source: str, breathe: Breathe, parser: JsonParser) -> Any:
    """Return a whole JSON document. See `parse`."""
    if len(text) < _LARGE:
        return parse(text, source, parser)
    try:
        check_depth(text)
        return await parse_in_pieces(text, breathe, parser)
    except (ValueError, RecursionError):
        parser.forget()
        return parse(text, source, parser)  # which says where the error is
    except MemoryError as error:
        raise _too_large(source) from error


def parse(text: str, source: str, parser: JsonParser) -> Any:
    """Return a whole JSON document, or several values as a list.

    Raises:
        SourceError: it is not JSON; the message says where it stops being JSON.
    """
    try:
        return parser.parse(text)
    except json.JSONDecodeError as error:
        refuse_other_texts(text[:1000], source, "JSON")
        if len(text) > _LARGEST_RELAXED:
            raise _not_json(text, source, error) from error
        try:
            parser.forget()
            return parser.parse_relaxed(text)
        except RecursionError as again:
            raise nested_too_deeply(source) from again
        except ValueError:
            raise _not_json(text, source, error) from error
    except RecursionError as error:
        raise nested_too_deeply(source) from error
    except MemoryError as error:
        raise _too_large(source) from error


def _not_json(text: str, source: str, error: json.JSONDecodeError) -> SourceError:
    return SourceError(
        f"{source} is not JSON: {error.msg.lower()} in line {error.lineno:,}, column"
        f" {error.colno:,}{_excerpt(text, error.pos)}.",
        source=source,
        hint="If the file ends there, the download may have been cut off."
        if error.pos >= len(text.rstrip())
        else "Look at the file there. If it is a CSV file, open it with ?csv= instead.",
    )


def head_text(head: bytes) -> str:
    """Return the head of a JSON file as text."""
    return decode_head(head, head_encoding(head)).removeprefix("\ufeff")


def _excerpt(text: str, position: int) -> str:
    found = re.sub(r"\s+", " ", text[position : position + _EXCERPT]).strip()
    return f", at {found!r}" if found else ", where it ends"


def _too_large(source: str) -> SourceError:
    return SourceError(
        f"{source} could not be imported: there is not enough memory.",
        source=source,
        hint="Close other tabs, or use newline-delimited JSON, which is read in pieces.",
    )
