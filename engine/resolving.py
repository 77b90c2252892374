"""Chooses the wheels that a requirement needs, without changing anything.

micropip decides, as it would for anybody in Pyodide: which versions fit, which wheels run here,
what is there already. This turns its work into a set of wheels that can be kept, and its
complaints into sentences. Keeping and laying out is packages.py's business.

It uses micropip's Transaction, which its version pins, as its install() would both choose and
install."""

from __future__ import annotations

import importlib.metadata
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from micropip import package_index
from micropip._compat import compatibility_layer
from micropip._vendored.packaging.src.packaging.markers import default_environment
from micropip._vendored.packaging.src.packaging.requirements import (
    InvalidRequirement,
    Requirement,
)
from micropip.package import PackageMetadata
from micropip.transaction import Transaction

from engine.errors import LiteError
from engine.packages import Wheel, canonical, read_wheel

#: Called with "resolving" or "downloading", a package's name, how many are done and how many known.
Report = Callable[[str, str, int, int], object]

#: Datasette declares them for its command line; nothing of a site needs them.
NOT_IN_A_BROWSER = {"pip": "26.0", "setuptools": "80.0"}

#: There under this name, though not as a package; see engine/stand_ins.
STAND_INS = {"httpx": "0.28.1"}

#: What the site itself runs on: only `ref` brings others, no plugin does.
CORE = frozenset({"datasette", "sqlite-utils", "openpyxl", "pydantic", "pydantic-core", "pluggy"})

_FETCH_METADATA = re.compile(r"Can't fetch metadata for '([^']+)'")
_NO_WHEEL = re.compile(r"Can't find a pure Python 3 wheel for '([^']+)'")
_NO_FETCH = re.compile(r"Can't fetch wheel from '([^']+)'")


@dataclass
class Chosen:
    """Wheels and their contents, by file name, and the package that was asked for."""

    name: str
    wheels: list[Wheel]
    contents: dict[str, bytes]


