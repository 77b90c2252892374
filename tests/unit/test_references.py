"""Paths that documents and comments mention exist, so that no reference goes stale."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# Files that the build makes, that belong to Datasette or npm, or that stand for any.
ELSEWHERE = {
    *("404.html", "licenses.txt", "common.js", "edit-tools.js", "table.js", "zip.js"),
    *("pyodide.asm.mjs", "SCRIPT.py"),
}
MADE = (
    *("build/", "dist/", "runtime/", "v/", "incoming/", "databases/", "configuration/"),
    *("plugins/wheels/", "plugins/lock.json", "wheels/", "templates/", "static/"),
)

ENDINGS = r"(?:js|mjs|py|html|css|md|toml|txt|webmanifest)"
FILE = re.compile(rf"(?<![\w./@~-])\w[\w.-]*(?:/[\w.-]+)*\.{ENDINGS}(?![\w/*-])")
FOLDER = re.compile(r"\w[\w.-]*/(?:[\w.-]+/)*")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
URL = re.compile(r"\w+://\S+|@[\w/.-]+")


def tracked() -> list[str]:
    """Return the paths of all files of the project."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.splitlines() if (PROJECT / path).exists()]


def ends(paths: Iterable[str]) -> set[str]:
    """Return all ends of paths: of "a/b/c" those are "a/b/c", "b/c" and "c"."""
    parts = [path.split("/") for path in paths]
    return {"/".join(path[at:]) for path in parts for at in range(len(path))}


FILES = tracked()
FILE_ENDS = ends(FILES)
FOLDER_ENDS = ends({parent.as_posix() for path in FILES for parent in Path(path).parents})
DOCUMENTS = [path for path in FILES if path.endswith(".md")]
SOURCES = [path for path in FILES if re.search(r"\.(?:py|js|mjs)$", path)]


def exists(reference: str) -> bool:
    """Whether a file or folder has this path, or the end of its path is this."""
    if reference in ELSEWHERE or reference.startswith(MADE):
        return True
    if reference.endswith("/"):
        return reference[:-1] in FOLDER_ENDS
    return reference in FILE_ENDS


def javascript_comments(source: str) -> str:
    """Return the text of the comments that stand on lines of their own."""
    return "\n".join(re.findall(r"/\*.*?\*/|^\s*//[^\n]*", source, re.S | re.M))


def python_comments(source: str) -> str:
    """Return the text of comments and docstrings."""
    texts = re.findall(r"(?:^ *|  )#.*", source, re.M)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            texts.append(ast.get_docstring(node) or "")
    return "\n".join(texts)


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def stale(paths: Iterable[str], source: str) -> Iterator[str]:
    """Yield a sentence for each path that does not exist."""
    return (f"{source} mentions {path}" for path in paths if not exists(path))


def test_paths_in_documents_exist() -> None:
    problems: list[str] = []
    for document in DOCUMENTS:
        code = re.findall(r"`([^`\s]+)`", (PROJECT / document).read_text())
        paths = [one for one in code if FILE.fullmatch(one) or FOLDER.fullmatch(one)]
        problems += stale(paths, document)
    assert problems == []


def test_links_in_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for path, anchor in LINK.findall((PROJECT / document).read_text()):
            target = (PROJECT / document).parent / path if path else PROJECT / document
            assert target.exists(), f"{document} links to {path}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", target.read_text(), re.M)
                assert anchor in map(slug, headings), f"{document} links to {path}#{anchor}"


def test_paths_in_comments_exist() -> None:
    problems: list[str] = []
    for source in SOURCES:
        text = (PROJECT / source).read_text()
        comments = python_comments(text) if source.endswith(".py") else javascript_comments(text)
        # Types are imported in comments, and the type checker looks after those.
        comments = URL.sub("", re.sub(r"import\([^)]*\)", "", comments))
        problems += stale(FILE.findall(comments), source)
    assert problems == []


def test_every_parameter_and_option_of_links_is_described() -> None:
    document = (PROJECT / "docs/links.md").read_text()
    parameters = (PROJECT / "shell/shared/parameters.js").read_text()
    options = (PROJECT / "shell/shared/link-options.js").read_text()
    kinds = ("SOURCE_PARAMETERS", "SETTINGS", "APP_PARAMETERS", "SWITCHES")
    lists = [parameters.split(f"{kind} =")[1].split("]")[0] for kind in kinds]
    lists.append(options.split("const OPTIONS =")[1].split(");")[0])
    names = [name for one in lists for name in re.findall(r'"(\w+)"', one)]
    assert {"url", "metadata", "memory", "pk", "hidden"} <= set(names), "the patterns are lost"
    assert [name for name in names if f"`{name}=" not in document] == []


def test_every_folder_of_the_tree_is_described() -> None:
    """docs/architecture.md has all folders of the shell and the engine, and those at the top."""
    document = (PROJECT / "docs/architecture.md").read_text()
    tree = document.split("## The folders")[1].split("\n## ")[0]
    top = {path.split("/")[0] for path in FILES if "/" in path and not path.startswith(".")}
    inner = {"/".join(path.split("/")[:3]) for path in FILES if path.startswith("shell/worker/")}
    inner |= {"/".join(path.split("/")[:2]) for path in FILES if path.startswith("engine/")}
    folders = top - {"shell", "engine"} | {one for one in inner if (PROJECT / one).is_dir()}
    assert [one for one in sorted(folders) if f"`{one}/`" not in tree] == []


def test_no_document_lies_among_the_code_of_the_built_site() -> None:
    built = list((PROJECT / "dist" / "v").rglob("*"))
    assert built, "make site builds it"
    assert [path for path in built if path.suffix == ".md"] == []


def test_every_folder_of_code_says_what_it_does() -> None:
    undescribed = []
    for folder in {Path(path).parent for path in SOURCES}:
        if (PROJECT / folder / "README.md").exists():
            continue
        package = PROJECT / folder / "__init__.py"
        source = package.read_text() if package.exists() else ""
        if not ast.get_docstring(ast.parse(source)):
            undescribed.append(folder.as_posix())
    described_by_parent = (
        *("tests/", "bench/asgi_plugin", "bench/old_way_page", "examples/"),
        "shell/worker/runtime/snapshot",
        "engine/packages/stand_ins",
    )
    missing = [one for one in sorted(undescribed) if not one.startswith(described_by_parent)]
    assert missing == []
