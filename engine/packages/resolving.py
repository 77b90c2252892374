"""Chooses the wheels that a requirement needs, without changing anything.

micropip decides, as it would for anybody in Pyodide, which versions fit, which wheels run here, and
what is there already. This turns its work into a set of wheels that can be kept; unresolvable.py
turns its complaints into sentences. wheels.py keeps them and lays them out.

It uses micropip's Transaction, whose version is pinned, because micropip's install() would both
choose and install.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from micropip import package_index
from micropip._vendored.packaging.src.packaging.markers import default_environment
from micropip._vendored.packaging.src.packaging.requirements import (
    Requirement,
)
from micropip.metadata import Metadata
from micropip.package import PackageMetadata
from micropip.transaction import Transaction, find_wheel
from micropip.wheelinfo import WheelInfo

from engine.packages.distribution import Distribution, Listed
from engine.packages.network import Layer
from engine.packages.unresolvable import (
    CORE,
    MISSING,
    NO_WHEEL,
    Conflict,
    NeedsLibrary,
    NotTheOnlyVersion,
    Unresolvable,
    explained,
)
from engine.packages.wheels import (
    DEFAULT_INDEX,
    BuiltWheel,
    Wheel,
    canonical,
    package_name,
    read_wheel,
)

#: Called with "resolving" or "downloading", a package's name, how many are done and how many known.
Report = Callable[[str, str, int, int], object]

#: Datasette declares them for its command line; nothing of a site needs them.
NOT_IN_A_BROWSER = {"pip": "26.0", "setuptools": "80.0"}

#: There under this name, though not as a package; see engine/stand_ins.
STAND_INS = {"httpx": "0.28.1"}


@dataclass
class Chosen:
    """Wheels and their contents, by file name, and the package that was requested."""

    name: str
    wheels: list[Wheel]
    contents: dict[str, bytes]


@dataclass
class _Choice(Transaction):  # type: ignore[misc]
    """A Transaction for which what is in `hidden` is not there yet."""

    hidden: set[str] = field(default_factory=set)
    #: Says of a name whether its pre-releases count as much as other versions.
    wants_pre: Callable[[str], bool] = lambda _: False
    #: What is required beside all else of packages that are chosen.
    limits: list[Requirement] = field(default_factory=list)
    #: Packages that are not to be had in another version.
    fixed: frozenset[str] = frozenset()
    #: A wheel that counts in place of whatever the indexes have of its package.
    built: BuiltWheel | None = None
    #: Has native code that the indexes have only for other platforms.
    distribution: Distribution | None = None
    report: Report = lambda *_: None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.before = frozenset(self.locked)

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
        raise Conflict(req, name, version, new=name in self.locked and name not in self.before)

    async def add_requirement_inner(self, req: Requirement) -> None:
        # Read before anything is awaited, so that branches side by side are not mixed up.
        self.pre = self.wants_pre(canonical(req.name))
        for limit in self.limits:
            if canonical(limit.name) == canonical(req.name):
                req.specifier &= limit.specifier
        if self.built is not None and canonical(req.name) == self.built.name:
            if not self.check_version_satisfied(req)[0]:
                await self.add_wheel(_info(self.built), req.extras)
            return
        await super().add_requirement_inner(req)

    async def _add_requirement_from_package_index(self, req: Requirement) -> None:
        try:
            found = await package_index.query_package(
                req.name,
                self.index_urls,
                compat_layer=self._compat_layer,
                fetch_kwargs=self.fetch_kwargs,
            )
            wheel = find_wheel(found, req)
        except ValueError as error:
            await self._add_from_distribution(req, error)
            return
        # Another branch may have chosen it meanwhile.
        if not self.check_version_satisfied(req)[0]:
            await self.add_wheel(wheel, req.extras)

    async def _add_from_distribution(self, req: Requirement, error: ValueError) -> None:
        """Add what no index has for browsers; `error` says so.

        Raises:
            ValueError: the distribution does not have it either.
        """
        listed = self.distribution and self.distribution.packages.get(canonical(req.name))
        # An index that was out of reach may have a newer one.
        is_missing = Layer.status in MISSING or NO_WHEEL.search(str(error)) is not None
        if self.distribution is None or not listed or not is_missing:
            raise error
        if not req.specifier.contains(listed.version, prereleases=True):
            raise NotTheOnlyVersion(req, listed.version) from error
        if listed.libraries:
            raise NeedsLibrary(req.name, listed.libraries[0]) from error
        if self.check_version_satisfied(req)[0]:
            return
        wheel = WheelInfo.from_url(self.distribution.url(listed))
        wheel.sha256 = listed.sha256
        await self.add_wheel(wheel, req.extras)
        await self._add_needs(wheel, listed)

    async def _add_needs(self, wheel: WheelInfo, listed: Listed) -> None:
        """Add what the distribution says that a package needs, beside what its wheel says."""
        known = {canonical(one.name) for one in wheel._requires or []}
        needs = [Requirement(name) for name in listed.needs if name not in known]
        wheel._requires = [*(wheel._requires or []), *needs]
        await self.gather_requirements(needs)

    async def add_wheel(self, wheel: Any, extras: set[str], *, specifier: str = "") -> None:
        name = canonical(wheel.name)
        if name in self.locked:
            return  # chosen by another branch while this one was asking
        if name in self.fixed and (version := installed_version(name)):
            raise Conflict(Requirement(f"{name}=={wheel.version}"), name, version)
        self.report("downloading", wheel.name, len(self.wheels), len(self.locked) + 1)
        await super().add_wheel(wheel, extras, specifier=specifier)
        self.report("downloading", wheel.name, len(self.wheels), len(self.locked))


def _info(built: BuiltWheel) -> WheelInfo:
    """Return micropip's description of a wheel, with all that it would otherwise download."""
    info = WheelInfo.from_url(f"{built.url}/{built.file}")
    info.url, info._data, info._metadata = built.url, built.content, Metadata(built.metadata)
    return info


