"""Makes the folder that serves the old way: Pyodide from npm, wheels, and old_way_page/.

The wheels are those of the site, so that both sides run the same code.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

from build_runtime import PYODIDE
from wheels import PROJECT, RESOLVER, locked_wheels

FOLDER = PROJECT / "build" / "old-way"
PAGE = PROJECT / "bench" / "old_way_page"
PYODIDE_FILES = [
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "pyodide-lock.json",
    "python_stdlib.zip",
]


def _as_pure_python(wheel: Path, folder: Path) -> str:
    """Copy a wheel for another platform without its native part; return the copy's name."""
    name, version, *_ = wheel.name.split("-")
    copy = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if not entry.filename.endswith(".so"):
                new.writestr(entry, old.read(entry), zipfile.ZIP_DEFLATED)
    return copy.name


def lay_out() -> Path:
    """Make the folder again, and return it."""
    wheels = FOLDER / "wheels"
    for made in (wheels, FOLDER / "pyodide"):
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
    names = []
    for wheel in sorted(locked_wheels().glob("*.whl")):
        if "manylinux" in wheel.name:
            names.append(_as_pure_python(wheel, wheels))
        else:
            shutil.copy2(wheel, wheels)
            names.append(wheel.name)
    for name in PYODIDE_FILES:
        shutil.copy2(PYODIDE / name, FOLDER / "pyodide" / name)
    shutil.copytree(PAGE, FOLDER, dirs_exist_ok=True)
    shutil.copy2(PROJECT / "data" / "world.db", FOLDER)
    # The installer comes first, and installs the others.
    tools = [name for name in names if name.startswith(f"{RESOLVER}-")]
    files = {
        "tools": [f"wheels/{name}" for name in tools],
        "wheels": [f"wheels/{name}" for name in names if name not in tools],
    }
    (FOLDER / "wheels.json").write_text(json.dumps(files))
    return FOLDER
