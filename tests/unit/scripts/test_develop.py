"""Tests of scripts/develop.py; tests/browser/test_develop.py has those of its window."""

from __future__ import annotations

from pathlib import Path

from develop import states


def test_every_change_makes_a_difference(tmp_path: Path) -> None:
    folder, file = tmp_path / "a", tmp_path / "site.toml"
    folder.mkdir()
    paths = [folder, file]
    seen = [states(paths)]
    (folder / "b").mkdir()
    (folder / "b" / "one.js").write_text("1")
    seen.append(states(paths))
    file.write_text("")
    seen.append(states(paths))
    (folder / "b" / "one.js").unlink()
    seen.append(states(paths))
    assert [len(found) for found in seen] == [0, 1, 2, 1]
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_text("")
    assert states(paths) == seen[-1]
