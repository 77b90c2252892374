"""The wheels of the plugins, as the package index of the site on which they are tried.

    python -m tests.compatibility.wheels

makes the site of the few plugins that every test run tries: their wheels are pinned in subset.lock,
and come from the package index before the tests, which need none. `make compatibility` gets those
of all plugins.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import canonicalize_name

from datasette_lite.downloads import pip_download
from datasette_lite.runtime import find_runtime
from datasette_lite.settings import package_name
from tests.compatibility.cases import CASES
from tests.compatibility.material import write_templates
from tests.compatibility.outcomes import CACHE
from tests.compatibility.runs import PROJECT

#: Small ones that between them need scripts, forms that upload, background tasks, wheels with
#: native code, POST requests of scripts, and addresses at the root of the host.
SUBSET = [
    "datasette-cluster-map",
    "datasette-copyable",
    "datasette-explain",
    "datasette-graphql",
    "datasette-upload-csvs",
    "datasette-vega",
]

LOCK = Path(__file__).with_name("subset.lock")
SUBSET_SITE = CACHE / "subset" / "site"


def subset_site() -> Path:
    """Make the site of SUBSET, unless it is there; return its owner's folder."""
    folder = SUBSET_SITE
    wheels = folder / "wheels"
    stamp = folder / "lock.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        wheels.mkdir(parents=True)
        pip_download(wheels, "--require-hashes", "--requirement", str(LOCK), cwd=PROJECT)
        owner_files(folder)
        stamp.write_text(digest)
    return folder


def owner_files(folder: Path) -> None:
    """Write what makes `folder`/wheels the index of a site, and the templates of the tests.

    Packages with native code that have no wheel there are those of Pyodide's authors.
    """
    distribution = find_runtime().about["distribution"]
    (folder / "site.toml").write_text(f'index = "wheels"\ndistribution = "{distribution}"\n')
    shutil.rmtree(folder / "templates", ignore_errors=True)
    write_templates(folder / "templates")


def build(folder: Path, out: Path) -> None:
    """Build the site whose owner's files are in `folder`."""
    command = [sys.executable, "scripts/build_site.py", "--site", str(folder), "--out", str(out)]
    subprocess.run(command, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)


def download(requirements: Iterable[str], folder: Path) -> list[str]:
    """Download wheels that are not there yet; return the requirements for which there is none."""
    missing = []
    folder.mkdir(parents=True, exist_ok=True)
    for requirement in requirements:
        if not wheels_of(requirement, folder):
            try:
                pip_download(folder, requirement, cwd=PROJECT)
            except subprocess.CalledProcessError:
                missing.append(requirement)
    return missing


def wheels_of(pin: str, folder: Path) -> list[Path]:
    """Return the wheels in `folder` of a package that is pinned."""
    name, _, version = pin.partition("==")
    return [
        wheel
        for wheel in folder.glob(f"*-{version}-*.whl")
        if package_name(wheel) == canonicalize_name(name)
    ]


def write_subset_lock(closures: dict[str, list[str]], folder: Path) -> None:
    """Pin the wheels of SUBSET in the lock; `folder` has them, `closures` tells which they are."""
    pins = sorted({pin.lower() for name in SUBSET for pin in closures[name]})
    lines = [
        "# The wheels of SUBSET in tests/compatibility/wheels.py. `make compatibility` writes this."
    ]
    for pin in pins:
        name, _, version = pin.partition("==")
        [wheel] = wheels_of(pin, folder)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} \\\n    --hash=sha256:{digest}")
    LOCK.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    assert set(SUBSET) <= set(CASES)
    subset_site()
