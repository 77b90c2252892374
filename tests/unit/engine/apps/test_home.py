"""The files that come with an app's code, in its home directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.apps.home import RECORD, fill


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """An empty home, and code with some files."""
    home, code = tmp_path / "home", tmp_path / "code"
    (code / "templates").mkdir(parents=True)
    home.mkdir()
    (code / "main.py").write_text("app = None")
    (code / "templates" / "page.html").write_text("first")
    (code / ".secret").write_text("hidden")
    (code / "data.db").write_bytes(b"rows")
    return home, code


def test_all_but_modules_and_hidden_files_are_copied(folders: tuple[Path, Path]) -> None:
    home, code = folders
    fill(home, code)
    found = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert found == {"templates/page.html", "data.db", RECORD}


def test_what_the_app_has_written_stays_when_the_code_changes(folders: tuple[Path, Path]) -> None:
    home, code = folders
    fill(home, code)
    (home / "data.db").write_bytes(b"rows and more")
    (code / "data.db").write_bytes(b"other rows")
    (code / "templates" / "page.html").write_text("second")
    (code / "templates" / "new.html").write_text("new")
    fill(home, code)
    assert (home / "data.db").read_bytes() == b"rows and more"
    assert (home / "templates" / "page.html").read_text() == "second"
    assert (home / "templates" / "new.html").read_text() == "new"


def test_a_start_without_changes_writes_nothing(folders: tuple[Path, Path]) -> None:
    home, code = folders
    fill(home, code)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    fill(home, code)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_an_own_file_is_not_replaced_by_one_that_comes_later(folders: tuple[Path, Path]) -> None:
    home, code = folders
    (home / "data.db").write_bytes(b"mine")
    (home / "templates").write_text("a file where a folder would be")
    fill(home, code)
    assert (home / "data.db").read_bytes() == b"mine"
    assert (home / "templates").read_text() == "a file where a folder would be"


@pytest.mark.parametrize("content", ["", "[]", "not JSON"])
def test_a_damaged_record_counts_as_none(folders: tuple[Path, Path], content: str) -> None:
    home, code = folders
    (home / RECORD).write_text(content)
    fill(home, code)
    assert (home / "templates" / "page.html").read_text() == "first"
