"""What happens to the packages of one instance: at its start, and when the person adds or removes
some.

Responsible for what is asked for and what has become of it. The folder is packages.py's
business, choosing wheels is resolving.py's, and that a person has allowed all this is the
worker's. Imports nothing of Datasette, nor micropip before something is to be chosen: most
starts have no use for it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

from engine import plugin_loading
from engine.errors import LiteError
from engine.packages import INSTALLED, Lock, Packages, canonical

Report = Callable[[str, str, int, int], object]

#: How the lock names what `ref` asks for, beside requirements.
_REF = "?ref="


class PluginSetup:
    """The packages of the instance in `folder`; `index` is a package index's address, None for
    micropip's own.
    """

    def __init__(self, folder: Path, index: str | None, installed: Path = INSTALLED) -> None:
        self._packages = Packages(folder, installed)
        self._index = index
        self._installed = installed

    @property
    def _lock(self) -> Lock:
        return self._packages.lock

    async def prepare(
        self, install: list[str], ref: str, refused: list[str], report: Report
    ) -> list[dict[str, Any]]:
        """Lay out what a start needs, choosing what was never chosen; return problems on the wire.

        `install` and `ref` are what the link asks for and the person allows. Of what was asked for
        before, `refused` is left out.
        """
        if ref and self._is_new(_REF + ref):
            await self._add_ref(ref, report)
        for requirement in install:
            if self._is_new(requirement):
                await self._add(requirement, report)
        wanted = [
            one for one in self._lock.asked if one not in refused and not one.startswith(_REF)
        ]
        if ref:
            wanted.append(_REF + ref)
        problems = self._packages.lay_out(wanted)
        failed = {_REF + ref, *self._lock.failed} if ref else set(self._lock.failed)
        return [
            *({**one.to_wire(), "source": ""} for one in problems),
            *(
                _failure(requirement, self._lock.failed[requirement])
                for requirement in sorted(failed)
                if requirement in self._lock.failed and requirement not in refused
            ),
        ]

    def _is_new(self, requirement: str) -> bool:
        lock = self._lock
        if requirement in lock.failed:
            return bool(lock.failed[requirement]["retry"])
        return requirement not in lock.asked and requirement not in lock.removed

    async def _add_ref(self, ref: str, report: Report) -> None:
        requirement = "datasette" if ref == "pre" else f"datasette=={ref.removeprefix('v')}"
        try:
            await self._choose(
                requirement,
                report,
                asked=_REF + ref,
                hidden={"datasette"},
                replace_site=True,
                pre=ref == "pre",
            )
        except LiteError as error:
            self.fail(_REF + ref, error)

    async def _add(self, requirement: str, report: Report) -> None:
        try:
            await self._choose(requirement, report)
        except LiteError as error:
            self.fail(requirement, error)

    def fail(self, requirement: str, error: LiteError) -> None:
        """Remember that a requirement cannot be met, so that starts do not try in vain."""
        lock = deepcopy(self._lock)
        lock.asked.pop(requirement, None)
        retry = bool(getattr(error, "retry", False))
        lock.failed[requirement] = {"message": error.message, "hint": error.hint, "retry": retry}
        self._packages.freeze(lock, {})

    def fail_ref(self, ref: str, reason: str) -> None:
        """Remember that this site does not work with a version of Datasette."""
        self.fail(
            _REF + ref,
            LiteError(
                f"This site does not work with Datasette {ref}: {reason}",
                hint="The site’s own version was opened instead.",
            ),
        )

    async def _choose(
        self, requirement: str, report: Report, *, asked: str | None = None, **options: Any
    ) -> list[dict[str, str]]:
        from engine.resolving import choose

        before = self._lock
        chosen = await choose(
            requirement, self._index, have=before.wheels, report=report, **options
        )
        report("checking", chosen.name, 0, 0)
        lock = deepcopy(before)
        new = {wheel.name: wheel for wheel in chosen.wheels}
        lock.wheels = [one for one in lock.wheels if one.name not in new] + list(new.values())
        lock.failed.pop(asked or requirement, None)
        lock.asked[asked or requirement] = chosen.name
        lock.removed = [one for one in lock.removed if one != requirement]
        lock.wheels = lock.closure(set(lock.asked.values()))
        self._packages.freeze(lock, chosen.contents)
        return [{"name": one.name, "version": one.version} for one in new.values()]

    async def install(self, requirement: str, upgrade: bool, report: Report) -> dict[str, Any]:
        """Add what a person asks for; it is there after the next start.

        Raises:
            LiteError: it cannot be had. Nothing is changed then.
        """
        from engine.resolving import name_of

        requirement = requirement.strip()
        name = name_of(requirement)
        # Whoever gives an address, or a version of what is there already, wants that one.
        exact = "/" in requirement or any(one.name == name for one in self._lock.wheels)
        hidden = {name} if upgrade or exact else set()
        return {"added": await self._choose(requirement, report, hidden=hidden)}

    def uninstall(self, name: str) -> dict[str, Any]:
        """Remove a package that was asked for, and what only it needs.

        Raises:
            LiteError: there is no such package that could be removed.
        """
        lock = deepcopy(self._lock)
        name = canonical(name)
        asked = [one for one, of in lock.asked.items() if of == name]
        failed = [one for one in lock.failed if canonical(one) == name]
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
        lock = self._lock
        asked = {name: requirement for requirement, name in lock.asked.items()}
        left_out = {canonical(one): error for one, error in plugin_loading.left_out.items()}
        listed = [
            {
                "requirement": asked.get(one.name, f"{one.name}=={one.version}"),
                "name": one.name,
                "version": one.version,
                "from": one.url if "/" in asked.get(one.name, "") else "index",
                "size": one.size,
                "asked": one.name in asked,
                "plugin": one.is_plugin,
                "problem": _sentences(left_out.get(one.name)),
            }
            for one in lock.wheels
        ]
        listed += [
            {
                "requirement": requirement,
                "name": canonical(requirement),
                "version": "",
                "from": requirement if "/" in requirement else "index",
                "size": 0,
                "asked": True,
                "plugin": True,
                "problem": f"{failure['message']} {failure['hint']}".strip(),
            }
            for requirement, failure in lock.failed.items()
            if not requirement.startswith(_REF)
        ]
        own = {one.name for one in lock.wheels}
        listed += [
            {
                "requirement": name,
                "name": name,
                "version": version,
                "from": "site",
                "size": 0,
                "asked": False,
                "plugin": True,
                "problem": _sentences(left_out.get(name)),
            }
            for name, version in _site_plugins()
            if name not in own
        ]
        return listed


def _site_plugins() -> Iterable[tuple[str, str]]:
    for distribution in importlib.metadata.distributions():
        if any(point.group == "datasette" for point in distribution.entry_points):
            yield canonical(distribution.metadata["Name"]), distribution.version


def _sentences(error: LiteError | None) -> str | None:
    return None if error is None else f"{error.message} {error.hint}".strip()


def _failure(requirement: str, failure: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "LiteError",
        "message": failure["message"],
        "hint": failure["hint"],
        "source": requirement,
    }
