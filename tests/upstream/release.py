"""Fetches source releases of other projects: unlike their wheels, these contain their tests."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path


def tests_of_release(folder: Path) -> Path:
    """Return the module with Datasette's own browser tests; see `release_of`."""
    release = release_of("datasette", version("datasette"), folder, ["tests/test_playwright.py"])
    return release / "tests" / "test_playwright.py"


def release_of(name: str, version: str, folder: Path, wanted: list[str]) -> Path:
    """Return the folder of a source release, with the files and folders `wanted` of it; keep it in
    `folder`.

    Raises:
        subprocess.CalledProcessError: the package index cannot be reached or has no source.
    """
    release = folder / f"{name}-{version}"
    if not all((release / one).exists() for one in wanted):
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        source = ["--no-deps", "--no-binary", name, f"{name}=={version}"]
        subprocess.run([*pip, *source, "--dest", str(folder)], check=True)
        with tarfile.open(folder / f"{release.name}.tar.gz") as archive:
            for member in archive.getmembers():
                path = member.name.removeprefix(f"{release.name}/")
                if any(path == one or path.startswith(f"{one}/") for one in wanted):
                    archive.extract(member, folder, filter="data")
    return release