def installed_version(name: str) -> str | None:
    """Return the version of a package that is there, None if it is not."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


async def choose(
    requirement: str,
    indexes: Sequence[str],
    *,
    have: Iterable[Wheel] = (),
    hidden: Iterable[str] = (),
    replace_site: bool = False,
    pre: bool = False,
    built: BuiltWheel | None = None,
    limits: Iterable[Requirement] = (),
    distribution: Distribution | None = None,
    report: Report = lambda *_: None,
) -> Chosen:
    """Choose the wheels that `requirement` needs beside what is installed and `have`.

    `indexes` are addresses of package indexes, DEFAULT_INDEX for micropip's own; the first that has
    a package counts. Packages in `hidden` are chosen again although they are there. `replace_site`:
    packages of the site may be outdone by others. `pre`: pre-releases count as much as others; else
    only where nothing else fits. `built` counts in place of what the indexes have of its package.
    `limits` are kept by what is chosen, without being wanted themselves. `distribution` has what no
    index has for browsers.

    Raises:
        Unresolvable: it cannot be had.
    """
    fixed = frozenset() if replace_site else CORE
    own = package_name(requirement)
    # An address means the wheel at that address, not one that is here.
    hide = {*hidden, *([own] if "/" in requirement else [])} - fixed
    # Of many plugins only a pre-release fits Datasette 1.0, also of some that others need.
    eager: list[Callable[[str], bool]] = [
        lambda name: pre and name == own,
        lambda name: name == own,
        lambda name: name == own or name.startswith("datasette-"),
    ]
    first: Exception | None = None
    while True:
        there = {one.name: one.version for one in have if one.name not in hide}
        there |= STAND_INS | (NOT_IN_A_BROWSER if replace_site else {})
        choice = _choice(indexes, there, hide)
        choice.wants_pre, choice.report = eager[0], report
        choice.limits, choice.fixed, choice.built = list(limits), fixed, built
        choice.distribution = distribution
        try:
            report("resolving", requirement, 0, 0)
            await choice.gather_requirements([requirement])
            return _chosen(choice, requirement)
        except Conflict as conflict:
            if not conflict.new and conflict.name not in hide | fixed:
                hide.add(conflict.name)
                continue
            error: Exception = conflict
        except Exception as other:  # an index may say anything, and micropip fail at it anyhow
            error = other
        first = first or error
        unreachable = Layer.failure is not None and Layer.status is None
        if len(eager) == 1 or unreachable:
            raise explained(first, requirement) from error
        del eager[0]


def _choice(indexes: Sequence[str], there: dict[str, str], hidden: set[str]) -> _Choice:
    Layer.status = Layer.failure = None
    return _Choice(
        _compat_layer=Layer,
        ctx=default_environment(),
        ctx_extras=[],
        keep_going=False,
        deps=True,
        pre=False,
        fetch_kwargs={},
        index_urls=[
            url
            for one in indexes
            for url in (
                package_index.DEFAULT_INDEX_URLS if one == DEFAULT_INDEX else [one.rstrip("/")]
            )
        ],
        locked={
            name: PackageMetadata(name=name, version=version) for name, version in there.items()
        },
        hidden=hidden,
    )


def _chosen(choice: _Choice, requirement: str) -> Chosen:
    wheels: dict[str, Wheel] = {}
    contents: dict[str, bytes] = {}
    for info in choice.wheels:
        if info._data is None:
            raise ValueError(f"{info.filename} is empty")
        wheel = read_wheel(info._data, info.filename, info.url)
        if info.sha256 is not None and info.sha256 != wheel.sha256:
            raise Unresolvable(
                f"{info.filename} is not the file that the list of packages describes.",
                hint="The download may be damaged or may have been replaced. Nothing was"
                " installed.",
            )
        needs = sorted({canonical(one.name) for one in info._requires or []})
        wheels[wheel.name] = replace(wheel, requires=needs)
        contents[info.filename] = info._data
    wanted, _, address = requirement.rpartition("@ ")
    named = (wheel.name for wheel in wheels.values() if wheel.url == address)
    name = next(named, package_name(requirement))
    if wanted and package_name(requirement) != name:
        raise Unresolvable(
            f"{address} is {name}, not {package_name(requirement)}.",
            hint="Nothing was installed. The link may have been made to mislead you.",
        )
    return Chosen(name, list(wheels.values()), contents)
