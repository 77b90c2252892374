"""Makes a wheel of Datasette's source at one commit, in memory.

Datasette has no code to compile and describes itself in the standard fields of pyproject.toml, so
neither setuptools, which browsers cannot run, nor any code of the commit is needed: its files are
packed, and its metadata is written from those fields. The version names the commit in its local
part, as in 1.0a41+gabcdef1. The same commit always makes the same wheel.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import platform
import re
import tomllib
import zipfile
from collections.abc import Iterator
from typing import Any

from micropip._vendored.packaging.src.packaging.requirements import (
    InvalidRequirement,
    Requirement,
)
from micropip._vendored.packaging.src.packaging.specifiers import InvalidSpecifier, SpecifierSet
from micropip._vendored.packaging.src.packaging.version import InvalidVersion, Version

from engine.packages.github import PACKAGE, PROJECT, Commit
from engine.packages.unresolvable import Unresolvable
from engine.packages.wheels import BuiltWheel, canonical

NAME = "datasette"

_VERSION_FILE = f"{PACKAGE}version.py"
_VERSION = re.compile(r"""^(__version__\s*=\s*)(["'])([^"'\n]+)\2""", re.M)

#: Digits of the commit in a version, as Git abbreviates it.
_ABBREVIATED = 7

#: Zip files have no earlier date. With a fixed one, the same files always make the same wheel.
_DATE = (1980, 1, 1, 0, 0, 0)


def build(commit: Commit, url: str) -> BuiltWheel:
    """Return the wheel of a commit.

    Raises:
        Unresolvable: the project is not described as Datasette's is, or needs another Python.
    """
    try:
        return _built(commit, url)
    except (TypeError, AttributeError) as error:
        raise _refused(f"{PROJECT} does not have the standard’s form ({error})") from error


def _built(commit: Commit, url: str) -> BuiltWheel:
    project = _project(commit)
    files = {path: body for path, body in commit.files.items() if path.startswith(PACKAGE)}
    public = _public_version(project, files)
    version = f"{public}+g{commit.sha[:_ABBREVIATED]}"
    if _VERSION_FILE in files:
        said = files[_VERSION_FILE].decode(errors="surrogateescape")
        said = _VERSION.sub(rf'\g<1>"{version}"', said)
        files[_VERSION_FILE] = said.encode(errors="surrogateescape")
    info = f"{NAME}-{version}.dist-info"
    metadata = _metadata(project, version)
    files[f"{info}/METADATA"] = metadata
    files[f"{info}/WHEEL"] = _WHEEL
    files[f"{info}/entry_points.txt"] = _entry_points(project)
    return BuiltWheel(
        NAME, version, f"{NAME}-{version}-py3-none-any.whl", url, metadata, _packed(files, info)
    )


_WHEEL = b"""Wheel-Version: 1.0
Generator: datasette-lite
Root-Is-Purelib: true
Tag: py3-none-any
"""


def _project(commit: Commit) -> dict[str, Any]:
    """Return the table [project] of pyproject.toml, which must be Datasette's."""
    try:
        project = tomllib.loads(commit.files[PROJECT].decode()).get("project")
    except ValueError as error:
        raise _refused(f"{PROJECT} cannot be read ({error})") from error
    if not isinstance(project, dict):
        raise _refused(f"{PROJECT} has no [project]", "It is too old: name a version.")
    if canonical(str(project.get("name"))) != NAME:
        raise _refused(f"it is {project.get('name')!r}, not Datasette")
    dynamic = project.get("dynamic", [])
    if needed := {"dependencies", "optional-dependencies", "entry-points", "scripts"} & {*dynamic}:
        raise _refused(f"{PROJECT} leaves its {min(needed)} to be computed")
    return project


def _public_version(project: dict[str, Any], files: dict[str, bytes]) -> str:
    found = _VERSION.search(files.get(_VERSION_FILE, b"").decode(errors="replace"))
    said = project.get("version") or (found[3] if found else None)
    try:
        return str(Version(said).public)
    except (InvalidVersion, TypeError) as error:
        raise _refused(f"{_VERSION_FILE} does not say which version it is") from error


def _metadata(project: dict[str, Any], version: str) -> bytes:
    """Return METADATA, as the core metadata specification has it."""
    python = str(project.get("requires-python", ""))
    try:
        if not SpecifierSet(python).contains(platform.python_version(), prereleases=True):
            raise _refused(
                f"it needs Python {python}, and this is Python {platform.python_version()}"
            )
    except InvalidSpecifier as error:
        raise _refused(f"“{python}” is not a range of versions of Python") from error
    lines = ["Metadata-Version: 2.1", f"Name: {NAME}", f"Version: {version}"]
    if python:
        lines.append(f"Requires-Python: {python}")
    lines += [f"Requires-Dist: {_requirement(one)}" for one in project.get("dependencies", [])]
    for extra, needs in project.get("optional-dependencies", {}).items():
        lines.append(f"Provides-Extra: {_word(extra)}")
        lines += [f"Requires-Dist: {_requirement(one, _word(extra))}" for one in needs]
    return "\n".join([*lines, ""]).encode()


def _requirement(text: Any, extra: str = "") -> str:
    """Return a dependency, for the case that `extra` is wanted if there is one."""
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, TypeError, AttributeError) as error:
        raise _refused(f"“{text}” is not a requirement") from error
    if requirement.url:
        # The question named one place, and this is another.
        raise _refused(f"it needs {requirement.name} from {requirement.url}")
    if not extra:
        return str(requirement)
    marker, requirement.marker = requirement.marker, None
    condition = f'extra == "{extra}"'
    if marker is not None:
        condition = f"({marker}) and {condition}"
    return f"{requirement} ; {condition}"


def _entry_points(project: dict[str, Any]) -> bytes:
    groups = {"console_scripts": project.get("scripts", {}), **project.get("entry-points", {})}
    return "\n".join(_ini(groups)).encode()


def _ini(groups: dict[str, Any]) -> Iterator[str]:
    for group, points in groups.items():
        yield f"[{_word(group)}]"
        for name, place in points.items():
            if not re.fullmatch(r"[\w.]+(:[\w.]+)?", str(place)):
                raise _refused(f"“{place}” is not an entry point")
            yield f"{_word(name)} = {place}"
        yield ""


def _word(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        raise _refused(f"“{text}” is not a name")
    return text


def _packed(files: dict[str, bytes], info: str) -> bytes:
    record = f"{info}/RECORD"
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerows((path, _digest(body), len(body)) for path, body in sorted(files.items()))
    writer.writerow((record, "", ""))
    everything = {**files, record: rows.getvalue().encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, body in sorted(everything.items()):
            archive.writestr(zipfile.ZipInfo(path, _DATE), body, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _digest(body: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"


def _refused(why: str, hint: str = "") -> Unresolvable:
    return Unresolvable(
        f"This commit of Datasette cannot be installed: {why}.", hint=hint or "Try another one."
    )
