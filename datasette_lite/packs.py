"""Reads and writes packs: files that the worker unpacks for Python, in one compressed file.

A pack is the length of the index (4 bytes, little-endian), the index (JSON: a list of [absolute
path, size]), then the files' bytes in that order, all compressed with Zstandard. Beside it is
NAME.content: the size and SHA-256 of the decompressed pack, as JSON.

In rest.pack, which completes other packs, an entry may have an offset as well; see
scripts/compile_python.py.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

#: An entry of a pack: path, content and maybe the offset in the existing file.
Entry = tuple[str, bytes] | tuple[str, bytes, int]

# Files that a running program does not need. RECORD lists files that are not there in this form.
UNUSED_SUFFIXES = (".pyi", ".c", ".h", ".pyx", ".pxd", ".dist-info/RECORD")


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd


def content_file(pack: Path) -> Path:
    """Return the path of the file with size and hash of the decompressed pack."""
    return pack.with_name(f"{pack.name}.content")


def compress(data: bytes) -> bytes:
    """Return `data`, compressed like a pack."""
    compressed: bytes = _zstd().compress(data, level=19)
    return compressed


def write_compressed(out: Path, data: bytes) -> None:
    """Write compressed `data`, and beside it the size and hash of `data` as JSON."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(compress(data))
    content = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    content_file(out).write_text(json.dumps(content))


def write_pack(out: Path, entries: Iterable[Entry]) -> None:
    """Write a pack of these entries, in their order."""
    index: list[tuple[str | int, ...]] = []
    blob = io.BytesIO()
    for path, data, *offset in entries:
        index.append((path, len(data), *offset))
        blob.write(data)
    header = json.dumps(index, separators=(",", ":")).encode()
    write_compressed(out, len(header).to_bytes(4, "little") + header + blob.getvalue())


def read_pack(pack: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file in a pack whose entries have no offsets."""
    for path, data, *_ in read_entries(pack):
        yield path, data


def read_entries(pack: Path) -> Iterator[Entry]:
    """Yield the entries of a pack."""
    data = _zstd().decompress(pack.read_bytes())
    start = 4 + int.from_bytes(data[:4], "little")
    for path, size, *offset in json.loads(data[4:start]):
        yield path, data[start : start + size], *offset
        start += size


def tree_files(folder: Path, target: str) -> Iterator[tuple[str, bytes]]:
    """Yield target path and content of each file below a folder, in a stable order.

    Hidden files and Python's compiled files are left out. So is the README of a folder of
    plugins; static files may be Markdown.
    """
    for path in sorted(folder.rglob("*")):
        if target == "/plugins" and path.suffix == ".md":
            continue
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not hidden:
            yield f"{target}/{'/'.join(parts)}", path.read_bytes()


def wheel_files(wheel: Path, target: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path, below `target`, and the content of each file of an installed wheel.

    Some packages publish no wheel for this platform. A wheel for another one works as pure Python
    without its native part, so native modules are kept only if they are for wasm.
    """
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            name = entry.filename
            foreign = name.endswith(".so") and "wasm32" not in name
            if not entry.is_dir() and not foreign and not name.endswith(UNUSED_SUFFIXES):
                yield f"{target}/{name}", archive.read(entry)
