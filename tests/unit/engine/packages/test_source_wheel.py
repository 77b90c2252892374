"""Tests of wheels that are made of Datasette's source."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.errors import PluginError
from engine.packages.wheels import read_wheel, requirements_of, unpack
from tests.support.github import datasette_source, pyproject

SHA = "0123456" + "f" * 33
URL = f"https://github.com/simonw/datasette/tree/{SHA}"
VERSION = b'__version__ = "1.0a50"\n__version_info__ = tuple(__version__.split("."))\n'
FILES = {
    "pyproject.toml": pyproject(["click>=7", "Jinja2>=2.10 ; python_version >= '3.8'"]),
    "datasette/__init__.py": b"from .version import __version__\n",
    "datasette/version.py": VERSION,
    "datasette/templates/a,b.html": b"<p>",
}


def _build(files: dict[str, bytes]) -> Any:
    from engine.packages.github import Commit
    from engine.packages.source_wheel import build

    return build(Commit(SHA, files), URL)


def _installed(files: dict[str, bytes], folder: Path) -> importlib.metadata.Distribution:
    unpack(_build(files).content, folder)
    [found] = importlib.metadata.distributions(path=[str(folder)])
    return found


def test_metadata_is_that_of_the_project_with_the_commit_in_the_version(tmp_path: Path) -> None:
    found = _installed(FILES, tmp_path)
    assert (found.metadata["Name"], found.version) == ("datasette", "1.0a50+g0123456")
    assert found.metadata["Requires-Python"] == ">=3.10"
    assert found.metadata.get_all("Provides-Extra") == ["rich"]
    assert found.requires == [
        "click>=7",
        'Jinja2>=2.10; python_version >= "3.8"',
        'rich ; extra == "rich"',
        'a-library>=1 ; (python_version >= "3.8") and extra == "rich"',
    ]
    [point] = found.entry_points
    assert (point.group, point.name, point.value) == (
        "console_scripts",
        "datasette",
        "datasette.cli:cli",
    )
    script = "import datasette; print(datasette.__version__)"
    run = [sys.executable, "-c", script]
    assert subprocess.check_output(run, cwd=tmp_path, text=True) == "1.0a50+g0123456\n"


def test_the_record_has_every_file_with_its_hash() -> None:
    with zipfile.ZipFile(io.BytesIO(_build(FILES).content)) as archive:
        names = set(archive.namelist())
        info = "datasette-1.0a50+g0123456.dist-info"
        rows = [*csv.reader(archive.read(f"{info}/RECORD").decode().splitlines())]
        assert {row[0] for row in rows} == names
        assert "datasette/templates/a,b.html" in names
        assert "pyproject.toml" not in names
        for name, digest, size in rows:
            body = archive.read(name)
            if name.endswith("/RECORD"):
                assert (digest, size) == ("", "")
                continue
            found = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
            assert (digest, size) == (f"sha256={found}", str(len(body)))


def test_the_same_commit_makes_the_same_wheel() -> None:
    backwards = dict(reversed(FILES.items()))
    assert _build(FILES).content == _build(backwards).content


def test_what_this_site_reads_of_a_wheel_is_there() -> None:
    built = _build(FILES)
    wheel = read_wheel(built.content, built.file, built.url)
    assert (wheel.name, wheel.version, wheel.is_plugin) == ("datasette", built.version, False)
    assert built.file == "datasette-1.0a50+g0123456-py3-none-any.whl"
    assert requirements_of(built.content)[0] == "click>=7"


def test_datasette_itself(tmp_path: Path) -> None:
    source = datasette_source()
    own = importlib.metadata.distribution("datasette")
    found = _installed(source, tmp_path)
    assert re.fullmatch(re.escape(own.version) + r"\+g0123456", found.version)
    plain = [one for one in own.requires or [] if "extra" not in one]
    assert [one for one in found.requires or [] if "extra" not in one] == plain
    script = "import datasette.app; print(datasette.__version__)"
    run = [sys.executable, "-c", script]
    said = subprocess.check_output(run, cwd=tmp_path, text=True)
    assert said.strip() == found.version


def test_pip_installs_it(tmp_path: Path) -> None:
    built = _build(FILES)
    path = tmp_path / built.file
    path.write_bytes(built.content)
    options = ["--no-deps", "--no-index", "--target", str(tmp_path / "there")]
    run = [sys.executable, "-m", "pip", "install", "--quiet", *options, str(path)]
    subprocess.run(run, check=True)
    [found] = importlib.metadata.distributions(path=[str(tmp_path / "there")])
    assert found.version == built.version


def _changed(old: str, new: str) -> dict[str, bytes]:
    project = FILES["pyproject.toml"].decode()
    assert old in project
    return {**FILES, "pyproject.toml": project.replace(old, new, 1).encode()}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({**FILES, "pyproject.toml": b"x ="}, "pyproject.toml cannot be read"),
        ({**FILES, "pyproject.toml": b"\xff"}, "pyproject.toml cannot be read"),
        ({**FILES, "pyproject.toml": b"[tool.black]"}, "pyproject.toml has no [project]"),
        (_changed('name = "datasette"', 'name = "evil"'), "it is 'evil', not Datasette"),
        (_changed('["version"]', '["version", "dependencies"]'), "leaves its dependencies"),
        (_changed(">=3.10", ">=4"), "it needs Python >=4, and this is Python"),
        (_changed(">=3.10", "new"), "“new” is not a range of versions"),
        (_changed("click>=7", "click @ https://a.test/click-1-py3-none-any.whl"), "from https://a"),
        (_changed("click>=7", "click\\nEvil: header"), "is not a requirement"),
        (_changed('"click>=7"', "7"), "is not a requirement"),
        (_changed("rich = [", '"r ]\\n" = ['), "is not a name"),
        (_changed("datasette.cli:cli", "os\\n[x]"), "is not an entry point"),
        (_changed("[project.scripts]", "[project.scripts.x]"), "is not an entry point"),
        (_changed("dependencies = [", "dependencies = 3 # ["), "does not have the standard’s form"),
        ({**FILES, "datasette/version.py": b"import os\n"}, "does not say which version it is"),
        ({**FILES, "datasette/version.py": b'__version__ = "new"\n'}, "does not say which version"),
    ],
)
def test_what_is_not_described_as_datasette_is_is_refused(
    files: dict[str, bytes], said: str
) -> None:
    with pytest.raises(PluginError) as raised:
        _build(files)
    assert said in raised.value.message
