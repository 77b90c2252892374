"""Tests of engine.importing.unpacking, with any packer and any number of parts."""

from __future__ import annotations

import asyncio
import bz2
import gzip
import io
import lzma
import random
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from engine.errors import SourceError
from engine.importing.unpacking import Unpacked, decompress, tar_member, tar_members

REPORTED = Path(__file__).parents[3] / "fixtures" / "reported"
PACKERS: dict[str, Any] = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
if sys.version_info >= (3, 14):
    from compression import zstd

    PACKERS["zstd"] = zstd.compress
NOISE = random.Random(1).randbytes(3_000_000)
MOST = 10_000_000


async def _breathe(position: int) -> None:
    pass


def unpack(
    tmp_path: Path, kind: str, data: bytes, most: int = MOST, head: bool = False
) -> tuple[bytes, Unpacked]:
    path, out = tmp_path / "packed", tmp_path / "out"
    path.write_bytes(data)
    done = asyncio.run(decompress(kind, path, out, "x", most, _breathe, head=head))
    return out.read_bytes(), done


def test_two_members(tmp_path: Path) -> None:
    data = (REPORTED / "members.csv.gz").read_bytes()
    assert unpack(tmp_path, "gzip", data)[0].splitlines()[1:] == [b"1,a", b"2,b", b"3,c", b"4,d"]


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("end", [b"", bytes(5000), b"\0\0"], ids=["", "padded", "two zeros"])
def test_members_of_all_kinds(tmp_path: Path, kind: str, end: bytes) -> None:
    pack = PACKERS[kind]
    parts = [b"a\n", b"", NOISE, b"b" * 5_000_000, b"z"]
    content, done = unpack(tmp_path, kind, b"".join(map(pack, parts)) + end)
    assert content == b"".join(parts)
    assert done == {"complete": True, "notes": []}


@pytest.mark.parametrize("kind", PACKERS)
def test_rubbish_at_the_end_is_told(tmp_path: Path, kind: str) -> None:
    content, done = unpack(tmp_path, kind, PACKERS[kind](b"data") + b"rubbish")
    assert content == b"data"
    assert "7 bytes that mean nothing" in done["notes"][0]


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("cut", [10, 1_500_000, -1])
def test_what_is_cut_off_is_refused(tmp_path: Path, kind: str, cut: int) -> None:
    with pytest.raises(SourceError, match="cannot be unpacked"):
        unpack(tmp_path, kind, PACKERS[kind](NOISE)[:cut])


@pytest.mark.parametrize("kind", PACKERS)
def test_damage_in_a_later_member_is_noticed(tmp_path: Path, kind: str) -> None:
    pack = PACKERS[kind]
    broken = bytearray(pack(NOISE))
    broken[len(broken) // 2] ^= 255
    with pytest.raises(SourceError, match="cannot be unpacked"):
        unpack(tmp_path, kind, pack(b"a") + bytes(broken))


@pytest.mark.parametrize("kind", PACKERS)
def test_more_than_fits_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(SourceError, match="more than the 10 MB"):
        unpack(tmp_path, kind, PACKERS[kind](bytes(100_000_000)))
    assert (tmp_path / "out").stat().st_size <= MOST


@pytest.mark.parametrize("kind", PACKERS)
def test_head(tmp_path: Path, kind: str) -> None:
    pack = PACKERS[kind]
    packed = pack(b"a\n") + pack(NOISE)
    content, done = unpack(tmp_path, kind, packed[: 2 * 1024**2], most=100_000, head=True)
    assert content.startswith(b"a\n" + NOISE[:99_000])
    assert not done["complete"]
    assert unpack(tmp_path, kind, pack(b"a\n"), head=True)[1]["complete"]


def tar(files: dict[str, bytes], mode: Any = "w") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def test_tar(tmp_path: Path) -> None:
    path, out = tmp_path / "x.tar", tmp_path / "out"
    long = "folder/" * 30 + "é.csv"
    path.write_bytes(tar({"./a.csv": b"a\n1\n", long: NOISE}))
    assert tar_members(path, "x") == [("a.csv", 4), (long, len(NOISE))]
    asyncio.run(tar_member(path, long, out, "x", MOST, _breathe))
    assert out.read_bytes() == NOISE
    with pytest.raises(SourceError, match="more than the 0 MB"):
        asyncio.run(tar_member(path, long, out, "x", 1000, _breathe))


def test_tar_that_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(tar({"a.csv": NOISE})[:1_000_000])
    with pytest.raises(SourceError, match="cannot be unpacked"):
        asyncio.run(tar_member(path, "a.csv", tmp_path / "out", "x", MOST, _breathe))
    path.write_bytes(b"no tar at all" * 100)
    with pytest.raises(SourceError, match="cannot be unpacked"):
        tar_members(path, "x")
