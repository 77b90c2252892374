"""Makes data files fit static hosts: compresses databases, and splits files that are too large.

Hosts rarely compress databases, and browsers unpack gzip while they download. Split files are
joined by the worker (shell/worker/sources/shipped-files.js).
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

#: In bytes. Below it, compressing saves less than it costs.
WORTH_COMPRESSING = 100_000

#: A compressed file that is larger than this share of the database is not used.
_MOST_OF_IT = 0.85

MEBIBYTE = 1024 * 1024

#: In bytes: the smallest limit among common hosts, Cloudflare Pages' 25 MiB, with some to spare.
DEFAULT_PART = 24 * MEBIBYTE

#: Limits of hosts, in bytes: of one file, and of a whole site.
FILE_LIMITS = {
    "Cloudflare Pages": 25 * MEBIBYTE,
    "Netlify (uploads in a browser)": 26 * MEBIBYTE,
    "GitHub": 100 * MEBIBYTE,
}
SITE_LIMITS = {"GitHub Pages": 1024 * MEBIBYTE, "GitLab Pages (gitlab.com)": 1024 * MEBIBYTE}


@dataclass(frozen=True)
class Served:
    """A file as it is served."""

    #: The name of the whole file; parts, if there are any, add .000, .001 and so on.
    name: str
    files: dict[str, Path]
    size: int
    sha256: str

    @property
    def parts(self) -> list[str]:
        """Names of the parts, none if the file is whole."""
        return sorted(self.files) if list(self.files) != [self.name] else []


def serve_as(path: Path, name: str, cache: Path, *, compress: bool, part: int) -> Served:
    """Return how `path` is served as `name`; the files made from it are kept in `cache`.

    :param compress: whether to compress it, if that makes it notably smaller.
    :param part: in bytes: larger files are split into parts of this size; 0 for never.
    """
    digest = _digest(path)
    if compress and path.stat().st_size >= WORTH_COMPRESSING:
        packed = _compressed(path, cache / "compressed" / digest[:16])
        if packed is not None:
            path, name, digest = packed, f"{name}.gz", _digest(packed)
    size = path.stat().st_size
    files = {name: path}
    if part and size > part:
        files = _split(path, name, cache / "parts" / f"{digest[:16]}-{part}", part)
    return Served(name, files, size, digest)


def warnings(out: Path) -> list[str]:
    """Return sentences on files of a site that common hosts do not accept."""
    sizes = {path: path.stat().st_size for path in out.rglob("*") if path.is_file()}
    found = []
    for host, limit in FILE_LIMITS.items():
        large = [path for path, size in sizes.items() if size > limit]
        if large:
            names = ", ".join(
                f"{path.relative_to(out)} ({sizes[path] / 1e6:.0f} MB)" for path in sorted(large)
            )
            found.append(
                f"{host} takes files of up to {limit // MEBIBYTE} MiB: {names} is larger."
                " Leave out --split-at to have it split."
            )
    total = sum(sizes.values())
    for host, limit in SITE_LIMITS.items():
        if total > limit:
            found.append(
                f"{host} takes sites of up to {limit // MEBIBYTE} MiB; this one has"
                f" {total // MEBIBYTE} MiB."
            )
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compressed(path: Path, kept: Path) -> Path | None:
    """Return the compressed file, or None if compressing does not help."""
    packed = kept / "file.gz"
    if not packed.is_file():
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept, delete=False) as draft:
            # Without name and time, so that the same file gives the same bytes.
            with gzip.GzipFile("", "wb", 9, draft, mtime=0) as target, path.open("rb") as source:
                shutil.copyfileobj(source, target, MEBIBYTE)
        Path(draft.name).replace(packed)
    return packed if packed.stat().st_size <= path.stat().st_size * _MOST_OF_IT else None


def _split(path: Path, name: str, kept: Path, part: int) -> dict[str, Path]:
    """Return the parts of a file, by their names."""
    if not (kept / "complete").is_file():
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        with path.open("rb") as source:
            for number, content in enumerate(iter(lambda: source.read(part), b"")):
                (kept / f"{number:03}").write_bytes(content)
        (kept / "complete").touch()
    parts = sorted(one for one in kept.iterdir() if one.name != "complete")
    return {f"{name}.{one.name}": one for one in parts}
