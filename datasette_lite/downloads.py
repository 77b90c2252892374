"""Downloads wheels for Pyodide's platform with pip.

pip checks hashes (it stops at a download that differs) and uses the index and proxy that the
machine's pip is configured for.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Pyodide's platform, then one for packages that publish no wheel for it. With the hashes in a lock,
# only one candidate remains for each.
PLATFORM = [
    *("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314"),
    *("--platform", "pyemscripten_2026_0_wasm32"),
    *("--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64"),
]

#: Stands among addresses of package indexes for micropip's default one, or that of pip.
DEFAULT_INDEX = "default"

_PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


def pip_download(folder: Path, *arguments: str, cwd: Path) -> None:
    """Download wheels into `folder`, which must have no others; paths are relative to `cwd`."""
    command = [*_PIP, "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--dest", str(folder), *PLATFORM, *arguments]
    subprocess.run(command, check=True, cwd=cwd)


def configured_index() -> str:
    """Return the package index that pip is configured for, "" for the default one."""
    if url := os.environ.get("PIP_INDEX_URL"):
        return url
    command = [*_PIP, "config", "get", "global.index-url"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
