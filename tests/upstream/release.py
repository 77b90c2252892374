"""Fetches Datasette's own browser tests, which are in its source release but not in its wheel."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path


def tests_of_release(folder: Path) -> Path:
    """Return the module with the tests of the installed version; keep it in `folder`.

    Raises:
        subprocess.CalledProcessError: the package index cannot be reached or has no source.
    """
    release = f"datasette-{version('datasette')}"
    module = folder / release / "tests" / "test_playwright.py"
    if not module.is_file():
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        source = ["--no-deps", "--no-binary", "datasette", release.replace("-", "==", 1)]
        subprocess.run([*pip, *source, "--dest", str(folder)], check=True)
        with tarfile.open(folder / f"{release}.tar.gz") as archive:
            archive.extract(f"{release}/tests/test_playwright.py", folder, filter="data")
    return module
