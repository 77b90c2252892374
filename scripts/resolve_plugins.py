"""Writes what the plugins of site.toml come to: exact wheels with their hashes.

Runs inside Pyodide (see run_in_pyodide.mjs), and chooses as an instance does for the plugins of a
link (engine/packages/resolving.py). Called by site_wheels.py.

    resolve_plugins.py WHEELS FOLDER INDEXES OUT

WHEELS is the folder of the wheels that every site carries, FOLDER that of site.toml. INDEXES is
JSON: addresses of package indexes, "default" for micropip's own. OUT is written if all is well.
"""

from __future__ import annotations

import json
import sys
import tomllib
import zipfile
from pathlib import Path

SITE_PACKAGES = Path("/site-packages")


def lay_out(wheels: Path) -> None:
    """Make the site's packages known to Python. Only micropip runs."""
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            whole = wheel.name.startswith("micropip-")
            names = [name for name in archive.namelist() if whole or ".dist-info/" in name]
            archive.extractall(SITE_PACKAGES, names)
    sys.path[:0] = [str(SITE_PACKAGES), str(Path.cwd())]


async def main(wheels: Path, folder: Path, indexes: list[str], out: Path) -> None:
    """Resolve and write what site.lock lists."""
    lay_out(wheels)
    from engine.packages.resolving import Unresolvable, choose
    from engine.packages.wheels import Wheel

    plugins = tomllib.loads((folder / "site.toml").read_text())["plugins"]
    found: dict[str, Wheel] = {}
    waiting = plugins
    while waiting:
        # In any order: a wheel may need another that is listed later.
        failed: dict[str, str] = {}
        for plugin in waiting:
            is_path = plugin.endswith(".whl") and "://" not in plugin
            address = f"emfs:{folder / plugin}" if is_path else plugin
            try:
                chosen = await choose(address, indexes, have=list(found.values()))
            except Unresolvable as error:
                failed[plugin] = f"{error.message} {error.hint}".replace(address, plugin)
            else:
                found |= {wheel.name: wheel for wheel in chosen.wheels}
        if len(failed) == len(waiting):
            print(*(f"error: {one}" for one in failed.values()), sep="\n", file=sys.stderr)
            return
        waiting = list(failed)
    lines = [f"#   {wheel.name}" for wheel in found.values() if wheel.is_plugin]
    for name, wheel in sorted(found.items()):
        if wheel.url.startswith("emfs:"):
            what = f"./{Path(wheel.url.removeprefix('emfs:')).relative_to(folder).as_posix()}"
        else:
            what = f"{name} @ {wheel.url}" if wheel.url in plugins else f"{name}=={wheel.version}"
        lines.append(f"{what} \\\n    --hash=sha256:{wheel.sha256}")
    out.write_text("\n".join(lines) + "\n")
    print(f"site.lock: {len(found)} wheels")


if __name__ == "__main__":
    main_task = main(
        Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3]), Path(sys.argv[4])
    )
