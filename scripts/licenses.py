"""Lists everything that the site ships, with versions and licences, for its licenses.txt.

Python packages declare their licence in their metadata; JavaScript libraries are those that the
bundles contain; Pyodide brings CPython and SQLite.
"""

from __future__ import annotations

import email
import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from bundling import MODULES

CLASSIFIER = "License :: "

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


def of_wheel(path: Path) -> str:
    """Return name, version and licence of a wheel in one line, then its licence texts."""
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        [metadata] = [name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        headers = email.message_from_bytes(wheel.read(metadata))
        texts = [
            wheel.read(name).decode(errors="replace")
            for name in names
            if re.search(r"\.dist-info/.*(LICEN[CS]E|COPYING|NOTICE)[^/]*$", name, re.IGNORECASE)
        ]
    classifiers = headers.get_all("Classifier", [])
    licence = headers["License-Expression"] or next(
        (text.rpartition(" :: ")[2] for text in classifiers if text.startswith(CLASSIFIER)),
        (headers["License"] or "see below").strip().split("\n")[0],
    )
    return "\n".join([f"{headers['Name']} {headers['Version']}: {licence}", *texts])


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
    return f"\n{'-' * 72}\n".join(parts)
