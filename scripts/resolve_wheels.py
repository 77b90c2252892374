"""Writes a wheels.lock: the wheels that the wheels.in beside it needs, pinned with their hashes.

Runs inside Pyodide (see run_in_pyodide.mjs), where micropip decides as it would in the browser:
with Pyodide's platform tags and environment markers. Called by `make lock`, never by the build.

    resolve_wheels.py TOOLS FOREIGN OUT [BUT]

TOOLS is a folder with the wheel of micropip. FOREIGN holds the wheels of packages
that publish none for Pyodide's platform but run as pure Python. The requirements are in wheels.in,
beside OUT. Packages in the lock BUT are left out.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from pathlib import Path

# Declared by Datasette for its command line only: installing packages is micropip's work here.
NOT_IN_A_BROWSER = ("pip", "setuptools")

HEADER = """\
# {what}, as micropip inside Pyodide resolved wheels.in. Made by `make lock`.
"""


def foreign_wheels(folder: Path) -> dict[str, tuple[str, str]]:
    """Return name → (version, SHA-256) of the wheels in `folder`."""
    return {
        wheel.name.split("-")[0].lower(): (
            wheel.name.split("-")[1],
            hashlib.sha256(wheel.read_bytes()).hexdigest(),
        )
        for wheel in folder.glob("*.whl")
    }


async def resolve(
    requirements: list[str], foreign: dict[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Return name → (version, SHA-256) for the closure of `requirements`."""
    import micropip

    for name, (version, _) in foreign.items():
        micropip.add_mock_package(name, version)
    for name in NOT_IN_A_BROWSER:
        micropip.add_mock_package(name, "0")
    await micropip.install(requirements, pre=True)
    packages = json.loads(micropip.freeze())["packages"]
    resolved = {
        name: (package["version"], package["sha256"])
        for name, package in packages.items()
        if package["file_name"].endswith(".whl")
    }
    return resolved | foreign


async def main(tools: Path, foreign: Path, out: Path, but: Path | None = None) -> None:
    """Resolve and write the lock."""
    packages = Path("/tools")
    for wheel in tools.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            # Without its metadata it does not count as installed, so that micropip, which the site
            # carries as well, is resolved like all others.
            names = [name for name in archive.namelist() if ".dist-info/" not in name]
            archive.extractall(packages, names)
    sys.path.append(str(packages))
    lines = out.with_name("wheels.in").read_text().splitlines()
    requirements = [line for line in lines if line and not line.startswith("#")]
    resolved = await resolve(requirements, foreign_wheels(foreign))
    if but is not None:
        others = {line.partition("==")[0] for line in but.read_text().splitlines() if "==" in line}
        resolved = {name: found for name, found in resolved.items() if name not in others}
    body = "".join(
        f"{name}=={version} \\\n    --hash=sha256:{digest}\n"
        for name, (version, digest) in sorted(resolved.items())
    )
    what = "Every wheel in the site" if but is None else "Wheels beyond those of the site itself"
    out.write_text(HEADER.format(what=what) + body)
    print(f"{out.parent.name}/{out.name}: {len(resolved)} wheels")


if __name__ == "__main__":
    main_task = main(*map(Path, sys.argv[1:]))
