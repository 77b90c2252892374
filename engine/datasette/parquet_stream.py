"""Writes Parquet files while their rows come, one group of rows at a time.

The libraries for this are larger than Datasette, or write JavaScript's values, which would have to
cross from Python one by one. What SQLite holds needs little of the format: four types, one page for
each column of a group, gzip. https://github.com/apache/parquet-format
"""

from __future__ import annotations

import base64
import struct
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.datasette.thrift import I64, Struct, varint
from engine.datasette.thrift import struct as thrift_struct

_MAGIC = b"PAR1"

#: A group of rows is written when it has so many rows, or about so many bytes.
_GROUP_ROWS = 50_000
_GROUP_BYTES = 8_000_000

# Of the format: physical types, a converted type, codec, encodings, repetition.
_INT64, _DOUBLE, _BYTE_ARRAY = 2, 5, 6
_UTF8 = 0
_GZIP = 2
_PLAIN, _RLE = 0, 3
_OPTIONAL = 1

# The fastest compression.
_LEVEL = 1

#: Integers up to this are exact as floats.
_EXACT = 2**53


@dataclass
class ColumnType:
    """What kinds of values a column has: all of it must be seen before it is written."""

    has_integers: bool = False
    has_large_integers: bool = False
    has_floats: bool = False
    has_texts: bool = False
    has_blobs: bool = False

    def see(self, values: Iterable[Any]) -> None:
        """Take values into account."""
        kinds = set(map(type, values))
        self.has_floats |= float in kinds
        self.has_texts |= str in kinds
        self.has_blobs |= bytes in kinds
        if int in kinds:
            self.has_integers = True
            self.has_large_integers |= any(
                type(value) is int and not -_EXACT <= value <= _EXACT for value in values
            )

    @property
    def physical(self) -> int:
        """The type in the file. Integers among floats become floats if they stay exact; any
        other mixture becomes text.
        """
        has_numbers = self.has_integers or self.has_floats
        if not has_numbers or self.has_texts or self.has_blobs:
            return _BYTE_ARRAY
        if not self.has_floats:
            return _INT64
        return _BYTE_ARRAY if self.has_large_integers else _DOUBLE

    @property
    def is_text(self) -> bool:
        """Whether it is text in the file; not what consists of BLOBs alone."""
        others = self.has_integers or self.has_floats or self.has_texts
        return self.physical == _BYTE_ARRAY and (others or not self.has_blobs)

    def schema(self, name: str) -> Struct:
        """Return the SchemaElement."""
        element: Struct = {1: self.physical, 3: _OPTIONAL, 4: name}
        return {**element, 6: _UTF8, 10: {1: {}}} if self.is_text else element

    def encoded(self, values: Sequence[Any]) -> bytes:
        """Encode values as PLAIN. None of them may be None."""
        match self.physical:
            case 2:
                return array("q", values).tobytes()
            case 5:
                return array("d", values).tobytes()
        texts = map(_as_text, values) if self.is_text else values
        size = struct.Struct("<I").pack
        return b"".join([part for text in texts for part in (size(len(text)), text)])


def _as_text(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode(errors="replace")
    return base64.b64encode(value) if isinstance(value, bytes) else str(value).encode()


class ParquetFile:
    """A Parquet file that is being written; `add` and `close` return the bytes to send."""

    def __init__(self, names: Sequence[str], types: Sequence[ColumnType]) -> None:
        self._names = _unique(names)
        self._types = types
        self._groups: list[Struct] = []
        self._waiting: list[Sequence[Any]] = []
        self._bytes = 0
        self._rows = 0
        self._at = 0

    def add(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """Take rows; return a group of them once it is large enough, before that nothing."""
        self._waiting += rows
        self._bytes += sum(
            len(value) if isinstance(value, (str, bytes)) else 8 for row in rows for value in row
        )
        full = len(self._waiting) >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES
        return self._group() if full else b""

    def close(self) -> bytes:
        """Return the last group and the end of the file."""
        last = self._group() if self._waiting or not self._at else b""
        root: Struct = {4: "schema", 5: len(self._names)}
        columns = zip(self._names, self._types, strict=True)
        footer = thrift_struct(
            {
                1: 2,
                2: [root, *(kind.schema(name) for name, kind in columns)],
                3: I64(self._rows),
                4: self._groups,
                6: "Datasette Lite",
            }
        )
        return last + footer + struct.pack("<I", len(footer)) + _MAGIC

    def _group(self) -> bytes:
        rows, self._waiting, self._bytes = self._waiting, [], 0
        parts = [] if self._at else [_MAGIC]
        self._at = start = self._at or len(_MAGIC)
        chunks: list[Struct] = []
        for index, values in enumerate(zip(*rows, strict=True)):
            name, kind = self._names[index], self._types[index]
            page, uncompressed = _page(kind, values)
            described: Struct = {
                1: kind.physical,
                2: [_PLAIN, _RLE],
                3: [name],
                4: _GZIP,
                5: I64(len(values)),
                6: I64(uncompressed),
                7: I64(len(page)),
                9: I64(self._at),
            }
            chunks.append({2: I64(self._at), 3: described})
            parts.append(page)
            self._at += len(page)
        if rows:
            self._groups.append({1: chunks, 2: I64(self._at - start), 3: I64(len(rows))})
            self._rows += len(rows)
        return b"".join(parts)


def _page(kind: ColumnType, values: Sequence[Any]) -> tuple[bytes, int]:
    """Return a page with all values of a column of a group, and its size without compression."""
    there = [value for value in values if value is not None]
    content = _levels(values, all_there=len(there) == len(values)) + kind.encoded(there)
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    compressed = compressor.compress(content) + compressor.flush()
    header = thrift_struct(
        {
            1: 0,
            2: len(content),
            3: len(compressed),
            5: {1: len(values), 2: _PLAIN, 3: _RLE, 4: _RLE},
        }
    )
    return header + compressed, len(header) + len(content)


def _levels(values: Sequence[Any], *, all_there: bool) -> bytes:
    """Return which values are not null, as definition levels of one bit each."""
    if all_there:
        levels = varint(len(values) << 1) + b"\x01"
    else:
        size = (len(values) + 7) // 8
        bits = "".join("0" if value is None else "1" for value in reversed(values))
        levels = varint(size << 1 | 1) + int(bits, 2).to_bytes(size, "little")
    return struct.pack("<I", len(levels)) + levels


def _unique(names: Sequence[str]) -> list[str]:
    """Return names of columns, with a number where a query has the same one twice."""
    unique: list[str] = []
    for name in names:
        free, number = name, 1
        while free in unique:
            number += 1
            free = f"{name}_{number}"
        unique.append(free)
    return unique
