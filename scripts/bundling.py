"""Shared code of the bundlers of the worker and of the pages."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from wheels import PROJECT

MODULES = PROJECT / "node_modules"


def esbuild(entries: list[Path], options: list[str], *, work: Path, cwd: Path) -> dict[str, Any]:
    """Bundle `entries`, which lie below `cwd`; return esbuild's metafile.

    `work` is a folder for intermediate files. Libraries come from node_modules/, wherever the site
    is laid out.

    Raises:
        subprocess.CalledProcessError: a module is missing or is not JavaScript.
    """
    meta = work / "meta.json"
    files = [os.path.relpath(entry, cwd) for entry in entries]
    command = [str(MODULES / ".bin" / "esbuild"), *files, "--bundle", "--minify", *options]
    command += ["--legal-comments=none", "--log-level=warning", f"--metafile={meta}"]
    subprocess.run(command, check=True, cwd=cwd, env={**os.environ, "NODE_PATH": str(MODULES)})
    metafile: dict[str, Any] = json.loads(meta.read_text())
    return metafile


def packages(meta: dict[str, Any]) -> set[str]:
    """Return the names of the npm packages that a bundle contains, by its metafile."""
    names = set()
    for path in meta["inputs"]:
        _, found, inside = path.rpartition("node_modules/")
        if found:
            parts = inside.split("/")
            names.add("/".join(parts[: 2 if parts[0].startswith("@") else 1]))
    return names
