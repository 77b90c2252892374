"""Sets up the packages of one instance: at its start, and when somebody adds or removes some.

Knows what was requested and what became of it. wheels.py keeps the folder, resolving.py chooses
wheels, and the worker makes sure that somebody has allowed all this (shell/worker/trust): what
arrives here was checked. Imports nothing of Datasette, nor micropip before something has to be
chosen: most starts do not need it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import deferred_modules
from engine.errors import LiteError, PluginError
from engine.packages.plugin_listing import listing, site_plugins
from engine.packages.wheels import (
    INSTALLED,
    BuiltWheel,
    Lock,
    Packages,
    Wheel,
    canonical,
    package_name,
    requirements_of,
)

if TYPE_CHECKING:
    from engine.packages.github import Request
    from engine.packages.limits import Limit
    from engine.packages.resolving import Chosen, Report
    from engine.packages.unresolvable import Unresolvable

#: Where the list of Pyodide's distribution is in the browser.
LISTING = Path("/lib/distribution.json")

#: How the lock names what `ref` asks for, beside requirements.
_REF = "?ref="

#: Characters of a message that a lock may have; shell/worker/trust/lock.js refuses more.
_MOST_WORDS = 1000


class PluginSetup:
    """The packages of the instance in `folder`, of which `record` is the lock, or None; `indexes`
    are addresses of package indexes, "default" for micropip's own. `catalogue` is a file: JSON, a
    list of plugins, each with "name", "version", the one that was tested with the site's own
    Datasette, and "state", "works" if it did. `distribution` is the address of Pyodide's
    distribution, "" for none, and `listing` lists it. `repository` has the addresses of Datasette's
    repository ("page", "api", "raw"), and `request` requests them.
    """

    def __init__(
        self,
        folder: Path,
        indexes: Sequence[str],
        catalogue: Path | None = None,
        installed: Path = INSTALLED,
        record: dict[str, Any] | None = None,
        *,
        distribution: str = "",
        listing: Path = LISTING,
        repository: Mapping[str, str] | None = None,
        request: Request | None = None,
    ) -> None:
        self._packages = Packages(folder, installed, record)
        self._indexes = indexes
        self._distribution, self._listing = distribution, listing
        self._catalogue = catalogue
        self._installed = installed
        self._repository, self._request = repository, request
        self._ref = ""  # how the lock names the Datasette that runs here, "" for the site's

    @property
    def _lock(self) -> Lock:
        return self._packages.lock

    async def prepare(
        self,
        install: list[str],
        ref: str,
        allowed: list[str],
        report: Report,
        *,
        from_repository: bool = False,
        without_all: bool = False,
    ) -> dict[str, Any]:
        """Lay out what a start needs, after choosing what has yet to be chosen.

        `install` is what has to be chosen, `ref` the Datasette that is to run, "" for the site's.
        `from_repository`: `ref` is a branch, tag or commit, not a version. Of what was chosen
        before, only wheels whose hashes are in `allowed` are used.
        `without_all`: nothing is laid out. Return "problems" on the wire, and the "hashes" of the
        wheels that were chosen.
        """
        self._packages.allowed = set(allowed)
        if ref and _REF + ref not in self._lock.asked:
            await self._add_ref(ref, report, from_repository)
        if ref and _REF + ref in self._lock.asked:
            self._ref = _REF + ref
        await self._add_all(install, report)
        problems = self._packages.lay_out([] if without_all else self._in_use())
        return {
            "problems": [
                *({**one.to_wire(), "source": ""} for one in problems),
                *(
                    {
                        **PluginError(one["message"], hint=one["hint"]).to_wire(),
                        "source": requirement,
                    }
                    for requirement, one in sorted(self._lock.failed.items())
                ),
            ],
            "hashes": sorted(self._packages.allowed - set(allowed)),
        }

    def _in_use(self) -> list[str]:
        """Return what was requested; of several versions of Datasette, only the one that runs."""
        return [one for one in self._lock.asked if one == self._ref or not one.startswith(_REF)]

    async def _add_ref(self, ref: str, report: Report, from_repository: bool) -> None:
        try:
            await self._choose_ref(ref, report, from_repository)
        except LiteError as error:
            self._fail(_REF + ref, error, retry=_may_pass(error))

    async def _choose_ref(
        self, ref: str, report: Report, from_repository: bool
    ) -> list[dict[str, str]]:
        """Add another Datasette, or the newest that `ref` stands for if there is one already.

        Raises:
            LiteError: it cannot be had. Nothing is changed then.
        """
        requirement = "datasette" if ref == "pre" else f"datasette=={ref.removeprefix('v')}"
        pre = ref == "pre"
        options: dict[str, Any] = {"hidden": {"datasette"}, "replace_site": True, "pre": pre}
        if from_repository:
            built = await self._build(ref, report)
            requirement, options["built"] = f"datasette=={built.version}", built
        return await self._add_to_lock(requirement, report, asked=_REF + ref, **options)

    async def _build(self, ref: str, report: Report) -> BuiltWheel:
        """Return the wheel of a branch, tag or commit of Datasette.

        Raises:
            LiteError: it cannot be had.
        """
        await deferred_modules.need("Building Datasette from its source")
        from engine.packages.github import Repository
        from engine.packages.source_wheel import build

        assert self._repository is not None and self._request is not None
        repository = Repository(**self._repository, request=self._request)
        commit = await repository.fetch(ref, report)
        return build(commit, f"{repository.page}/tree/{commit.sha}")

    async def _add_all(self, requirements: list[str], report: Report) -> None:
        """Add what is requested, in any order: a wheel may need another that is named later."""
        while requirements:
            for requirement in requirements:
                await self._add(requirement, report)
            failed = [one for one in requirements if one in self._lock.failed]
            if len(failed) == len(requirements) or not any("/" in one for one in requirements):
                return
            requirements = failed

    async def _add(self, requirement: str, report: Report) -> None:
        try:
            await self._add_tested(requirement, report)
        except LiteError as error:
            self._fail(requirement, error, retry=_may_pass(error))

    def _fail(self, requirement: str, error: LiteError, *, retry: bool) -> None:
        """Remember that a requirement cannot be met, so that starts do not try in vain.

        `retry`: the next start tries again.
        """
        lock = deepcopy(self._lock)
        lock.asked.pop(requirement, None)
        lock.wheels = lock.closure(lock.asked.values())
        lock.failed[requirement] = {
            "message": error.message[:_MOST_WORDS],
            "hint": error.hint[:_MOST_WORDS],
            "retry": retry,
        }
        self._packages.freeze(lock, {})

    def fail_ref(self, ref: str, reason: str) -> None:
        """Remember that this site does not work with a version of Datasette."""
        self._fail(
            _REF + ref,
            LiteError(
                f"This site does not work with Datasette {ref}: {reason}",
                hint="The site’s own version was opened instead.",
            ),
            retry=False,
        )

    async def _add_tested(
        self, requirement: str, report: Report, **options: Any
    ) -> list[dict[str, str]]:
        """Add what is requested: for a bare name the version that was tested, if it is available.

        The newest of a plugin may claim to support this Datasette, and not do so.
        """
        await deferred_modules.need("Choosing packages")
        from engine.packages.unresolvable import Unresolvable

        name = canonical(requirement)
        version = self._tested().get(name)
        if version is not None and not self._ref and not self._is_there(name):
            exact = f"{requirement}=={version}"
            try:
                return await self._add_to_lock(exact, report, asked=requirement, **options)
            except Unresolvable as error:
                # Frozen now, another version would stay for good.
                if error.retry:
                    raise
        return await self._add_to_lock(requirement, report, asked=requirement, **options)

    def _is_there(self, name: str) -> bool:
        return any(wheel.name == name for wheel in self._have()) or any(
            package == name for package, _ in site_plugins()
        )

    def _have(self) -> list[Wheel]:
        """Return the wheels that this start has laid out, or is going to."""
        # Every plugin needs Datasette: the site's, unless another one was requested.
        but = () if self._ref else ("datasette",)
        wheels = self._packages.usable(self._in_use(), but=but)
        return [wheel for wheel in wheels if wheel.name not in self._packages.damaged]

    def _tested(self) -> dict[str, str]:
        """Return the versions that were tested with the site's own Datasette, by name."""
        if self._catalogue is None or not self._catalogue.exists():
            return {}
        return {
            canonical(one["name"]): one["version"]
            for one in json.loads(self._catalogue.read_text())
            if one["state"] == "works" and one["version"]
        }

    async def _add_to_lock(
        self, requirement: str, report: Report, *, asked: str, **options: Any
    ) -> list[dict[str, str]]:
        """Choose what `requirement` needs, and keep it as what was `asked` for.

        Raises:
            Unresolvable: it cannot be had. Nothing is changed then.
        """
        await deferred_modules.need("Choosing packages")
        from engine.packages.distribution import Distribution
        from engine.packages.resolving import choose
        from engine.packages.unresolvable import Unresolvable

        have = self._have()
        distribution = Distribution.at(self._distribution, self._listing)
        first: Unresolvable | None = None
        limits: list[Limit] = []
        while True:
            more = {"limits": [limit.requirement for limit in limits], **options}
            more["distribution"] = distribution
            try:
                chosen = await choose(requirement, self._indexes, have=have, report=report, **more)
            except Unresolvable as error:
                if first is None or error.retry:
                    raise
                raise first from error
            report("checking", chosen.name, 0, 0)
            lock = self._with(chosen, asked)
            broken = self._broken(lock, chosen)
            if broken is None:
                break
            limit, version = broken
            first = first or _too_new(requirement, limit, version)
            if limit in limits:
                raise first
            limits.append(limit)
        self._packages.freeze(lock, chosen.contents)
        # Choosing it was allowed, and so is what was chosen.
        self._packages.allowed |= {one.sha256 for one in chosen.wheels}
        return [
            {"name": one.name, "version": one.version, "sha256": one.sha256}
            for one in chosen.wheels
        ]

    def _with(self, chosen: Chosen, asked: str) -> Lock:
        lock = deepcopy(self._lock)
        new = {wheel.name for wheel in chosen.wheels}
        lock.wheels = [one for one in lock.wheels if one.name not in new] + chosen.wheels
        lock.failed.pop(asked, None)
        lock.asked[asked] = chosen.name
        lock.removed = [one for one in lock.removed if one != asked]
        lock.wheels = lock.closure(lock.asked.values())
        return lock

    def _broken(self, lock: Lock, chosen: Chosen) -> tuple[Limit, str] | None:
        """Return what of the site or of `lock` does not bear with what was chosen; see broken()."""
        from engine.packages.limits import Package, broken, site_packages

        def package(wheel: Wheel) -> Package:
            is_known = wheel.file in chosen.contents or wheel.sha256 in self._packages.allowed
            if wheel.name in self._packages.damaged or not is_known:
                return Package(wheel.name, wheel.version, ())
            content = chosen.contents.get(wheel.file) or self._packages.content(wheel)
            return Package(wheel.name, wheel.version, tuple(requirements_of(content)))

        own = {wheel.name for wheel in lock.wheels}
        packages = [
            *(one for one in site_packages(but=self._installed) if one.name not in own),
            *(package(wheel) for wheel in lock.wheels),
        ]
        return broken(packages, {wheel.name for wheel in chosen.wheels})

    async def install(
        self, requirement: str, upgrade: bool, report: Report, *, from_repository: bool = False
    ) -> dict[str, Any]:
        """Add what a person asks for; it is there after the next start. That may be the Datasette
        of the link, as the lock names it, to have it again or a newer one; then `from_repository`
        is as in `prepare`.

        Raises:
            LiteError: it cannot be had. Nothing is changed then.
        """
        requirement = requirement.strip()
        if requirement.startswith(_REF):
            if requirement not in {**self._lock.asked, **self._lock.failed}:
                raise LiteError(f"The link of this workspace does not ask for {requirement}.")
            ref = requirement.removeprefix(_REF)
            return {"added": await self._choose_ref(ref, report, from_repository)}
        name = package_name(requirement)
        is_bare = canonical(requirement) == name
        if upgrade:
            there = [one.version.partition("+")[0] for one in self._lock.wheels if one.name == name]
            # The newest final release may well be older than a pre-release that is there.
            wanted = f"{name}>={there[0]}" if is_bare and there else requirement
            added = self._add_to_lock(wanted, report, asked=requirement, hidden={name})
        else:
            # A bare name accepts what is there. Anything more exact means that one.
            added = self._add_tested(requirement, report, hidden=set() if is_bare else {name})
        return {"added": await added}

    def uninstall(self, name: str) -> dict[str, Any]:
        """Remove a package that was requested, and what only it needs.

        Raises:
            LiteError: there is no such package that could be removed.
        """
        lock = deepcopy(self._lock)
        name = canonical(name)
        asked = [one for one, of in lock.asked.items() if of == name]
        failed = [one for one in lock.failed if package_name(one) == name]
        if not asked and not failed:
            raise LiteError(
                f"{name} cannot be removed from here.",
                hint="It comes with the site, or another package needs it.",
            )
        for requirement in asked:
            del lock.asked[requirement]
        for requirement in failed:
            del lock.failed[requirement]
        lock.removed += [one for one in asked + failed if one not in lock.removed]
        before = {wheel.name for wheel in lock.wheels}
        lock.wheels = lock.closure(set(lock.asked.values()))
        self._packages.freeze(lock, {})
        return {"removed": sorted({name} | before - {wheel.name for wheel in lock.wheels})}

    def listing(self) -> list[dict[str, Any]]:
        """Return the plugins and packages of the instance; see InstalledPlugin of protocol.js."""
        return listing(self._lock, self._packages.allowed, _REF)


def _may_pass(error: LiteError) -> bool:
    """Whether the reason for which something could not be had may be gone at the next start."""
    return bool(getattr(error, "retry", True))  # an Unresolvable knows; others are of this site


def _too_new(requirement: str, limit: Limit, version: str) -> Unresolvable:
    """Say why the set that was chosen for `requirement` does not go with what is there."""
    from engine.packages.unresolvable import Unresolvable

    by = f"{limit.package.name} {limit.package.version}"
    wanted = f"{limit.name}{limit.requirement.specifier}"
    own = package_name(requirement) == limit.name
    brings = "" if own else f"it brings {limit.name} {version}, but "
    return Unresolvable(
        f"{requirement} cannot be installed: {brings}{by} needs {wanted}"
        + (f", and this is {version}." if own else "."),
        hint=f"{by} comes with this site: an older version of {package_name(requirement)} may work."
        if limit.package.own
        else f"Upgrade or remove {limit.package.name} first.",
    )
