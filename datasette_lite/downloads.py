"""Downloads wheels for Pyodide's platform with pip.

pip checks hashes (a differing download stops it) and uses whatever index or proxy the machine's pip
is set up for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Pyodide's platform, then one for packages that publish no wheel for it; the hashes in a lock leave
# one candidate each.
PLATFORM = [
    *("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314"),
    *("--platform", "pyemscripten_2026_0_wasm32"),
    *("--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64"),
]

_PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


def pip_download(folder: Path, *arguments: str, cwd: Path) -> None:
    """Download wheels into `folder`, which must not hold others; paths are relative to `cwd`."""
    command = [*_PIP, "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--dest", str(folder), *PLATFORM, *arguments]
    subprocess.run(command, check=True, cwd=cwd)


def configured_index() -> str:
    """Return the package index that pip is set up for, "" for the default one."""
    if url := os.environ.get("PIP_INDEX_URL"):
        return url
    command = [*_PIP, "config", "get", "global.index-url"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
