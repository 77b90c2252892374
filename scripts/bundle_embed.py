"""Makes embed.js, which pages of other sites include to have <datasette-lite> (docs/embedding.md).

It is one classic script at a fixed address, whole in itself: until a reader starts an embed,
nothing else of the site is requested.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bundling import esbuild

#: Bytes of the script, uncompressed.
MOST = 30_000


class EmbedError(Exception):
    """The script cannot be made; the message says why."""


def bundle_embed(entry: Path, target: Path, work: Path, parts: Iterable[Path]) -> None:
    """Write what `entry` imports to `target`.

    `parts` are what a first visit downloads, whose size the poster tells; `work` is a folder for
    intermediate files.

    Raises:
        EmbedError: it is too large.
        subprocess.CalledProcessError: a module is missing or is not JavaScript.
    """
    size = sum(path.stat().st_size for path in parts)
    options = ["--format=iife", f"--define:FIRST_DOWNLOAD={size}", f"--outfile={target}"]
    esbuild([entry], options, work=work, cwd=entry.parent)
    if target.stat().st_size > MOST:
        raise EmbedError(f"embed.js has {target.stat().st_size:,} bytes; {MOST:,} are allowed.")
