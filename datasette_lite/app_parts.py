"""Puts what only Datasette needs into a part of its own, in the site of an app.

An app's visitors then do not download it, unless they open data as well. Other sites keep it where
it is: one more file would make a first visit to Datasette slower.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from pathlib import Path

from datasette_lite.packs import Entry, read_entries, write_pack
from datasette_lite.runtime import Runtime

#: Packages that no other package of the site needs, by the names of what they install.
PACKAGES = (
    "aiofiles",
    "asyncinject",
    "click_default_group",
    "datasette",
    "dateutil",
    "hupper",
    "mergedeep",
    "python_calamine",
    "python_dateutil",
    "sqlite_fts4",
    "sqlite_utils",
    "tabulate",
    "uvicorn",
)

#: The packs that hold something of them.
PACKS = ("packages", "rest")

#: The new one; shell/worker/runtime/runtime.js loads it.
APPLICATION = "application"

_SITE_PACKAGES = "/site-packages/"


def packs_of_app(runtime: Runtime, cache: Path) -> dict[str, Path]:
    """Return the packs that differ in the site of an app, by name. `cache` keeps them, since
    compressing them takes ten seconds.
    """
    packs = [runtime.site / "runtime" / f"{name}.pack" for name in PACKS]
    digest = hashlib.sha256(repr(PACKAGES).encode())
    for pack in packs:
        digest.update(hashlib.sha256(pack.read_bytes()).digest())
    folder = cache / "app-packs" / digest.hexdigest()[:16]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            draft = Path(work) / "draft"
            _split(packs, draft)
            with contextlib.suppress(OSError):
                draft.rename(folder)  # unless another build was faster
    return {path.stem: path for path in sorted(folder.glob("*.pack"))}


def _split(packs: list[Path], out: Path) -> None:
    moved: list[Entry] = []
    for pack in packs:
        entries = list(read_entries(pack))
        moved += [entry for entry in entries if _is_datasettes(entry)]
        write_pack(out / pack.name, [entry for entry in entries if not _is_datasettes(entry)])
    write_pack(out / f"{APPLICATION}.pack", moved)


def _is_datasettes(entry: Entry) -> bool:
    path, has_offset = entry[0], len(entry) > 2
    _, found, inside = path.partition(_SITE_PACKAGES)
    # “datasette/app.pyc”, “tabulate.pyc”, “sqlite_utils-4.dist-info/METADATA”
    name = inside.split("/")[0].split("-")[0].split(".")[0]
    return bool(found) and not has_offset and name.lower() in PACKAGES
