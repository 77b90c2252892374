"""Makes one classic script of the worker: sw.js, all modules that it imports, and its libraries.

Browsers keep the compiled code of a classic worker for its next start, of a module worker they do
not (docs/fast-boot.md has figures), and older ones cannot run module workers at all. Pages load
their modules as they are written. What goes into the bundle is for sw.js to say; where it lies on
the site, for versions.py.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from wheels import PROJECT

MODULES = PROJECT / "node_modules"
LOADER = "pyodide/pyodide.asm.mjs"
WASM = MODULES / "pyodide" / "pyodide.asm.wasm"
SLIMMER = PROJECT / "scripts" / "slim_loader.mjs"

# esbuild: the bundler that needs nothing else. The source map has the names, for people who read a
# traceback; what Pyodide imports in Node alone stays outside.
OPTIONS = ["--bundle", "--format=iife", "--minify"]
OPTIONS += ["--external:node:*", "--external:ws", "--legal-comments=none", "--sourcemap=linked"]
# A classic script has no address of its own: versions.py tells it.
OPTIONS += ["--define:import.meta.url=VERSION.url"]
# Emscripten's loader has eval() for what C code may ask for, and feels for CommonJS.
SILENT = ["direct-eval", "commonjs-variable-in-esm"]
OPTIONS += [f"--log-override:{kind}=silent" for kind in SILENT] + ["--log-level=warning"]


def bundle(entry: Path, target: Path, work: Path) -> None:
    """Write what `entry` imports to `target`, with a source map and the licenses beside it.

    `work` is a folder for files in between.

    Raises:
        subprocess.CalledProcessError: a module is not there, or is no JavaScript, or Pyodide's
            loader is not what slim_loader.mjs knows.
    """
    loader = work / LOADER
    loader.parent.mkdir(parents=True, exist_ok=True)
    slim = ["node", str(SLIMMER), str(MODULES / LOADER), str(WASM), str(loader)]
    subprocess.run(slim, check=True)
    meta = work / "worker.meta.json"
    files = [str(entry), f"--outfile={target}", f"--alias:{LOADER}={loader}", f"--metafile={meta}"]
    command = [str(MODULES / ".bin" / "esbuild"), *files, *OPTIONS]
    # Libraries are found from wherever the site is laid out.
    subprocess.run(command, check=True, cwd=PROJECT, env={**os.environ, "NODE_PATH": str(MODULES)})
    _name_sources(target.with_name(f"{target.name}.map"), target.parent, entry.parent, work)
    inputs = json.loads(meta.read_text())["inputs"]
    target.with_name(f"{target.name}.LICENSE.txt").write_text(_licenses(inputs))


def _name_sources(path: Path, folder: Path, *tops: Path) -> None:
    """Name the sources in a map of code in `folder` by where they are in the project, so that the
    same code makes the same map wherever it is laid out.
    """
    source_map = json.loads(path.read_text())
    sources = []
    for source in source_map["sources"]:
        full = (folder / source).resolve()
        top = next(top for top in [*tops, PROJECT] if full.is_relative_to(top))
        sources.append(full.relative_to(top).as_posix())
    path.write_text(json.dumps({**source_map, "sources": sources, "sourceRoot": "worker:///"}))


def _licenses(inputs: list[str]) -> str:
    """Return what the packages ask for, of which `inputs` are files."""
    folders = set()
    for path in inputs:
        _, found, inside = path.rpartition("node_modules/")
        if found:
            folders.add(inside.split("/")[0])
    texts = []
    for folder in sorted(folders):
        about = json.loads((MODULES / folder / "package.json").read_text())
        home = about["repository"]
        where = home if isinstance(home, str) else home["url"]
        texts.append(f"{about['name']} {about['version']}: {about['license']}, {where}\n")
        texts += [path.read_text() for path in (MODULES / folder).glob("LICENSE*")]
    return "\n".join(texts)