class Unresolvable(LiteError):
    """Raised when a requirement cannot be met here. `retry`: another time it may."""

    def __init__(self, message: str, *, hint: str = "", retry: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.retry = retry


class _Conflict(ValueError):
    def __init__(self, requirement: Requirement, name: str, version: str) -> None:
        super().__init__(f"{requirement} is wanted, {name} {version} is there")
        self.requirement, self.name, self.version = requirement, name, version


class _Layer(compatibility_layer):  # type: ignore[misc]
    """micropip's own, but it remembers what the network said."""

    status: int | None = None
    failure: Exception | None = None

    @staticmethod
    async def fetch_string_and_headers(url: str, kwargs: Any) -> tuple[str, dict[str, str]]:
        try:
            answer: tuple[str, dict[str, str]] = await compatibility_layer.fetch_string_and_headers(
                url, kwargs
            )
            return answer
        except Exception as error:
            _Layer.failure, _Layer.status = error, getattr(error, "status", None)
            raise


@dataclass
class _Choice(Transaction):  # type: ignore[misc]
    """A Transaction for which what is in `hidden` is not there yet."""

    hidden: set[str] = field(default_factory=set)
    #: Says of a name whether its pre-releases count as much as other versions.
    wants_pre: Callable[[str], bool] = lambda _: False
    report: Report = lambda *_: None

    def check_version_satisfied(
        self, req: Requirement, *, allow_reinstall: bool = False
    ) -> tuple[bool, str]:
        name = canonical(req.name)
        locked = self.locked.get(name)
        version = locked.version if locked else None
        if version is None and name not in self.hidden:
            version = installed_version(name)
        if version is None:
            return False, ""
        if req.specifier.contains(version, prereleases=True):
            return True, version
        raise _Conflict(req, name, version)

    async def add_requirement_inner(self, req: Requirement) -> None:
        # Read before anything is awaited, so that branches side by side are not mixed up.
        self.pre = self.wants_pre(canonical(req.name))
        await super().add_requirement_inner(req)

    async def add_wheel(self, wheel: Any, extras: set[str], *, specifier: str = "") -> None:
        if canonical(wheel.name) in self.locked:
            return  # chosen by another branch while this one was asking
        self.report("downloading", wheel.name, len(self.wheels), len(self.locked) + 1)
        await super().add_wheel(wheel, extras, specifier=specifier)
        self.report("downloading", wheel.name, len(self.wheels), len(self.locked))


def installed_version(name: str) -> str | None:
    """Return the version of a package that is there, None if it is not."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


async def choose(
    requirement: str,
    index: str | None,
    *,
    have: Iterable[Wheel] = (),
    hidden: Iterable[str] = (),
    replace_site: bool = False,
    pre: bool = False,
    report: Report = lambda *_: None,
) -> Chosen:
    """Choose the wheels that `requirement` needs beside what is installed and `have`.

    `index` is a package index's address, None for micropip's own. Packages in `hidden` are chosen
    anew although they are there. `replace_site`: packages of the site may be outdone by others.
    `pre`: pre-releases count as much as others; else only where nothing else fits.

    Raises:
        Unresolvable: it cannot be had.
    """
    hide = set(hidden)
    own = name_of(requirement)
    # Of many plugins only a pre-release fits Datasette 1.0, also of some that others need.
    eager: list[Callable[[str], bool]] = [
        lambda name: pre and name == own,
        lambda name: name == own,
        lambda name: name == own or name.startswith("datasette-"),
    ]
    first: Exception | None = None
    while True:
        choice = _choice(index, have, hide, eager[0], report)
        choice.locked |= {
            name: PackageMetadata(name=name, version=version)
            for name, version in (STAND_INS | (NOT_IN_A_BROWSER if replace_site else {})).items()
        }
        try:
            report("resolving", requirement, 0, 0)
            await choice.gather_requirements([requirement])
            return _chosen(choice, requirement)
        except _Conflict as conflict:
            replaceable = replace_site or conflict.name not in CORE
            if replaceable and conflict.name not in hide:
                hide.add(conflict.name)
                continue
            error: Exception = conflict
        except (ValueError, OSError, TypeError, zipfile.BadZipFile) as other:
            error = other
        first = first or error
        unreachable = _Layer.failure is not None and _Layer.status is None
        if len(eager) == 1 or unreachable:
            raise _explained(first, requirement) from error
        del eager[0]


def _choice(
    index: str | None,
    have: Iterable[Wheel],
    hidden: set[str],
    wants_pre: Callable[[str], bool],
    report: Report,
) -> _Choice:
    _Layer.status = _Layer.failure = None
    return _Choice(
        _compat_layer=_Layer,
        ctx=default_environment(),
        ctx_extras=[],
        keep_going=False,
        deps=True,
        pre=False,
        fetch_kwargs={},
        index_urls=[index.rstrip("/")] if index else package_index.DEFAULT_INDEX_URLS,
        locked={
            wheel.name: PackageMetadata(name=wheel.name, version=wheel.version)
            for wheel in have
            if wheel.name not in hidden
        },
        hidden=hidden,
        wants_pre=wants_pre,
        report=report,
    )


def _chosen(choice: _Choice, requirement: str) -> Chosen:
    """Return what was chosen. Of what is a wheel's requirement, only names that are there count."""
    wheels: dict[str, Wheel] = {}
    contents: dict[str, bytes] = {}
    for info in choice.wheels:
        if info._data is None:
            raise ValueError(f"{info.filename} is empty")
        wheel = read_wheel(info._data, info.filename, info.url)
        if info.sha256 is not None and info.sha256 != wheel.sha256:
            raise Unresolvable(
                f"{info.filename} is not the file that the package index describes.",
                hint="The download may be damaged or exchanged. Nothing of it was installed.",
            )
        needs = sorted({canonical(one.name) for one in info._requires or []})
        wheels[wheel.name] = replace(wheel, requires=needs)
        contents[info.filename] = info._data
    return Chosen(name_of(requirement, wheels.values()), list(wheels.values()), contents)


def name_of(requirement: str, wheels: Iterable[Wheel] = ()) -> str:
    """Return the name of the package that a requirement asks for, as far as that can be told."""
    for wheel in wheels:
        if wheel.url == requirement:
            return wheel.name
    try:
        return canonical(Requirement(requirement).name)
    except InvalidRequirement:
        file = requirement.split("?")[0].split("#")[0].rpartition("/")[2]
        return canonical(file.partition("-")[0])


def _explained(error: Exception, requirement: str) -> Unresolvable:
    """Say why `requirement` cannot be had, in words for a person."""
    if isinstance(error, Unresolvable):
        return error
    said = str(error)
    if isinstance(error, _Conflict):
        return _conflict(error, requirement)
    if isinstance(error, InvalidRequirement):
        return Unresolvable(
            f"“{requirement}” does not name a Python package.",
            hint="Write its name, such as datasette-vega, a version with it, such as"
            " datasette-vega==0.6.2, or the address of a wheel (.whl).",
        )
    if (found := _FETCH_METADATA.search(said)) is not None:
        return _not_in_index(found[1], requirement)
    if (found := _NO_WHEEL.search(said)) is not None:
        return _no_wheel(found[1], requirement)
    if (found := _NO_FETCH.search(said)) is not None:
        return Unresolvable(
            f"{found[1]} could not be downloaded.",
            hint="Its server may be out of reach, have no such file, or not let other sites read it"
            " (CORS).",
            retry=True,
        )
    if isinstance(error, zipfile.BadZipFile) or said == "it has no metadata":
        return Unresolvable(
            f"{requirement} is not a wheel.",
            hint="The address must be that of the .whl file itself, not of a page about it.",
        )
    if said.startswith("Wheel "):
        return Unresolvable(
            f"{requirement} has native code that was built for another platform.",
            hint="Only pure Python (…-none-any.whl) and wheels for this Pyodide run here.",
        )
    return Unresolvable(f"{requirement} could not be installed: {said}", retry=True)


def _because(part: str, requirement: str) -> str:
    """Return how a requirement comes to need `part`, as the start of a sentence."""
    name = re.split(r"[\s\[<>=!~;@]", part)[0]
    own = re.split(r"[\s\[<>=!~;@]", requirement)[0]
    same = canonical(name) == canonical(own)
    return f"{requirement} cannot be installed: " + ("it" if same else f"it needs {part}, which")


def _conflict(conflict: _Conflict, requirement: str) -> Unresolvable:
    wanted, name, version = conflict.requirement, conflict.name, conflict.version
    if canonical(wanted.name) == canonical(re.split(r"[\s\[<>=!~;@]", requirement)[0]):
        return Unresolvable(
            f"{requirement} cannot be installed: this site has {name} {version}.",
            hint="To have Datasette itself in another version, use ?ref= in a link."
            if name == "datasette"
            else "Upgrade or remove that first.",
        )
    return Unresolvable(
        f"{requirement} cannot be installed: it needs {wanted}, but this site has"
        f" {name} {version}.",
        hint="No version of it that can be had supports this one."
        + (" Its authors have to release one that does." if name in CORE else ""),
    )


def _not_in_index(name: str, requirement: str) -> Unresolvable:
    because = _because(name, requirement)
    if _Layer.status is None and _Layer.failure is not None:
        return Unresolvable(
            f"{requirement} could not be installed: the package index could not be reached.",
            hint="Check your connection; it is tried again at the next start.",
            retry=True,
        )
    if _Layer.status in (403, 404, 410):
        return Unresolvable(
            f"{because} is not in the package index.",
            hint="The name may be misspelled, or the site’s index may not have it.",
        )
    return Unresolvable(
        f"{requirement} could not be installed: the package index answered with an error"
        f" (HTTP {_Layer.status}).",
        hint="It is tried again at the next start.",
        retry=True,
    )


def _no_wheel(part: str, requirement: str) -> Unresolvable:
    return Unresolvable(
        f"{_because(part, requirement)} has no version with a wheel that runs in a browser.",
        hint="Either it has no such version, or it has native code that nobody has built for"
        " WebAssembly.",
    )
