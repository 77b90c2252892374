"""Gets the wheels that the site carries: `make lock` decides which, the build downloads them.

Those of the examples in apps/ are a set of their own, which the site serves as a package index.

datasette_lite/downloads.py downloads them with pip.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from datasette_lite.downloads import pip_download  # noqa: E402

LOCK = PROJECT / "wheels.lock"
WHEELS = PROJECT / "build" / "wheels"

APPS_LOCK = PROJECT / "apps" / "wheels.lock"
APPS_WHEELS = PROJECT / "build" / "app-wheels"

# These publish no wheel for Pyodide's platform. Another platform's runs there as pure Python, its
# native part left out (compile_python.py does that).
FOREIGN = ["markupsafe==3.0.4", "pyyaml==6.0.3"]

# What resolves wheels.in inside Pyodide; wheels.in says in which version.
RESOLVER = "micropip"


def locked_wheels(lock: Path = LOCK, wheels: Path = WHEELS) -> Path:
    """Return the folder of the wheels in the lock, downloaded and checked."""
    stamp = wheels / "lock.sha256"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        for old in wheels.glob("*.whl"):
            old.unlink()
        wheels.mkdir(parents=True, exist_ok=True)
        pip_download(wheels, "--require-hashes", "--requirement", str(lock), cwd=PROJECT)
        stamp.write_text(digest)
    return wheels


def refresh_locks() -> None:
    """Resolve both wheels.in again, and write their locks."""
    wanted = LOCK.with_name("wheels.in").read_text().splitlines()
    resolver = [line for line in wanted if line.startswith(f"{RESOLVER}==")]
    tools, foreign = PROJECT / "build" / "lock-tools", PROJECT / "build" / "lock-foreign"
    for folder, requirements in ((tools, resolver), (foreign, FOREIGN)):
        for old in folder.glob("*.whl"):
            old.unlink()
        pip_download(folder, *requirements, cwd=PROJECT)
    runner, script = PROJECT / "scripts/run_in_pyodide.mjs", "scripts/resolve_wheels.py"
    for lock in (LOCK, APPS_LOCK):
        but = [] if lock == LOCK else [str(LOCK)]
        arguments = map(str, (tools, foreign, lock, *but))
        subprocess.run(["node", str(runner), script, *arguments], check=True, cwd=PROJECT)


if __name__ == "__main__":
    refresh_locks()
