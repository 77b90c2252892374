"""The runtime: the site without anything of its owner's, as `make runtime` builds it.

    runtime.json   its "id", the hash of what it was built from; and of Pyodide, which wheels run
                   ("tags": [interpreter, ABI, platform], best first), the "environment" that
                   markers of requirements are evaluated in, and where its authors publish its
                   "distribution"
    distribution.json  what that has; scripts/list_distribution.py
    site/          the files that are served, before datasette_lite/versions.py seals them
    site/runtime/  the packs, each with its .content, and the WebAssembly
    python/        the package `engine`, which reads data files
    packages/      the metadata of the site's Python packages (.dist-info), and micropip

Building it takes Node and Pyodide; using it takes neither. The wheel of this package carries it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasette_lite.downloads import DEFAULT_INDEX

PACKAGE = Path(__file__).resolve().parent

#: Where the runtime is in an installed package.
INSTALLED = PACKAGE / "runtime"

#: Where `make runtime` builds it in a checkout: CURRENT names the newest of several folders.
BUILDS = PACKAGE.parent / "build" / "runtimes"
CURRENT = BUILDS / "current"

#: The part of the WebAssembly in the manifest, and its file.
WASM = {"wasm": "pyodide.asm.wasm"}


class RuntimeMissing(Exception):
    """There is no runtime; the message says what to do."""


@dataclass(frozen=True)
class Runtime:
    """A runtime in `folder`."""

    folder: Path

    @property
    def id(self) -> str:
        """The hash that identifies this runtime."""
        return str(self.about["id"])

    @property
    def about(self) -> dict[str, Any]:
        """The contents of runtime.json."""
        contents: dict[str, Any] = json.loads((self.folder / "runtime.json").read_text())
        return contents

    @property
    def listing(self) -> Path:
        """The list of what Pyodide's distribution has."""
        return self.folder / "distribution.json"

    def distribution(self, chosen: str | None, indexes: list[str]) -> str:
        """Return the address of Pyodide's distribution, "" for none.

        :param chosen: by the owner of a site. None: that of Pyodide's authors, unless `indexes`,
            the addresses of package indexes, show that the owner wants no host but some.
        """
        if chosen is not None:
            return chosen
        return str(self.about["distribution"]) if DEFAULT_INDEX in indexes else ""

    @property
    def site(self) -> Path:
        """The files that are served."""
        return self.folder / "site"

    @property
    def python(self) -> Path:
        """The folder of the package `engine`."""
        return self.folder / "python"

    @property
    def packages(self) -> Path:
        """The folder with the metadata of the site's packages, and micropip."""
        return self.folder / "packages"

    def use_engine(self) -> None:
        """Make the package `engine` importable."""
        if str(self.python) not in sys.path:
            sys.path.insert(0, str(self.python))


def find_runtime() -> Runtime:
    """Return the runtime that is installed, or else that of the checkout.

    Raises:
        RuntimeMissing: it was never built.
    """
    if (INSTALLED / "runtime.json").is_file():
        return Runtime(INSTALLED)
    if CURRENT.is_file() and (folder := BUILDS / CURRENT.read_text().strip()).is_dir():
        return Runtime(folder)
    raise RuntimeMissing(
        "This copy of datasette-lite has no runtime. In a checkout, `make runtime` builds it, which"
        " needs Node.js; wheels made by `make wheel` contain it."
    )
