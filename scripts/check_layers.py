"""Checks that imports go one way, as layers.toml says.

Names every import that goes up or sideways, and every file that has no row. Imports in comments,
which only name types, do not count. Also names every mention of the application in folders that
serve any, comments included; the project's own name is none.
"""

from __future__ import annotations

import ast
import posixpath
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
TABLE = "layers.toml"
SEPARATE = ("shell/worker", "shell/page", "shell/embed")

_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.S | re.M)
_IMPORT = re.compile(r"""\b(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""")


def javascript_imports(path: str, source: str) -> set[str]:
    """Return the files that a module imports, as paths from the project's root."""
    folder = posixpath.dirname(path)
    found = _IMPORT.findall(_COMMENT.sub("", source))
    return {posixpath.normpath(posixpath.join(folder, name)) for name in found}


def python_imports(source: str, project: Path) -> set[str]:
    """Return the modules of this project that a module imports, as paths from its root."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    paths = set()
    for name in names:
        path = name.replace(".", "/")
        # What is imported from a module is in the module; from a package it may be a module.
        for candidate in (path, posixpath.dirname(path)):
            if (project / f"{candidate}.py").is_file():
                paths.add(f"{candidate}.py")
                break
    return paths


def row_of(path: str, rows: list[list[str]]) -> tuple[int, str] | None:
    """Return the row of a file and the entry that is responsible for it: the longest that fits."""
    fits = [
        (len(entry), number, entry)
        for number, row in enumerate(rows)
        for entry in row
        if path == entry or path.startswith(f"{entry}/")
    ]
    return max(fits)[1:] if fits else None


def problems(imports: dict[str, set[str]], rows: list[list[str]]) -> Iterator[str]:
    """Yield a sentence for each import that the rows do not allow.

    `imports` has the imports of each file.
    """
    for path, imported in sorted(imports.items()):
        here = row_of(path, rows)
        if here is None:
            yield f"{path} is in no row of {TABLE}."
            continue
        for other in sorted(imported):
            there = row_of(other, rows)
            if there is None:
                yield f"{path} imports {other}, which is in no row of {TABLE}."
            elif there[1] != here[1] and there[0] >= here[0]:
                yield f"{path} imports {other}, but {there[1]} is not above {here[1]} in {TABLE}."
            elif any(here[1].startswith(one) for one in SEPARATE) and any(
                there[1].startswith(one) and not here[1].startswith(one) for one in SEPARATE
            ):
                yield f"{path} imports {other}; pages and the worker share only shell/shared."


def mentions(path: str, source: str, application: str) -> Iterator[str]:
    """Yield a sentence for each line that mentions the application."""
    mention = re.compile(rf"{application}(?![-_ ]lite)", re.I)
    for number, line in enumerate(source.split("\n"), start=1):
        if mention.search(line):
            yield f"{path}:{number} mentions {application}; it has to serve any application."


def check(project: Path) -> list[str]:
    """Return what is wrong with the imports of the project in a folder."""
    table = tomllib.loads((project / TABLE).read_text())

    def files(pattern: str, *roots: str) -> Iterator[tuple[str, str]]:
        for root in roots:
            found = [project / root] if "." in root else sorted((project / root).rglob(pattern))
            for file in found:
                yield file.relative_to(project).as_posix(), file.read_text()

    javascript = {
        path: javascript_imports(path, source) for path, source in files("*.js", "shell", "sw.js")
    }
    python = {
        path: python_imports(source, project)
        for path, source in files("*.py", "engine", "plugins", "bootstrap.py")
    }
    found = [*problems(javascript, table["javascript"]), *problems(python, table["python"])]
    general = table.get("general", {"folders": []})
    for pattern in ("*.js", "*.py"):
        for path, source in files(pattern, *general["folders"]):
            found.extend(mentions(path, source, general["application"]))
    return found


def main() -> None:
    found = check(PROJECT)
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
