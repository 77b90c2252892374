"""Lists everything that the site ships, with versions and licences, for its licenses.txt.

Python packages declare their licence in their metadata; JavaScript libraries are those that the
bundles contain; Pyodide brings CPython and SQLite.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from bundling import MODULES

from datasette_lite.wheel_licenses import SEPARATOR, of_wheel

INTRODUCTION = """\
Datasette Lite is licensed under the Apache License 2.0; see LICENSE in its source.
This site ships the following software as well. Data in data/ has its own terms: data/README.md.
"""

#: What Pyodide's WebAssembly is built from, besides Pyodide.
IN_PYODIDE = """\
CPython: PSF-2.0, https://www.python.org/
SQLite: public domain, https://www.sqlite.org/
Emscripten and its system libraries: MIT, https://emscripten.org/
"""


def of_package(name: str) -> str:
    """Return the same of an npm package."""
    folder = MODULES / name
    about = json.loads((folder / "package.json").read_text())
    texts = [path.read_text() for path in sorted(folder.glob("LICEN[CS]E*"))]
    return "\n".join([f"{about['name']} {about['version']}: {about['license']}", *texts])


def listing(wheels: Path, packages: Iterable[str]) -> str:
    """Return the whole text: `wheels` is a folder, `packages` are names of npm packages."""
    parts = [INTRODUCTION, IN_PYODIDE, *map(of_package, sorted(packages))]
    parts += [of_wheel(path) for path in sorted(wheels.glob("*.whl"))]
    return SEPARATOR.join(parts)
