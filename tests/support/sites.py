"""Builds sites that differ from the one of `make site`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent

#: Where this process builds sites: the tests of one module may run in several processes.
BUILDS = PROJECT / "build" / "test-sites" / os.environ.get("PYTEST_XDIST_WORKER", "alone")


def build(out: Path, **settings: object) -> Path:
    """Build a site whose worker has settings other than the defaults; return its folder."""
    command = [sys.executable, "scripts/build_site.py", "--out", str(out)]
    command += ["--settings", json.dumps(settings)]
    subprocess.run(command, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)
    return out
