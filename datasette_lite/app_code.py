"""Reads an app that somebody publishes: its code as one file, and the packages that it needs.

The browser unpacks and imports the file (engine/apps/). Whatever would only fail there, and can be
seen here without running the code, is refused.
"""

from __future__ import annotations

import ast
import io
import re
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

from datasette_lite.errors import PublishError
from datasette_lite.secret_keys import refuse_secret_files
from datasette_lite.settings import canonical, is_path

#: Folders that belong to tools, besides hidden ones.
_NOT_CODE = {"__pycache__", "node_modules", "venv"}

#: Servers: the site does their work, and some of them would not run in a browser.
_SERVERS = {"uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "uvicorn-worker"}

_NAME = r"[^\W\d]\w*"
_DOTTED = rf"{_NAME}(?:\.{_NAME})*"
_ENTRY = re.compile(rf"({_DOTTED}):({_DOTTED})(?:\(\))?")

#: The same date for all files, so that the same code is the same zip file.
_DATE = (1980, 1, 1, 0, 0, 0)

_SCRIPT = re.compile(r"(?m)^# /// script$\s(?P<toml>(?:^#(?:| .*)$\s)+?)^# ///$")


@dataclass(frozen=True)
class AppCode:
    """An app to publish."""

    #: Of the file that the code is in.
    name: str
    content: bytes
    #: As in a link.
    entry: str
    #: What it needs beyond the site's own packages.
    requirements: list[str]
    #: How many files it has.
    count: int


def read_app(entry: str, files: list[Path], out: Path) -> AppCode:
    """Read the app in a folder or a .py file, of which `entry` names the application.

    :param files: exactly one path.
    :param out: the folder of the site, which is not part of the app.

    Raises:
        PublishError: there is no such application, as far as can be seen without running it.
    """
    match = _ENTRY.fullmatch(entry.strip())
    if match is None:
        raise PublishError(
            f"--app {entry}: this does not name an application. Write it as module:attribute, such"
            " as main:app, or main:create_app for a factory."
        )
    if len(files) != 1:
        raise PublishError("--app publishes one app: name its folder, or its .py file.")
    module, attribute = match[1], match[2]
    [path] = files
    if path.is_file():
        return _script(path, entry.strip(), module, attribute)
    found = _files(path, out.resolve())
    source = _module(path, module, found)
    _check(source, attribute.split(".")[0], entry)
    return AppCode(
        name=f"{_slug(path.resolve().name)}.zip",
        content=_packed(path, found),
        entry=entry.strip(),
        requirements=_without_servers(_requirements(path, source)),
        count=len(found),
    )


def _script(path: Path, entry: str, module: str, attribute: str) -> AppCode:
    if path.suffix != ".py":
        raise PublishError(f"--app: {path.name} is neither a folder nor a .py file.")
    own = _slug(path.stem)
    if module != own:
        raise PublishError(
            f"--app {entry}: the app is the file {path.name}, so its module is {own}:"
            f" --app {own}:{attribute}."
        )
    _check(path, attribute.split(".")[0], entry)
    needed = _without_servers(_of_script(path))
    return AppCode(f"{own}.py", path.read_bytes(), entry, needed, 1)


def _files(folder: Path, out: Path) -> list[Path]:
    """Return the files of the app, without those of tools and those of the site itself.

    Raises:
        PublishError: one is a link to a file elsewhere, or holds a secret.
    """
    found = []
    whole = folder.resolve()
    paths = sorted(folder.rglob("*"))
    environments = {path.parent for path in paths if path.name == "pyvenv.cfg"}
    for path in paths:
        parts = path.relative_to(folder).parts
        is_tool = any(part.startswith(".") or part in _NOT_CODE for part in parts)
        is_tool = is_tool or path.suffix == ".pyc" or not environments.isdisjoint(path.parents)
        target = path.resolve()
        if is_tool or target.is_relative_to(out) or not path.is_file():
            continue
        if not target.is_relative_to(whole):
            raise PublishError(
                f"{path} is a link to {target}, outside the app, and everybody could read that"
                " file on the site. Copy it into the folder, or remove the link."
            )
        found.append(path)
    refuse_secret_files(found)
    return found


def _module(folder: Path, module: str, found: list[Path]) -> Path:
    base = folder.joinpath(*module.split("."))
    for path in (base.with_name(f"{base.name}.py"), base / "__init__.py"):
        if path in found:
            return path
    modules = [
        ".".join(path.relative_to(folder).with_suffix("").parts)
        for path in found
        if path.suffix == ".py" and path.name != "__init__.py"
    ]
    listed = f" It has: {', '.join(modules[:8])}." if modules else " It has no Python files."
    raise PublishError(f"{folder} has no module {module}.{listed}")


def _check(path: Path, name: str, entry: str) -> None:
    """Refuse a module that is not Python, or clearly lacks the attribute."""
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise PublishError(f"{path.name}{line} is not valid Python: {reason}.") from error
    names, is_open = _names(tree.body)
    if name not in names and not is_open:
        listed = f" It has: {', '.join(sorted(names)[:8])}." if names else ""
        raise PublishError(f"--app {entry}: {path.name} has no {name!r} at its top level.{listed}")


def _names(body: list[ast.stmt]) -> tuple[set[str], bool]:
    """Return what statements may define, and whether there may be more."""
    names: set[str] = set()
    is_open = False
    for node in body:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                names.add(inner.id)
            elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                # A module's __getattr__ provides whatever it likes.
                is_open = is_open or inner.name == "__getattr__"
                names.add(inner.name)
            elif isinstance(inner, ast.Import | ast.ImportFrom):
                for alias in inner.names:
                    is_open = is_open or alias.name == "*"
                    names.add(alias.asname or alias.name.split(".")[0])
    return names, is_open


def _packed(folder: Path, files: list[Path]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, path.read_bytes())
    return packed.getvalue()


# --- Packages -------------------------------------------------------------------------------------


def _requirements(folder: Path, module: Path) -> list[str]:
    listed = folder / "requirements.txt"
    if listed.is_file():
        return _of_requirements(listed)
    project = folder / "pyproject.toml"
    if project.is_file():
        document = _toml(_text(project), project.name)
        if "project" in document:
            return _dependencies(document["project"], project)
    return _of_script(module)


def _of_requirements(path: Path) -> list[str]:
    text = re.sub(r"\\\r?\n", " ", _text(path))
    lines = [re.sub(r"(?:^|\s)#.*$", "", line).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    for line in lines:
        if line.startswith("-"):
            raise PublishError(
                f"{path.name} has the option {line!r}, which only pip understands. List the"
                " packages themselves, one on each line."
            )
    return _with_wheels([re.sub(r"\s--hash=.*$", "", line).strip() for line in lines], path)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PublishError(
            f"{path.name} is not UTF-8: {error.reason}. Save it as UTF-8."
        ) from error


def _of_script(path: Path) -> list[str]:
    match = _SCRIPT.search(_text(path))
    if match is None:
        return []
    toml = "".join(re.sub(r"^# ?", "", line) for line in match["toml"].splitlines(keepends=True))
    return _dependencies(_toml(toml, path.name), path)


def _toml(text: str, name: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PublishError(f"What {name} says about its packages is not TOML: {error}.") from error


def _dependencies(table: object, path: Path) -> list[str]:
    fields = table if isinstance(table, dict) else {"dependencies": None}
    dynamic = fields.get("dynamic")
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        raise PublishError(
            f"{path.name} leaves its `dependencies` to a build tool, which does not run here. List"
            " the packages in requirements.txt."
        )
    listed = fields.get("dependencies", [])
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise PublishError(f"The `dependencies` of {path.name} are not a list of strings.")
    return _with_wheels(listed, path)


def _with_wheels(requirements: list[str], path: Path) -> list[str]:
    """Return the requirements that a file lists, with the full paths of wheels."""
    found = []
    for one in requirements:
        if is_path(one):
            wheel = path.parent / one
            if not wheel.is_file():
                raise PublishError(f"{path.name} lists {one}, but there is no such file.")
            found.append(str(wheel.resolve()))
        else:
            found.append(one)
    return found


def _without_servers(requirements: list[str]) -> list[str]:
    return [one for one in requirements if _package(one) not in _SERVERS]


def _package(requirement: str) -> str:
    match = re.match(r"[\w.-]*", requirement)
    return canonical(match[0] if match else "")


def _slug(name: str) -> str:
    """Return a name that hosts, URLs and Python leave unchanged."""
    slug = re.sub(r"\W+", "_", name, flags=re.A).strip("_") or "app"
    return f"app_{slug}" if slug[0].isdigit() else slug
