"""The list of the packages that the site ships."""

from __future__ import annotations

import zipfile
from pathlib import Path

from licenses import listing

from datasette_lite.wheel_licenses import of_wheel


def wheel(folder: Path, metadata: str) -> Path:
    """Write a wheel with this metadata and one licence text."""
    path = folder / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("thing-1.0.dist-info/METADATA", f"Name: thing\nVersion: 1.0\n{metadata}\n")
        archive.writestr("thing-1.0.dist-info/licenses/LICENSE.md", "The text.")
        archive.writestr("thing/LICENSE.py", "code")
    return path


def test_a_wheel_is_named_with_its_licence_and_its_text(tmp_path: Path) -> None:
    path = wheel(tmp_path, "License-Expression: MIT")
    assert of_wheel(path) == "thing 1.0: MIT\nThe text."


def test_older_metadata_names_the_licence_elsewhere(tmp_path: Path) -> None:
    classified = wheel(tmp_path, "Classifier: License :: OSI Approved :: BSD License")
    assert of_wheel(classified).startswith("thing 1.0: BSD License\n")
    written = wheel(tmp_path, "License: Mozilla Public License 2.0")
    assert of_wheel(written).startswith("thing 1.0: Mozilla Public License 2.0\n")


def test_the_list_has_pyodide_the_bundled_libraries_and_the_packages(tmp_path: Path) -> None:
    wheel(tmp_path, "License-Expression: MIT")
    text = listing(tmp_path, {"idb", "pyodide"})
    for line in ("pyodide 314.", "SQLite: public domain", "idb 8.0.4: ISC", "thing 1.0: MIT"):
        assert line in text
