"""Builds the runtime: the site without its owner's things, ready for datasette_lite/assembly.py.

    python scripts/build_runtime.py

Copies what is served as it is written, bundles the scripts of the worker (bundle_worker.py) and of
the pages (bundle_pages.py), and compiles Python with Pyodide's own interpreter. A runtime whose
inputs have not changed is not built again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bundle_embed import EmbedError, bundle_embed
from bundle_pages import bundle_pages, preload
from bundle_worker import WASM, bundle
from bundling import MODULES
from includes import with_parts
from licenses import listing
from list_distribution import address_of, listing_of
from wheels import PROJECT, locked_wheels

from datasette_lite.packs import content_file
from datasette_lite.runtime import BUILDS, CURRENT, Runtime
from datasette_lite.versions import WORKER

CACHE = PROJECT / "build"
PACKS = CACHE / "runtime"
PYODIDE = MODULES / "pyodide"
#: The plugins that every site has.
OWN_PLUGINS = PROJECT / "plugins"
FIRST_VISIT = PROJECT / "scripts" / "first-visit.txt"
RUNNER = PROJECT / "scripts" / "run_in_pyodide.mjs"
COMPILER = PROJECT / "scripts" / "compile_python.py"
TEMPLATE_COMPILER = PROJECT / "scripts" / "compile_templates.py"
AHEAD_COMPILER = PROJECT / "scripts" / "compile_ahead.py"
DESCRIBER = PROJECT / "scripts" / "describe_pyodide.py"

# Served as they are written: path in the project = path on the site.
SERVED = [
    *("index.html", "saved.html", "unresponsive.html", "sw.js", "manifest.webmanifest"),
    *("app", "shell"),
]

#: What a first visit downloads of the large parts before its first page.
FIRST_PARTS = {"stdlib", "packages", "site", "wasm-packed"}


class BuildError(Exception):
    """The runtime cannot be built; the message says why and what to do."""


def digest(paths: Iterable[Path]) -> str:
    """Return a hash over the names and contents of files and folders."""
    total = hashlib.sha256()
    for top in paths:
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"{path.relative_to(PROJECT)}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def in_pyodide(script: Path, outs: list[Path], inputs: list[Path], *arguments: str) -> None:
    """Have a script make `outs` in Pyodide, unless its inputs are those of the last time."""
    stamp = outs[-1].with_name(f"{outs[-1].name}.inputs")
    packs = PROJECT / "datasette_lite" / "packs.py"
    own = [COMPILER, packs, script, PYODIDE / "package.json"]
    wanted = digest([*own, *inputs]) + " ".join(arguments)
    if all(out.exists() for out in outs) and stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"  compiling {', '.join(out.name for out in outs)}")
    command = ["node", str(RUNNER), str(script.relative_to(PROJECT)), *arguments]
    subprocess.run(command, check=True, cwd=PROJECT)
    stamp.write_text(wanted)


def make_packs(wheels: Path) -> dict[str, Path]:
    """Return the packs by their names: Python itself, its packages, this project's own, and the
    WebAssembly for hosts that compress nothing.
    """
    # None needs another, and each is a process that uses one processor.
    with ThreadPoolExecutor() as executor:
        made = [
            executor.submit(runtime_packs, wheels),
            executor.submit(own_pack, wheels),
            executor.submit(wasm_pack),
        ]
    return {name: path for future in made for name, path in future.result().items()}


def runtime_packs(wheels: Path) -> dict[str, Path]:
    """Make the packs of Python and of a folder of wheels."""
    stdlib, listed = PYODIDE / "python_stdlib.zip", list_distribution()
    made = {name: PACKS / f"{name}.pack" for name in ("stdlib", "packages", "rest")}
    in_pyodide(
        COMPILER,
        list(made.values()),
        [stdlib, wheels, FIRST_VISIT, listed],
        *("runtime", str(stdlib), str(wheels), str(FIRST_VISIT), str(listed), str(PACKS)),
    )
    return made


def own_pack(wheels: Path) -> dict[str, Path]:
    """Make the pack of what this project brings."""
    templates = PACKS / "templates"
    in_pyodide(
        TEMPLATE_COMPILER,
        [templates],
        [wheels, FIRST_VISIT],
        *(str(wheels), str(FIRST_VISIT), str(templates)),
    )
    code = [PROJECT / "bootstrap.py", PROJECT / "engine"]
    imports = PACKS / "imports.marshal"
    in_pyodide(AHEAD_COMPILER, [imports], [wheels, *code], "imports", str(wheels), str(imports))
    opening = PACKS / "opening.marshal"
    in_pyodide(
        AHEAD_COMPILER,
        [opening],
        [wheels, *code, OWN_PLUGINS],
        *("opening", str(wheels), str(opening), str(OWN_PLUGINS)),
    )
    trees = [f"--tree={OWN_PLUGINS.relative_to(PROJECT)}=/plugins"]
    trees += [f"--tree={templates.relative_to(PROJECT)}=/lib/templates"]
    ahead = [imports, opening]
    files = [f"--file={one.relative_to(PROJECT)}=/lib/ahead/{one.name}" for one in ahead]
    own = PACKS / "site.pack"
    in_pyodide(
        COMPILER,
        [own],
        [*code, templates, *ahead, OWN_PLUGINS],
        *("pack", str(own), "--file=bootstrap.py=SITE_PACKAGES/bootstrap.py"),
        *("--tree=engine=SITE_PACKAGES/engine", *trees, *files),
    )
    return {"site": own}


def wasm_pack() -> dict[str, Path]:
    """Make what the WebAssembly is served as where the host compresses nothing."""
    out = PACKS / f"{WASM.name}.pack"
    in_pyodide(COMPILER, [out], [WASM], "compress", str(WASM), str(out))
    return {"wasm-packed": out}


def list_distribution() -> Path:
    """Write the list of what Pyodide's distribution has."""
    out = PACKS / "distribution.json"
    listed = listing_of(PYODIDE)
    PACKS.mkdir(parents=True, exist_ok=True)
    if not out.is_file() or out.read_text() != listed:
        out.write_text(listed)
    return out


