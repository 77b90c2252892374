"""Publishes data with the installed package, as a person who has only pip does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def install_wheel(target: Path) -> None:
    """Build the wheel of the package and install it into the folder `target`.

    Its dependencies are already in the environment of the tests.
    """
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels = target.with_name("wheels")
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), "."]
    subprocess.run([*pip, *build], check=True, cwd=PROJECT)
    [wheel] = wheels.glob("*.whl")
    install = ["install", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run([*pip, *install], check=True)


def run(
    installed: Path, *arguments: str, cwd: Path, module: str = "datasette"
) -> subprocess.CompletedProcess[str]:
    """Run a command of the package in `installed`, on a machine without Node."""
    node = shutil.which("node")
    folders = os.environ["PATH"].split(os.pathsep)
    if node is not None:
        folders = [one for one in folders if not (Path(one) / "node").exists()]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(folders),
        "PYTHONPATH": str(installed),
        "XDG_CACHE_HOME": str(cwd / "cache"),
    }
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
