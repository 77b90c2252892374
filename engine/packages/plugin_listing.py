"""Lists the plugins and packages of an instance for the page “Plugins”."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Collection, Iterable
from typing import Any

from engine.errors import LiteError
from engine.packages import plugin_loading
from engine.packages.wheels import Lock, canonical, package_name


def listing(lock: Lock, allowed: Collection[str], ref_prefix: str) -> list[dict[str, Any]]:
    """Return the plugins and packages of an instance; see InstalledPlugin of protocol.js.

    `allowed` are hashes of wheels. The names of another Datasette in `lock` begin with
    `ref_prefix`.
    """
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
        # The others are listed as what was refused.
        if one.sha256 in allowed
    ]
    listed += [
        {
            "requirement": requirement,
            "name": package_name(requirement),
            "version": "",
            "from": requirement if "/" in requirement else "index",
            "size": 0,
            "asked": True,
            "plugin": True,
            "problem": f"{failure['message']} {failure['hint']}".strip(),
        }
        for requirement, failure in lock.failed.items()
        if not requirement.startswith(ref_prefix)
    ]
    own = {one.name for one in lock.wheels if one.sha256 in allowed}
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
        for name, version in site_plugins()
        if name not in own
    ]
    return listed


def site_plugins() -> Iterable[tuple[str, str]]:
    """Yield name and version of every plugin that Python finds."""
    for distribution in importlib.metadata.distributions():
        if any(point.group == "datasette" for point in distribution.entry_points):
            yield canonical(distribution.metadata["Name"]), distribution.version


def _sentences(error: LiteError | None) -> str | None:
    return None if error is None else f"{error.message} {error.hint}".strip()