def describe_pyodide(wheels: Path) -> Path:
    """Write down which wheels run in Pyodide; see describe_pyodide.py."""
    out = PACKS / "pyodide.json"
    in_pyodide(DESCRIBER, [out], [wheels], str(wheels), str(out))
    return out


def pages_of(site: Path) -> list[Path]:
    """Return the pages of a site."""
    return [*site.glob("*.html"), *site.glob("app/*.html")]


def replace_by_bundles(site: Path) -> set[str]:
    """Put one script where the modules of the worker are laid out in `site`, and bundles where
    those of the pages are; return the names of the npm packages in them.
    """
    shell = site / "shell"
    made = site / "bundles"
    with tempfile.TemporaryDirectory() as work:
        of_worker = bundle(
            site / "sw.js", made / "worker" / Path(WORKER).name, Path(work).resolve()
        )
    with tempfile.TemporaryDirectory() as work:
        imports, of_pages = bundle_pages(shell / "page", made / "page", Path(work).resolve())
    (site / "sw.js").unlink()
    for name in ["worker", "page", "embed", "shared"]:
        shutil.rmtree(shell / name)
    for folder in made.iterdir():
        folder.rename(shell / folder.name)
    made.rmdir()
    for page in pages_of(site):
        page.write_text(preload(page.read_text(), "shell/page", imports))
    return of_worker | of_pages


