"""Gets the wheels that the site carries: `make lock` decides which, the build downloads them.

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

# These publish no wheel for Pyodide's platform. Another platform's runs there as pure Python, its
# native part left out (compile_python.py does that).
FOREIGN = ["markupsafe==3.0.4", "pyyaml==6.0.3"]

# What resolves wheels.in inside Pyodide; wheels.in says in which version.
RESOLVER = "micropip"


def locked_wheels() -> Path:
    """Return the folder of the wheels in the lock, downloaded and checked."""
    stamp = WHEELS / "lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        for old in WHEELS.glob("*.whl"):
            old.unlink()
        WHEELS.mkdir(parents=True, exist_ok=True)
        pip_download(WHEELS, "--require-hashes", "--requirement", str(LOCK), cwd=PROJECT)
        stamp.write_text(digest)
    return WHEELS


def refresh_lock() -> None:
    """Resolve wheels.in again and write the lock."""
    wanted = LOCK.with_name("wheels.in").read_text().splitlines()
    resolver = [line for line in wanted if line.startswith(f"{RESOLVER}==")]
    tools, foreign = PROJECT / "build" / "lock-tools", PROJECT / "build" / "lock-foreign"
    for folder, requirements in ((tools, resolver), (foreign, FOREIGN)):
        for old in folder.glob("*.whl"):
            old.unlink()
        pip_download(folder, *requirements, cwd=PROJECT)
    runner, script = PROJECT / "scripts/run_in_pyodide.mjs", "scripts/resolve_wheels.py"
    command = ["node", str(runner), script, *map(str, (tools, foreign, LOCK))]
    subprocess.run(command, check=True, cwd=PROJECT)


if __name__ == "__main__":
    refresh_lock()
