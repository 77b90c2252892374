"""Lists the packages of Pyodide's distribution, from the lock that comes with Pyodide.

engine/packages/distribution.py reads the list.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def address_of(pyodide: Path) -> str:
    """Return where the authors of Pyodide publish the distribution of this version."""
    version = json.loads((pyodide / "package.json").read_text())["version"]
    return f"https://cdn.jsdelivr.net/pyodide/v{version}/full/"


def listing_of(pyodide: Path) -> str:
    """Return the list as JSON: each package by its canonical name; engine/packages has the fields.

    Tests of packages are left out, and so are shared libraries, which are no wheels.
    """
    packages = json.loads((pyodide / "pyodide-lock.json").read_text())["packages"]
    libraries = {
        name for name, package in packages.items() if package["package_type"] == "shared_library"
    }
    listed: dict[str, dict[str, Any]] = {}
    for package in packages.values():
        if not package["file_name"].endswith(".whl"):
            continue
        needs = set(package["depends"])
        listed[_canonical(package["name"])] = {
            "version": package["version"],
            "file": package["file_name"],
            "sha256": package["sha256"],
            **_unless_empty("needs", map(_canonical, needs - libraries)),
            **_unless_empty("libraries", needs & libraries),
        }
    return json.dumps(listed, sort_keys=True, separators=(",", ":"))


def _unless_empty(name: str, values: Any) -> dict[str, list[str]]:
    found = sorted(values)
    return {name: found} if found else {}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
