"""Says in words for a person why a requirement cannot be met here.

resolving.py notices some of the reasons itself; the others are what micropip says.
"""

from __future__ import annotations

import re
import zipfile

from micropip._vendored.packaging.src.packaging.requirements import (
    InvalidRequirement,
    Requirement,
)

from engine.errors import PluginError
from engine.packages.network import Layer
from engine.packages.wheels import canonical, package_name

#: What the site itself runs on: only `ref` brings others, no plugin does.
CORE = frozenset(
    {"datasette", "sqlite-utils", "python-calamine", "pydantic", "pydantic-core", "pluggy"}
)

#: What micropip says of a package of which no version runs here.
NO_WHEEL = re.compile(r"Can't find a pure Python 3 wheel for '([^']+)'")

#: Statuses with which an index says that it does not have a package.
MISSING = (403, 404, 410)

_FETCH_METADATA = re.compile(r"Can't fetch metadata for '([^']+)'")
_NO_FETCH = re.compile(r"Can't fetch wheel from '([^']+)'")


class Unresolvable(PluginError):
    """Raised when a requirement cannot be met here. `retry`: another time it may."""

    def __init__(self, message: str, *, hint: str = "", retry: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.retry = retry


class Conflict(ValueError):
    """`requirement` does not admit the version that is there; `new`: that was just chosen."""

    def __init__(
        self, requirement: Requirement, name: str, version: str, *, new: bool = False
    ) -> None:
        super().__init__(f"{requirement} is wanted, {name} {version} is there")
        self.requirement, self.name, self.version, self.new = requirement, name, version, new


class NotTheOnlyVersion(ValueError):
    """`requirement` does not admit the only `version` that the distribution has."""

    def __init__(self, requirement: Requirement, version: str) -> None:
        super().__init__(f"{requirement} is wanted, {version} is to be had")
        self.requirement, self.version = requirement, version


class NeedsLibrary(ValueError):
    """The package `name` of the distribution needs a shared library beside its wheel."""

    def __init__(self, name: str, library: str) -> None:
        super().__init__(f"{name} needs {library}")
        self.name, self.library = name, library


def explained(error: Exception, requirement: str) -> Unresolvable:
    """Say why `requirement` cannot be had, in words for a person."""
    if isinstance(error, Unresolvable):
        return error
    said = str(error)
    if isinstance(error, Conflict):
        return _conflict(error, requirement)
    if isinstance(error, NotTheOnlyVersion):
        wanted = error.requirement
        return Unresolvable(
            f"{_because(wanted.name, requirement)} has native code, and only version"
            f" {error.version} of it was built for browsers"
            + (f", not {wanted.specifier}." if wanted.name != package_name(requirement) else "."),
            hint=f"Ask for {wanted.name} without a version, or look for an older or newer plugin.",
        )
    if isinstance(error, NeedsLibrary):
        return Unresolvable(
            f"{_because(error.name, requirement)} needs the shared library {error.library}.",
            hint="Shared libraries that are not part of a wheel cannot be loaded here.",
        )
    if isinstance(error, InvalidRequirement):
        return Unresolvable(
            f"“{requirement}” does not name a Python package.",
            hint="Write its name, such as datasette-vega, a version with it, such as"
            " datasette-vega==0.6.2, or the address of a wheel (.whl).",
        )
    if (found := _FETCH_METADATA.search(said)) is not None:
        return _not_in_index(found[1], requirement)
    if (found := NO_WHEEL.search(said)) is not None:
        return _no_wheel(found[1], requirement)
    if (found := _NO_FETCH.search(said)) is not None:
        status = getattr(error.__cause__, "status", None)
        return Unresolvable(
            f"{found[1]} could not be downloaded" + (f" (HTTP {status})." if status else "."),
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
    same = package_name(part) == package_name(requirement)
    return f"{requirement} cannot be installed: " + ("it" if same else f"it needs {part}, which")


def _conflict(conflict: Conflict, requirement: str) -> Unresolvable:
    wanted, name, version = conflict.requirement, conflict.name, conflict.version
    if conflict.new:
        return Unresolvable(
            f"{requirement} cannot be installed: its dependencies need both {wanted} and, for"
            f" another package, {name} {version}.",
            hint=f"An older version may work: name one, such as {package_name(requirement)}==1.0.",
        )
    if canonical(wanted.name) == package_name(requirement):
        return Unresolvable(
            f"{requirement} cannot be installed: this site has {name} {version}.",
            hint="To run another version of Datasette itself, use ?ref= in a link."
            if name == "datasette"
            else "Upgrade or remove that first.",
        )
    return Unresolvable(
        f"{requirement} cannot be installed: it needs {wanted}, but this site has"
        f" {name} {version}.",
        hint="No available version of it supports this one."
        + (" Its authors have to release one that does." if name in CORE else ""),
    )


def _not_in_index(name: str, requirement: str) -> Unresolvable:
    because = _because(name, requirement)
    if Layer.status is None and Layer.failure is not None:
        return Unresolvable(
            f"{requirement} could not be installed: the package index could not be reached.",
            hint="Check your connection; it will be tried again at the next start.",
            retry=True,
        )
    if Layer.status in MISSING:
        return Unresolvable(
            f"{because} is not in the package index.",
            hint="The name may be misspelled, or the site’s index may not have it.",
        )
    return Unresolvable(
        f"{requirement} could not be installed: the package index answered with an error"
        f" (HTTP {Layer.status}).",
        hint="It will be tried again at the next start.",
        retry=True,
    )


def _no_wheel(part: str, requirement: str) -> Unresolvable:
    return Unresolvable(
        f"{_because(part, requirement)} has no version with a wheel that runs in a browser.",
        hint="Either it has no such version, or it has native code that nobody has built for"
        " WebAssembly.",
    )
