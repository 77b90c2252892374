"""Gets the wheels that the site carries: `make lock` decides which, the build downloads them.

pip does the work, so hashes are checked by it (a differing download stops the build) and whatever
index or proxy the machine's pip is set up for is used.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOCK = PROJECT / "wheels.lock"
WHEELS = PROJECT / "build" / "wheels"

# Pyodide's platform, then one for FOREIGN; the hashes in the lock leave one candidate each.
PLATFORM = [
    *("--python-version", "3.14", "--implementation", "cp", "--abi", "cp314"),
    *("--platform", "pyemscripten_2026_0_wasm32"),
    *("--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64"),
]

# These publish no wheel for Pyodide's platform. Another platform's runs there as pure Python, its
# native part left out (compile_python.py does that).
FOREIGN = ["markupsafe==3.0.4", "pyyaml==6.0.3"]

# What resolves wheels.in inside Pyodide; wheels.in says in which version.
RESOLVER = "micropip"


def pip_download(folder: Path, *arguments: str, cwd: Path = PROJECT) -> None:
    """Download wheels into `folder`, which must not hold others; paths are relative to `cwd`."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), *PLATFORM, *arguments]
    subprocess.run(command, check=True, cwd=cwd)


def locked_wheels() -> Path:
    """Return the folder of the wheels in the lock, downloaded and checked."""
    stamp = WHEELS / "lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        for old in WHEELS.glob("*.whl"):
            old.unlink()
        WHEELS.mkdir(parents=True, exist_ok=True)
        pip_download(WHEELS, "--require-hashes", "--requirement", str(LOCK))
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
        pip_download(folder, *requirements)
    runner, script = PROJECT / "scripts/run_in_pyodide.mjs", "scripts/resolve_wheels.py"
    command = ["node", str(runner), script, *map(str, (tools, foreign, LOCK))]
    subprocess.run(command, check=True, cwd=PROJECT)


if __name__ == "__main__":
    refresh_lock()