def lay_out_site(site: Path, wheels: Path, packs: dict[str, Path]) -> None:
    """Write the files that are served into `site`."""
    site.mkdir(parents=True)
    for name in SERVED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, site / name, ignore=shutil.ignore_patterns("*.d.ts"))
        else:
            shutil.copy2(source, site / name)
    for page in pages_of(site):
        page.write_text(with_parts(page.read_text(), site / "shell" / "page" / "parts"))
    shutil.copy2(site / "app" / "index.html", site / "404.html")
    libraries = replace_by_bundles(site)
    first = [path for name, path in packs.items() if name in FIRST_PARTS]
    with tempfile.TemporaryDirectory() as work:
        entry = PROJECT / "shell" / "embed" / "embed.js"
        bundle_embed(entry, site / "embed.js", Path(work).resolve(), first)
    (site / "licenses.txt").write_text(listing(wheels, libraries))
    runtime = site / "runtime"
    runtime.mkdir()
    shutil.copy2(WASM, runtime / WASM.name)
    for name, path in packs.items():
        # Not .zst: a host may announce such files as compressed, and the browser then unpacks them,
        # after which their bytes are not those that the manifest describes.
        pack = runtime / f"{name}.pack"
        shutil.copy2(path, pack)
        shutil.copy2(content_file(path), content_file(pack))
    # What browsers ask every origin for; Datasette answers with the same picture.
    [datasette] = wheels.glob("datasette-*.whl")
    with zipfile.ZipFile(datasette) as wheel:
        (site / "favicon.ico").write_bytes(wheel.read("datasette/static/favicon.png"))


def lay_out_packages(folder: Path, wheels: Path) -> None:
    """Write what the packages say of themselves into folders, and micropip whole."""
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            whole = wheel.name.startswith("micropip-")
            names = [
                name for name in archive.namelist() if whole or name.endswith(".dist-info/METADATA")
            ]
            archive.extractall(folder / ("micropip" if whole else "metadata"), names)


def build_runtime() -> Runtime:
    """Build the runtime, unless it is there; return it.

    Raises:
        BuildError, EmbedError, subprocess.CalledProcessError: it cannot be built.
    """
    if not PYODIDE.is_dir():
        raise BuildError("node_modules/pyodide is missing. Run `make runtime`, which installs it.")
    wheels = locked_wheels()
    packs = make_packs(wheels)
    about = describe_pyodide(wheels)
    scripts = PROJECT / "scripts"
    names = ["bundle_embed", "bundle_pages", "bundle_worker", "bundling", "includes"]
    bundlers = [scripts / f"{name}.py" for name in names]
    inputs = [*packs.values(), about, *bundlers, scripts / "slim_loader.mjs"]
    inputs += [Path(__file__).resolve(), scripts / "licenses.py", PROJECT / "package-lock.json"]
    inputs += [*(PROJECT / name for name in SERVED), PROJECT / "engine"]
    id = digest(inputs)[:16]
    folder = BUILDS / id
    if not folder.is_dir():
        print("  bundling the worker and the pages")
        BUILDS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILDS) as work:
            draft = Path(work) / id
            lay_out_site(draft / "site", wheels, packs)
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT / "engine", draft / "python" / "engine", ignore=ignored)
            lay_out_packages(draft / "packages", wheels)
            shutil.copy2(PACKS / "distribution.json", draft / "distribution.json")
            contents = {"id": id, "distribution": address_of(PYODIDE)}
            contents |= json.loads(about.read_text())
            (draft / "runtime.json").write_text(json.dumps(contents))
            try:
                draft.rename(folder)
            except OSError:  # another build was faster
                if not folder.is_dir():
                    raise
    if not CURRENT.is_file() or CURRENT.read_text() != id:
        CURRENT.write_text(id)
        for other in BUILDS.iterdir():
            if other.is_dir() and len(other.name) == len(id) and other != folder:
                shutil.rmtree(other, ignore_errors=True)
    return Runtime(folder)


def main() -> int:
    """Run the command line; return the exit status."""
    try:
        runtime = build_runtime()
    except (BuildError, EmbedError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"error: the build stopped, since this failed: {error.cmd}", file=sys.stderr)
        return 1
    print(f"{runtime.folder.relative_to(PROJECT)} is ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
