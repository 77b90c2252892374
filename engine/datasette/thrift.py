"""Encodes values in Thrift's compact protocol, as far as the metadata of Parquet files needs it.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12


@dataclass(frozen=True)
class I64:
    """An integer of 64 bits; a plain int has 32."""

    value: int


#: The fields of a struct by their numbers in ascending order. None leaves a field out; the elements
#: of a list have one type, those of an empty one are structs.
Struct = Mapping[int, "Value | None"]
Value = int | I64 | str | Sequence["Value"] | Struct


def struct(fields: Struct) -> bytes:
    """Encode a struct."""
    out = bytearray()
    last = 0
    for number, value in fields.items():
        if value is None:
            continue
        out.append((number - last) << 4 | _type(value))
        out += _encoded(value)
        last = number
    out.append(0)
    return bytes(out)


def varint(number: int) -> bytes:
    """Encode a number that is not negative, seven bits a byte."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _type(value: Value) -> int:
    match value:
        case int():
            return _I32
        case I64():
            return _I64
        case str():
            return _BINARY
        case Mapping():
            return _STRUCT
    return _LIST


def _encoded(value: Value) -> bytes:
    match value:
        case int(number) | I64(number):
            return varint(number << 1 if number >= 0 else (-number << 1) - 1)
        case str():
            text = value.encode()
            return varint(len(text)) + text
        case Mapping():
            return struct(value)
    kind = _type(value[0]) if value else _STRUCT
    size = len(value)
    head = bytes([size << 4 | kind]) if size < 15 else bytes([0xF0 | kind]) + varint(size)
    return head + b"".join(map(_encoded, value))
