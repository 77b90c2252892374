"""Knows which versions of each other packages accept, and which of that a change would break.

pip checks this; micropip does not, as it only ever adds to what is there. This reads what packages
say in their metadata; plugin_setup.py knows which of them stay and which are new.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from micropip._vendored.packaging.src.packaging.requirements import (
    InvalidRequirement,
    Requirement,
)

from engine.packages.wheels import canonical


@dataclass(frozen=True)
class Package:
    """One of a set of packages. `requires` is as its metadata has it; `own`: of the site."""

    name: str
    version: str
    requires: tuple[str, ...]
    own: bool = False


@dataclass(frozen=True)
class Limit:
    """What `package` requires of the version of another one, `name`."""

    package: Package
    name: str
    requirement: Requirement


def site_packages(but: Path) -> Iterator[Package]:
    """Yield the packages that are installed, without those in the folder `but`."""
    path = [one for one in sys.path if one != str(but)]
    seen = set()
    for distribution in importlib.metadata.distributions(path=path):
        name = canonical(distribution.metadata["Name"])
        if name not in seen:
            seen.add(name)
            requires = tuple(distribution.requires or ())
            yield Package(name, distribution.version, requires, own=True)


def broken(packages: Iterable[Package], changed: Container[str]) -> tuple[Limit, str] | None:
    """Return a limit that the set `packages` does not keep, with the version that is beyond it.

    Only the versions of those in `changed` are looked at. None if every limit is kept.
    """
    together = list(packages)
    versions = {one.name: one.version for one in together if one.name in changed}
    for package in together:
        for limit in _limits(package):
            version = versions.get(limit.name)
            if version and not limit.requirement.specifier.contains(version, prereleases=True):
                return limit, version
    return None


def _limits(package: Package) -> Iterator[Limit]:
    for text in package.requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue  # old packages have some; installers have always passed over them
        # What an extra needs is no limit where the extra was not requested.
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield Limit(package, canonical(requirement.name), requirement)
