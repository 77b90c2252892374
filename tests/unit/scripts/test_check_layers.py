"""Tests of scripts/check_layers.py: imports that go up, sideways, or across are named."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_layers import check

TABLE = """
javascript = [
    ["shell/shared"],
    ["shell/worker/storage", "shell/worker/trust"],
    ["shell/worker/boot"],
    ["shell/page/ui"],
]
python = [["engine"], ["engine/sqlite"], ["bootstrap.py"]]
"""
FILES = {
    "shell/shared/paths.js": "export const paths = 1;",
    "shell/worker/storage/saver.js": 'import { paths } from "../../shared/paths.js";',
    "shell/worker/trust/lock.js": "",
    "shell/worker/boot/start.js": 'import { a } from "../storage/saver.js";\nimport "./steps.js";',
    "shell/worker/boot/steps.js": "",
    "shell/page/ui/dom.js": 'import { paths } from "../../shared/paths.js";',
    "sw.js": "",
    "engine/errors.py": "import json",
    "engine/sqlite/names.py": "from engine.errors import LiteError",
    "engine/sqlite/copies.py": "from engine.sqlite import names",
    "plugins/root.py": "",
    "bootstrap.py": "from engine.sqlite import names",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with correct imports, except for two files that no row names."""
    for name, content in {"layers.toml": TABLE, **FILES}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "sw.js").write_text("")
    return tmp_path


NO_ROW = ["sw.js is in no row of layers.toml.", "plugins/root.py is in no row of layers.toml."]


def test_imports_that_go_down_are_fine(project: Path) -> None:
    assert check(project) == NO_ROW


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("shell/worker/storage/saver.js", 'import { a } from "../boot/start.js";', "is not above"),
        ("shell/worker/storage/saver.js", 'import "../trust/lock.js";', "is not above"),
        ("shell/worker/storage/saver.js", 'await import("../boot/start.js");', "is not above"),
        (
            "shell/worker/storage/saver.js",
            'import {\n  a,\n  b,\n} from "../boot/start.js";',
            "is not above",
        ),
        ("shell/shared/paths.js", 'export { a } from "../worker/boot/start.js";', "is not above"),
        ("shell/page/ui/dom.js", 'import "../../worker/trust/lock.js";', "share only"),
        ("engine/errors.py", "from engine.sqlite import names", "is not above"),
        ("engine/errors.py", "def late():\n    import engine.sqlite.names", "is not above"),
        ("engine/errors.py", "from engine.sqlite.names import quote", "is not above"),
    ],
)
def test_other_imports_are_named(project: Path, file: str, content: str, said: str) -> None:
    (project / file).write_text(content)
    (found,) = [problem for problem in check(project) if problem not in NO_ROW]
    assert found.startswith(f"{file} imports ") and said in found


def test_types_in_comments_do_not_count(project: Path) -> None:
    content = '/** @typedef {import("../boot/start.js").Step} Step */\n// import "../boot/start.js"'
    (project / "shell/worker/storage/saver.js").write_text(content)
    assert check(project) == NO_ROW


def test_folders_that_serve_any_application_do_not_mention_one(project: Path) -> None:
    table = '[general]\napplication = "Flask"\nfolders = ["engine/sqlite", "shell/worker/boot"]\n'
    (project / "layers.toml").write_text(TABLE + table)
    assert check(project) == NO_ROW
    (project / "engine/sqlite/names.py").write_text("# flask-lite, Flask Lite and\n# Flask's\n")
    (project / "shell/worker/boot/steps.js").write_text("// flask.app")
    (project / "shell/worker/storage/saver.js").write_text("// Flask")
    assert sorted(set(check(project)) - set(NO_ROW)) == [
        "engine/sqlite/names.py:2 mentions Flask; it has to serve any application.",
        "shell/worker/boot/steps.js:1 mentions Flask; it has to serve any application.",
    ]
