"""Unpacks what browsers cannot: gzip files of several members, bzip2, xz, Zstandard, and tar.

shell/worker/sources/unpack.js does what it can by itself, and decides what to unpack and in what
order. All functions read and write files, a slice at a time.
"""

from __future__ import annotations

import bz2
import lzma
import tarfile
import zlib
from pathlib import Path
from typing import Any, Protocol, TypedDict

from engine.errors import SourceError
from engine.pace import Breathe

_SLICE = 1024 * 1024

_DAMAGED = "It is probably damaged or incomplete, as after an interrupted download. Get it again."


class Unpacked(TypedDict):
    """The result of unpacking."""

    complete: bool  # whether everything was unpacked
    notes: list[str]


class _Decompressor(Protocol):
    unused_data: bytes
    eof: bool

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


async def decompress(
    kind: str, path: Path, out: Path, source: str, most: int, breathe: Breathe, *, head: bool
) -> Unpacked:
    """Unpack a file that holds one other file, of one or several members.

    :param kind: "gzip", "bzip2", "xz" or "zstd".
    :param most: the most bytes that may come out.
    :param head: whether these bytes are enough; the file may then be cut off.
    :param breathe: awaited with positions in the file.

    Raises:
        SourceError: it is damaged, or too much comes out.
    """
    make, magic, *zstd_errors = _decompressor(kind)
    size = members = 0
    rest = b""
    current: _Decompressor | None = None
    with path.open("rb") as packed, out.open("wb") as unpacked:
        while data := rest or packed.read(_SLICE):
            rest = b""
            if current is None:
                # Tapes and some tools pad the end with zeros.
                if members and not (data := data.lstrip(b"\0")):
                    continue
                if len(data) < len(magic):
                    data += packed.read(_SLICE)
                if members and not data.startswith(magic):
                    trailing = len(data) + sum(map(len, iter(lambda: packed.read(_SLICE), b"")))
                    return {"complete": True, "notes": [_ignored(source, trailing)]}
                current = make()
            try:
                while data or not getattr(current, "needs_input", True):
                    chunk, data = _step(current, data)
                    size += len(chunk)
                    if size > most:
                        if head:
                            unpacked.write(chunk)
                            return {"complete": False, "notes": []}
                        raise _too_large(source, most)
                    unpacked.write(chunk)
                    await breathe(packed.tell())
                    if current.eof:
                        rest, current = current.unused_data, None
                        members += 1
                        break
            except (zlib.error, OSError, lzma.LZMAError, EOFError, *zstd_errors) as error:
                if head and size:
                    return {"complete": False, "notes": []}
                raise _damaged(source) from error
    if current is not None or members == 0:
        if not head:
            raise _damaged(source)
        return {"complete": False, "notes": []}
    return {"complete": True, "notes": []}


def _step(current: Any, data: bytes) -> tuple[bytes, bytes]:
    """Decompress some more; return the output, and the input left for the same member."""
    chunk = current.decompress(data, _SLICE)
    return chunk, getattr(current, "unconsumed_tail", b"")


def _decompressor(kind: str) -> tuple[Any, ...]:
    """Return a decompressor factory, the bytes that members begin with, and further errors."""
    if kind == "gzip":
        return (lambda: zlib.decompressobj(wbits=31)), b"\x1f\x8b"
    if kind == "bzip2":
        return bz2.BZ2Decompressor, b"BZh"
    if kind == "xz":
        return lzma.LZMADecompressor, b"\xfd7zXZ\0"
    # New in Python 3.14, which the site has.
    from compression.zstd import ZstdDecompressor, ZstdError

    return ZstdDecompressor, b"\x28\xb5\x2f\xfd", ZstdError


def tar_members(path: Path, source: str) -> list[tuple[str, int]]:
    """Return names and sizes of the files in a tar archive.

    Raises:
        SourceError: it is damaged.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            # A file that is there twice was added again later, and the last one counts.
            files = {one.name.removeprefix("./"): one.size for one in archive if one.isfile()}
            return list(files.items())
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise _damaged(source) from error


async def tar_member(
    path: Path, name: str, out: Path, source: str, most: int, breathe: Breathe
) -> None:
    """Copy a file out of a tar archive.

    Raises:
        SourceError: it is damaged, or too large.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            member = None
            for one in archive:
                if one.isfile() and one.name.removeprefix("./") == name:
                    member = one
            if member is None:
                raise _damaged(source)
            if member.size > most:
                raise _too_large(source, most)
            file = archive.extractfile(member)
            assert file is not None
            done = 0
            with out.open("wb") as copy:
                while chunk := file.read(_SLICE):
                    copy.write(chunk)
                    done += len(chunk)
                    await breathe(done)
            if done < member.size:
                raise _damaged(source)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise _damaged(source) from error


def _ignored(source: str, count: int) -> str:
    what = "1 byte" if count == 1 else f"{count:,} bytes"
    return f"At the end of {source}, after the packed data, {what} that mean nothing were ignored."


def _damaged(source: str) -> SourceError:
    return SourceError(f"{source} cannot be unpacked.", source=source, hint=_DAMAGED)


def _too_large(source: str, most: int) -> SourceError:
    return SourceError(
        f"{source} has, unpacked, more than the {most // 1_000_000:,} MB that can be opened here.",
        source=source,
        hint="Unpack it on your computer, and open a part of it.",
    )
