"""Makes one classic script of the worker: sw.js, all modules that it imports, and its libraries.

Browsers keep the compiled code of a classic worker for its next start, of a module worker they do
not (docs/fast-boot.md has figures), and older ones cannot run module workers at all. sw.js decides
what goes into the bundle, versions.py where it lies on the site.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from bundling import MODULES, esbuild, packages
from wheels import PROJECT

LOADER = "pyodide/pyodide.asm.mjs"
WASM = MODULES / "pyodide" / "pyodide.asm.wasm"
SLIMMER = PROJECT / "scripts" / "slim_loader.mjs"

#: Fetches its WebAssembly from a data: address, which a host's policy `connect-src 'self'` forbids.
DECODER = "zstddec/dist/zstddec.mjs"
FETCHED = "fetch(`data:application/wasm;base64,${wasm}`).then((response) => response.arrayBuffer())"
DECODED = "Promise.resolve(Uint8Array.from(atob(wasm), (character) => character.charCodeAt(0)))"

# esbuild: the bundler that needs nothing else. The source map has the names, for people who read a
# traceback; what Pyodide imports in Node alone stays outside.
OPTIONS = ["--format=iife", "--external:node:*", "--external:ws", "--sourcemap=linked"]
# A classic script has no address of its own: versions.py tells it.
OPTIONS += ["--define:import.meta.url=VERSION.url"]
# Emscripten's loader has eval() for what C code may ask for, and feels for CommonJS.
SILENT = ["direct-eval", "commonjs-variable-in-esm"]
OPTIONS += [f"--log-override:{kind}=silent" for kind in SILENT]


def bundle(entry: Path, target: Path, work: Path) -> set[str]:
    """Write what `entry` imports to `target`, with a source map beside it.

    Returns the names of the npm packages in it. `work` is a folder for intermediate files.

    Raises:
        subprocess.CalledProcessError: a module is not there, or is no JavaScript, or Pyodide's
            loader is not what slim_loader.mjs knows.
        ValueError: the decoder is not what DECODER was.
    """
    loader = work / LOADER
    loader.parent.mkdir(parents=True, exist_ok=True)
    slim = ["node", str(SLIMMER), str(MODULES / LOADER), str(WASM), str(loader)]
    subprocess.run(slim, check=True)
    decoder = _decoder(work / "node_modules" / DECODER)
    aliases = [f"--alias:{LOADER}={loader}", f"--alias:zstddec={decoder}"]
    options = [f"--outfile={target}", *aliases, *OPTIONS]
    meta = esbuild([entry], options, work=work, cwd=PROJECT)
    _name_sources(target.with_name(f"{target.name}.map"), target.parent, entry.parent, work)
    return packages(meta)


def _decoder(target: Path) -> Path:
    """Write the decoder of Zstandard so that it fetches nothing."""
    source = (MODULES / DECODER).read_text()
    if FETCHED not in source:
        raise ValueError(f"{DECODER} no longer gets its WebAssembly as it did: see FETCHED.")
    target.parent.mkdir(parents=True)
    target.write_text(source.replace(FETCHED, DECODED))
    return target


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
