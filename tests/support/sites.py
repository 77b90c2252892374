"""Builds sites that differ from the one of `make site`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datasette_lite.assembly import Contents, assemble
from datasette_lite.packs import read_entries, write_pack
from datasette_lite.runtime import find_runtime
from engine.packages.plugin_setup import LISTING

PROJECT = Path(__file__).resolve().parent.parent.parent

#: Where this process builds sites: the tests of one module may run in several processes.
BUILDS = PROJECT / "build" / "test-sites" / os.environ.get("PYTEST_XDIST_WORKER", "alone")


def build(out: Path, **settings: object) -> Path:
    """Build a site whose worker has settings other than the defaults; return its folder."""
    command = [sys.executable, "scripts/build_site.py", "--out", str(out)]
    command += ["--settings", json.dumps(settings)]
    subprocess.run(command, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)
    return out


def with_distribution(out: Path, wheels: Path, address: str, listed: dict[str, Any]) -> Path:
    """Build a site with a package index of `wheels`, and with a distribution of native code at
    `address` that has what is `listed`; return its folder.
    """
    runtime = find_runtime()
    with TemporaryDirectory() as work:
        rest = Path(work) / "rest.pack"
        entries = {one[0]: one for one in read_entries(runtime.site / "runtime" / rest.name)}
        listing = str(LISTING)
        assert listing in entries
        entries[listing] = (listing, json.dumps(listed).encode())
        write_pack(rest, entries.values())
        contents = Contents(
            package_indexes=["wheels/"],
            wheel_folders=[wheels],
            distribution=address,
            packs={"rest": rest},
        )
        assemble(out, runtime, contents)
    return out
