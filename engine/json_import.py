"""Importing a JSON file as a table.

Everything that takes long is done in slices: a document is parsed value by value (json_pieces.py),
and inserted so. It is in memory as a whole; lines of JSON never are.

Not responsible for the shapes of a document (json_shapes.py), nor for types (loose_table.py).
"""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

from engine.csv_dialect import decode_head, decode_text, guess_encoding
from engine.errors import SourceError
from engine.file_kinds import empty_source, read_head, refuse_other_formats, refuse_other_texts
from engine.imported import Imported, Rejected
from engine.json_depth import check_depth, loads
from engine.json_pieces import parse_in_pieces
from engine.json_shapes import decoded, feature_row, is_feature, nested_too_deeply, shape_of
from engine.loose_table import LooseTable
from engine.options import ImportOptions
from engine.pace import Breathe, Pace

_SLICE_ROWS = 500
_SLICE_BYTES = 256 * 1024
_LINE_LIMIT = 32 * 1024 * 1024

# In characters: what takes less than a turn is parsed at once.
_LARGE = 1024 * 1024

# As much as a message shows of what is wrong.
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
    :param share: how much of the whole this is.

    Raises:
        SourceError: the file is no JSON, or no table.
    """
    head = read_head(path)
    if not head.strip():
        raise empty_source(source)
    refuse_other_formats(head, source, "JSON")
    loose = LooseTable(conn, source)
    rejected = Rejected(conn, table)
    primary_key: list[str] = []
    notes: list[str] = []
    if is_lines(path):
        await _read_lines(path, loose, rejected, pace, share * 0.7)
    else:
        await pace.rest()
        text = read_text(path, source)
        await pace.rest()
        document = await _parse(text, source, pace.part(0, share * 0.3, len(text)))
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
    made.notes[:0] = notes
    return made


def is_lines(path: Path) -> bool:
    """Tell whether a file holds a JSON value on each line, and more than one line."""
    with path.open("rb") as file:
        first = _first_line(file)
        # A large document on one line is not to be parsed for this.
        if not any(line.strip() for line in iter(lambda: file.readline(_LINE_LIMIT), b"")):
            return False
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


async def _read_lines(
    path: Path, loose: LooseTable, rejected: Rejected, pace: Pace, share: float
) -> None:
    breathe = pace.part(0, share)
    objects: list[dict[str, Any]] = []
    number = size = 0
    with path.open("rb") as file:
        for line in file:
            if not line.strip():
                continue
            number += 1
            text = _without_mark(line) if number == 1 else line.decode("utf-8", "replace")
            try:
                value = loads(text)
            except (ValueError, RecursionError) as error:
                reason = f"It is not JSON: {getattr(error, 'msg', error)}."
                rejected.add_text(number, reason, text.rstrip("\r\n"))
                continue
            if not isinstance(value, dict):
                value = {"value": value}
            objects.append(feature_row(value) if is_feature(value) else decoded(value))
            size += len(line)
            if len(objects) >= _SLICE_ROWS or size >= _SLICE_BYTES:
                loose.add_objects(objects)
                pace.count(len(objects))
                objects, size = [], 0
                await breathe(file.tell() if file.seekable() else 0)
    loose.add_objects(objects)
    pace.count(len(objects))


def read_text(path: Path, source: str) -> str:
    """Return a whole file as text.

    Raises:
        SourceError: there is not enough memory.
    """
    try:
        return decode_text(path.read_bytes())
    except MemoryError as error:
        raise _too_large(source) from error


async def _parse(text: str, source: str, breathe: Breathe) -> Any:
    """Return a whole JSON document. See `parse`."""
    if len(text) < _LARGE:
        return parse(text, source)
    try:
        check_depth(text)
        return await parse_in_pieces(text, breathe)
    except (ValueError, RecursionError):
        return parse(text, source)  # which says what is wrong where
    except MemoryError as error:
        raise _too_large(source) from error


def parse(text: str, source: str) -> Any:
    """Return a whole JSON document.

    Raises:
        SourceError: it is none, with the place where it stops being one.
    """
    try:
        return loads(text)
    except json.JSONDecodeError as error:
        refuse_other_texts(text[:1000], source, "JSON")
        raise SourceError(
            f"{source} is not JSON: {error.msg.lower()} in line {error.lineno:,}, column"
            f" {error.colno:,}{_excerpt(text, error.pos)}.",
            source=source,
            hint="If the file ends there, the download may have been cut off."
            if error.pos >= len(text.rstrip())
            else "Look at the file there. If it is a CSV file, open it with ?csv= instead.",
        ) from error
    except RecursionError as error:
        raise nested_too_deeply(source) from error
    except MemoryError as error:
        raise _too_large(source) from error


def head_text(head: bytes) -> str:
    """Return the head of a JSON file as text."""
    return decode_head(head, guess_encoding(head, is_utf8=True)).removeprefix("\ufeff")


def _excerpt(text: str, position: int) -> str:
    found = re.sub(r"\s+", " ", text[position : position + _EXCERPT]).strip()
    return f", at {found!r}" if found else ", where it ends"


def _too_large(source: str) -> SourceError:
    return SourceError(
        f"{source} could not be imported: there is not enough memory.",
        source=source,
        hint="Close other tabs, or use newline-delimited JSON, which is read in pieces.",
    )
