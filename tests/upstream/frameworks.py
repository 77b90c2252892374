"""Makes an app of a web framework's own tests: they run in a workspace, and natively to compare.

The app (tests/apps/conformance) is a folder with the tests of the source release and everything
that they import, in the versions that the site's examples have.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from wheels import APPS_LOCK, APPS_WHEELS, PROJECT, locked_wheels

from tests.upstream.release import release_of

BUILD = PROJECT / "build" / "upstream"
RUNNER = PROJECT / "tests" / "apps" / "conformance"

#: What runs the tests, in the versions that are installed here.
_PYTEST = ("pytest", "iniconfig", "packaging", "pluggy", "pygments")


@dataclass(frozen=True)
class Framework:
    """Tests of a framework."""

    name: str
    #: Files and folders of the source release.
    wanted: list[str]
    #: Which of their modules are run, as patterns for paths.
    modules: list[str]
    #: Packages of the examples' lock that it needs.
    locked: list[str]
    #: Why tests fail here, by parts of their names.
    reasons: dict[str, str] = field(default_factory=dict)
    #: Folders of it that need packages which do not exist for browsers.
    left_out: list[str] = field(default_factory=list)
    #: Packages that the tests import besides, as requirements.
    needed: list[str] = field(default_factory=list)

    def modules_in(self, folder: Path) -> list[str]:
        """Return the paths of the modules that are run, relative to the app's folder."""
        found = {path for pattern in self.modules for path in folder.glob(pattern)}
        return sorted(path.relative_to(folder).as_posix() for path in found)

    def reason(self, name: str) -> str:
        """Return why the test of that name fails here; "" where nobody has found out."""
        return next((why for part, why in self.reasons.items() if part in name), "")

    @property
    def version(self) -> str:
        """The version that the examples have."""
        found = re.search(rf"^{self.name}==(\S+)", APPS_LOCK.read_text(), re.M)
        assert found is not None
        return found[1]

    def folder(self) -> Path:
        """Make the app's folder again, and return it."""
        made = BUILD / self.name
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        release = release_of(self.name, self.version, BUILD, self.wanted)
        for one in self.wanted:
            source = release / one
            target = made / one
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
        for one in self.left_out:
            shutil.rmtree(made / one)
        shutil.copytree(RUNNER, made, dirs_exist_ok=True)
        examples = locked_wheels(APPS_LOCK, APPS_WHEELS)
        wheels = [next(examples.glob(f"{one}-*.whl")) for one in [self.name, *self.locked]]
        wheels += _downloaded(self.name, self.needed)
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(made)
        # Otherwise the nearest pyproject.toml would apply.
        (made / "pytest.ini").write_text("[pytest]\n")
        return made


def _downloaded(name: str, needed: list[str]) -> list[Path]:
    wanted = [f"{name}=={version(name)}" for name in _PYTEST] + needed
    folder = BUILD / f"{name}-wheels"
    done = folder / "wanted.json"
    if not done.is_file() or json.loads(done.read_text()) != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
        only = ["--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
        subprocess.run([*pip, *only, *wanted], check=True)
        done.write_text(json.dumps(wanted))
    return sorted(folder.glob("*.whl"))


def packed(folder: Path) -> bytes:
    """Return the app as a zip file."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, file.relative_to(folder))
    return path.read_bytes()


def natively(folder: Path, modules: list[str]) -> dict[str, Any]:
    """Run the tests with the framework's own TestClient; return what results.py keeps."""
    results = folder.with_suffix(".json")
    results.unlink(missing_ok=True)
    options = [
        "-q",
        "--continue-on-collection-errors",
        "-p",
        "no:cacheprovider",
        "-p",
        "anyio.pytest_plugin",
        "-p",
        "results",
    ]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--rootdir={folder}", *modules],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(folder),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "RESULTS": str(results),
        },
        stdout=subprocess.DEVNULL,
    )
    found: dict[str, Any] = json.loads(results.read_text())
    return found
