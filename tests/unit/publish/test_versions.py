"""A version has all files that must fit together in one folder, and all references into it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from datasette_lite.versions import (
    KEPT,
    REFERRING,
    WORKER,
    VersionError,
    files_in_manifest,
    point_to_version,
    seal,
    sha256,
    version_of,
)

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site that is laid out, the smallest there can be."""
    for name in [*REFERRING, *KEPT, "runtime/x.pack", "data/world.db"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('import "./shell/page/one.js";')
    for name in ["shell/page/one.js", WORKER, f"{WORKER}.map"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1;")
    return tmp_path


def test_all_code_of_a_version_is_in_its_folder(site: Path) -> None:
    version = seal(site, {"x": site / "runtime" / "x.pack"}, {}, {})
    assert not (site / "shell").exists()
    assert (site / "v" / version / "shell" / "page" / "one.js").is_file()
    # Shared with other versions, and not small.
    assert (site / "runtime" / "x.pack").is_file()
    assert (site / "index.html").read_text() == f'import "./v/{version}/shell/page/one.js";'


def test_the_manifest_has_the_small_files_as_they_are_served(site: Path) -> None:
    version = seal(site, {}, {}, {})
    files = files_in_manifest(site, f"v/{version}")
    assert set(files) == {*KEPT, f"v/{version}/shell/page/one.js"}
    assert files["index.html"] == sha256(site / "index.html")


def test_the_worker_is_that_of_the_version(site: Path) -> None:
    parts = {"x": site / "runtime" / "x.pack"}
    version = seal(site, parts, {}, {"locked": True})
    script = (site / "sw.js").read_text()
    assert f'"v/{version}/{WORKER}"' in script
    assert f'"sha256": "{sha256(parts["x"])}"' in script
    assert '"locked": true' in script


@pytest.mark.parametrize("changed", [WORKER, "index.html", "runtime/x.pack"])
def test_any_change_is_another_version(site: Path, changed: str) -> None:
    before = version_of(site, {})
    assert before == version_of(site, {})
    with (site / changed).open("a") as file:
        file.write("\n")
    assert version_of(site, {}) != before


def test_other_settings_are_another_version(site: Path) -> None:
    assert version_of(site, {"locked": True}) != version_of(site, {"locked": False})


@pytest.mark.parametrize("name", REFERRING)
def test_no_reference_of_the_project_is_missed(name: str) -> None:
    source = (PROJECT / name.replace("404.html", "app/index.html")).read_text()
    moved, paths = point_to_version(source, "v/abc")
    assert paths
    for path in paths:
        folder, _, file = path.removeprefix("v/abc/").rpartition("/")
        # The pages' scripts and stylesheets are in folders, their bundles are not.
        assert len([*(PROJECT / folder).rglob(file)]) == 1, path
    # The rest is prose.
    assert not re.search(r"""["'`/}]shell/""", moved.replace("v/abc/shell/", ""))


def test_a_file_that_names_nothing_is_noticed(site: Path) -> None:
    (site / "index.html").write_text("<script src='shell/page/one.js'></script>")
    with pytest.raises(VersionError, match=r"index\.html has no reference"):
        seal(site, {}, {}, {})


def test_a_file_that_names_what_is_not_there_is_noticed(site: Path) -> None:
    (site / "saved.html").write_text('import "./shell/page/gone.js";')
    with pytest.raises(VersionError, match=r"gone\.js, which the build does not make"):
        seal(site, {}, {}, {})
