"""Checks, by reading the project's files, the promises that it makes about itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ENGINE = sorted((PROJECT / "engine").rglob("*.py"))


def imported_modules(path: Path) -> set[str]:
    """Return the top-level names of the modules that a Python file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.name)
def test_only_one_module_of_the_engine_knows_of_javascript(path: Path) -> None:
    if path.name != "environment.py":
        assert imported_modules(path).isdisjoint({"js", "pyodide", "pyodide_js", "bootstrap"})


def test_python_source_lives_in_python_files() -> None:
    for path in [PROJECT / "sw.js", *(PROJECT / "shell").rglob("*.js")]:
        assert not re.search(r"\brunPython|\bimport \w+ as \w+$", path.read_text(), re.M), path


def test_the_worker_and_its_listeners_stay_small() -> None:
    assert len((PROJECT / "sw.js").read_text().splitlines()) <= 150


def test_make_targets_have_a_line_of_help() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)
    assert phony is not None
    documented = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.M))
    assert set(phony[1].split()) == documented


def test_text_never_becomes_markup() -> None:
    """Names of files, tables and people's data are text wherever they are shown."""
    sinks = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment"
        r"|setHTML|srcdoc"
    )
    scripts = [*(PROJECT / "shell").rglob("*.js"), *(PROJECT / "app").glob("*.html")]
    scripts += [PROJECT / "index.html", PROJECT / "saved.html", PROJECT / "sw.js"]
    scripts += [PROJECT / "unresponsive.html"]
    assert len(scripts) > 100
    assert [path.name for path in scripts if sinks.search(path.read_text())] == []
    templates = list((PROJECT / "plugins" / "templates").glob("*.html"))
    unescaped = re.compile(r"\|\s*safe\b|autoescape\s+false")
    assert templates
    assert [path.name for path in templates if unescaped.search(path.read_text())] == []
