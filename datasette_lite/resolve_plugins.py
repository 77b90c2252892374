"""Chooses the wheels of plugins as a browser would, and downloads them.

A script, run as `python -I -S resolve_plugins.py` in a process of its own: it must see only the
site's packages, none of this machine's. It reads from standard input, as JSON,

    "paths"        folders to import from: `engine`, micropip, the metadata of the site's packages
    "tags", "environment"  of Pyodide; see runtime.py
    "plugins"      requirements, URLs of wheels and absolute paths of wheels
    "indexes"      addresses of package indexes, "default" for micropip's own
    "distribution", "listing"  the address of Pyodide's distribution, or "", and the list of it
    "out"          an empty folder for the wheels

and writes the list of the wheels: "name", "version", "file", "sha256", "url" and "is_plugin" of
each; or {"error": sentences}.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def be_pyodide(tags: list[list[str]], environment: dict[str, str]) -> None:
    """Make micropip choose wheels for Pyodide instead of this machine."""
    from micropip import _utils, package_index
    from micropip._vendored.packaging.src.packaging import markers
    from micropip._vendored.packaging.src.packaging.tags import Tag

    from engine.packages import resolving

    there = tuple(Tag(*tag) for tag in tags)
    _utils.sys_tags = lambda: there
    package_index.sys = SimpleNamespace(platform="emscripten")
    modules: tuple[Any, ...] = (resolving, markers)
    for module in modules:
        module.default_environment = lambda: dict(environment)


async def resolve(
    plugins: list[str], indexes: list[str], distribution: Any, out: Path
) -> list[dict[str, Any]]:
    """Choose the wheels, write them into `out` and return the list of them.

    :param distribution: engine.packages.distribution.Distribution, or None

    Raises:
        PluginError: some of `plugins` are unavailable.
    """
    from engine.errors import PluginError
    from engine.packages.resolving import choose
    from engine.packages.unresolvable import Unresolvable
    from engine.packages.wheels import Wheel

    found: dict[str, Wheel] = {}
    waiting = plugins
    while waiting:
        # In any order: a wheel may need another that is listed later.
        failed: dict[str, Unresolvable] = {}
        for plugin in waiting:
            path = Path(plugin)
            address = f"file://{path}" if path.is_absolute() else plugin
            try:
                have = list(found.values())
                chosen = await choose(address, indexes, have=have, distribution=distribution)
            except Unresolvable as error:
                failed[plugin] = error
                continue
            found |= {wheel.name: wheel for wheel in chosen.wheels}
            for name, content in chosen.contents.items():
                (out / name).write_bytes(content)
        if len(failed) == len(waiting):
            raise PluginError("\n".join(f"{one.message} {one.hint}" for one in failed.values()))
        waiting = list(failed)
    wanted = ("name", "version", "file", "sha256", "url", "is_plugin")
    return [{name: getattr(one, name) for name in wanted} for _, one in sorted(found.items())]


def main() -> None:
    """Answer the request on standard input."""
    asked = json.load(sys.stdin)
    sys.path[:0] = asked["paths"]
    from engine.errors import PluginError
    from engine.packages.distribution import Distribution

    be_pyodide(asked["tags"], asked["environment"])
    answer: Any
    try:
        distribution = Distribution.at(asked["distribution"], Path(asked["listing"]))
        wanted = asked["plugins"], asked["indexes"], distribution, Path(asked["out"])
        answer = asyncio.run(resolve(*wanted))
    except PluginError as error:
        answer = {"error": error.message}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
