"""Builds the site: dist/, a static folder that works on any host at any sub-path.

    python scripts/build_site.py [--out FOLDER] [--site FOLDER] [--plugins FOLDER ...]

Copies what is served as it is written, bundles the scripts of the worker (bundle_worker.py) and of
the pages (bundle_pages.py), compiles
Python with Pyodide's own interpreter, and has versions.py make one version of it all, with the
manifest that the worker goes by. Work whose inputs have not changed is not done again.
"""

from __future__ import annotations

import argparse
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

from bundle_pages import bundle_pages, preload
from bundle_worker import WASM, bundle
from bundling import MODULES
from licenses import listing
from page_policy import HEADERS
from site_settings import SettingsError, SiteSettings, read_settings
from site_wheels import all_wheels, plugin_hashes, plugin_names
from versions import WORKER, VersionError, seal
from wheel_index import write_index
from wheels import PROJECT

CACHE = PROJECT / "build"
PYODIDE = MODULES / "pyodide"
#: The folder of the plugins that every site has.
OWN_PLUGINS = PROJECT / "plugins"
FIRST_VISIT = PROJECT / "scripts" / "first-visit.txt"
RUNNER = PROJECT / "scripts" / "run_in_pyodide.mjs"
COMPILER = PROJECT / "scripts" / "compile_python.py"
TEMPLATE_COMPILER = PROJECT / "scripts" / "compile_templates.py"
AHEAD_COMPILER = PROJECT / "scripts" / "compile_ahead.py"

# Served as they are written: path in the project = path on the site.
SERVED = [
    "index.html",
    "saved.html",
    "unresponsive.html",
    "sw.js",
    "manifest.webmanifest",
    "app",
    "shell",
    "data",
]

# The parameter that opens a file of data/ which index.json does not describe.
PARAMETERS = {
    ".db": "url",
    ".sqlite": "url",
    ".sqlite3": "url",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".geojson": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".xlsx": "excel",
    ".sql": "sql",
}


class BuildError(Exception):
    """The site cannot be built; the message says why and what to do."""


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
    wanted = digest([COMPILER, script, PYODIDE / "package.json", *inputs]) + " ".join(arguments)
    if all(out.exists() for out in outs) and stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"  compiling {', '.join(out.name for out in outs)}")
    command = ["node", str(RUNNER), str(script.relative_to(PROJECT)), *arguments]
    subprocess.run(command, check=True, cwd=PROJECT)
    stamp.write_text(wanted)


def plugin_folders(owner: SiteSettings, plugins: list[Path]) -> list[Path]:
    """Return the folders with plugins that are files: the project's own, the owner's, `plugins`."""
    return list(dict.fromkeys([OWN_PLUGINS, *owner.folders("plugins"), *plugins]))


def make_packs(owner: SiteSettings, plugins: list[Path]) -> dict[str, Path]:
    """Return the packs of a site by their names: Python itself, its packages, this project's own,
    and the WebAssembly for hosts that compress nothing.

    What the site's owner brings goes with the project's own, and so do the plugins in the folders
    `plugins`.

    Raises:
        SettingsError: the owner's files cannot be used.
    """
    wheels = all_wheels(owner)
    # Sites differ: each has its packs, so that building one does not make another's old.
    folder = CACHE if owner.folder == PROJECT else CACHE / "sites" / owner.folder.name
    runtime = (folder if owner.plugins else CACHE) / "runtime"
    # None needs another, and each is a process that uses one processor.
    with ThreadPoolExecutor() as executor:
        made = [
            executor.submit(runtime_packs, wheels, runtime),
            executor.submit(own_pack, owner, plugins, wheels, runtime, folder),
            executor.submit(wasm_pack),
        ]
    return {name: path for future in made for name, path in future.result().items()}


def runtime_packs(wheels: Path, runtime: Path) -> dict[str, Path]:
    """Make the packs of Python and of a folder of wheels, in the folder `runtime`."""
    stdlib = PYODIDE / "python_stdlib.zip"
    made = {name: runtime / f"{name}.pack" for name in ("stdlib", "packages", "rest")}
    in_pyodide(
        COMPILER,
        list(made.values()),
        [stdlib, wheels, FIRST_VISIT],
        *("runtime", str(stdlib), str(wheels), str(FIRST_VISIT), str(runtime)),
    )
    return made


def own_pack(
    owner: SiteSettings, plugins: list[Path], wheels: Path, runtime: Path, folder: Path
) -> dict[str, Path]:
    """Make the pack of what this project and the site's owner bring.

    What follows from the wheels alone is kept in `runtime`, all else in `folder`.
    """
    templates = runtime / "templates"
    in_pyodide(
        TEMPLATE_COMPILER,
        [templates],
        [wheels, FIRST_VISIT],
        *(str(wheels), str(FIRST_VISIT), str(templates)),
    )
    code = [PROJECT / "bootstrap.py", PROJECT / "engine"]
    imports = runtime / "imports.marshal"
    in_pyodide(AHEAD_COMPILER, [imports], [wheels, *code], "imports", str(wheels), str(imports))
    folders = plugin_folders(owner, plugins)
    if plugins:
        folder /= "site-with-plugins"
    opening = folder / "opening.marshal"
    in_pyodide(
        AHEAD_COMPILER,
        [opening],
        [wheels, *code, *folders],
        *("opening", str(wheels), str(opening), *map(str, folders)),
    )
    more = [*owner.folders("templates"), *owner.folders("static")]
    trees = [f"--tree={one.relative_to(PROJECT)}=/plugins" for one in folders]
    trees += [f"--tree={one.relative_to(PROJECT)}=/site/{one.name}" for one in more]
    trees += [f"--tree={templates.relative_to(PROJECT)}=/lib/templates"]
    documents = write_documents(owner, folder / "documents")
    files = [f"--file={one.relative_to(PROJECT)}=/site/{one.name}" for one in documents]
    ahead = [imports, opening]
    files += [f"--file={one.relative_to(PROJECT)}=/lib/ahead/{one.name}" for one in ahead]
    own = folder / "site.pack"
    in_pyodide(
        COMPILER,
        [own],
        [*code, templates, *ahead, *folders, *more, *documents],
        *("pack", str(own), "--file=bootstrap.py=SITE_PACKAGES/bootstrap.py"),
        *("--tree=engine=SITE_PACKAGES/engine", *trees, *files),
    )
    return {"site": own}


def wasm_pack() -> dict[str, Path]:
    """Make what the WebAssembly is served as where the host compresses nothing."""
    out = CACHE / "runtime" / f"{WASM.name}.pack"
    in_pyodide(COMPILER, [out], [WASM], "compress", str(WASM), str(out))
    return {"wasm-packed": out}


def write_documents(owner: SiteSettings, folder: Path) -> list[Path]:
    """Write the owner's datasette.yaml and metadata.yaml into `folder` as engine/datasette/owner.py
    reads them; return their paths.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)  # several sites may be built at once
    written = []
    for kind, contents in owner.documents().items():
        path = folder / f"{'config' if kind == 'datasette' else kind}.json"
        path.write_text(json.dumps(contents))
        written.append(path)
    return written


def data_index() -> list[dict[str, str]]:
    """Return data/index.json, completed with the files of data/ that it does not describe.

    Raises:
        BuildError: it describes a file that is not there.
    """
    described: list[dict[str, str]] = json.loads((PROJECT / "data" / "index.json").read_text())
    for entry in described:
        if not (PROJECT / "data" / entry["file"]).is_file():
            message = f"data/index.json describes {entry['file']!r}, which is not in data/."
            raise BuildError(f"{message} Add the file or remove its entry.")
    known = {"index.json", *(entry["file"] for entry in described)}
    for path in sorted((PROJECT / "data").iterdir()):
        if path.suffix in PARAMETERS and path.name not in known:
            param = PARAMETERS[path.suffix]
            described.append({"file": path.name, "param": param, "title": path.stem})
    return described


def replace_by_bundles(site: Path) -> set[str]:
    """Put one script where the modules of the worker are laid out in `site`, and bundles where
    those of the pages are; return the names of the npm packages in them.
    """
    shell = site / "shell"
    made = site / "bundles"
    # Not in build/: several sites may be built at once.
    with tempfile.TemporaryDirectory() as work:
        of_worker = bundle(
            site / "sw.js", made / "worker" / Path(WORKER).name, Path(work).resolve()
        )
    with tempfile.TemporaryDirectory() as work:
        imports, of_pages = bundle_pages(shell / "page", made / "page", Path(work).resolve())
    (site / "sw.js").unlink()
    for name in ["worker", "page", "shared"]:
        shutil.rmtree(shell / name)
    for folder in made.iterdir():
        folder.rename(shell / folder.name)
    made.rmdir()
    for page in [*site.glob("*.html"), *site.glob("app/*.html")]:
        page.write_text(preload(page.read_text(), "shell/page", imports))
    return of_worker | of_pages


def build(out: Path, owner: SiteSettings, plugins: list[Path], settings: dict[str, object]) -> None:
    """Build the site of `owner` into `out`, replacing what is there.

    `settings` count more than the owner's.

    Raises:
        BuildError, SettingsError, VersionError: it cannot be built.
    """
    if not PYODIDE.is_dir():
        raise BuildError("node_modules/pyodide is missing. Run `make site`, which installs it.")
    packs = make_packs(owner, plugins)
    index = data_index()
    # A half-built folder must never be served, so everything is laid beside it first.
    draft = out.with_name(f"{out.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name in SERVED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, draft / name, ignore=shutil.ignore_patterns("*.d.ts"))
        else:
            shutil.copy2(source, draft / name)
    shutil.copy2(PROJECT / "app" / "index.html", draft / "404.html")
    (draft / "data" / "index.json").write_text(json.dumps(index, indent=2) + "\n")
    # How the worker decides about code that the site does not ship.
    decided: dict[str, object] = {"locked": owner.locked, "index": owner.index_urls()}
    decided |= {"plugins": plugin_names(owner), "hashes": plugin_hashes(owner)}
    decided["private"] = owner.private
    # A warm-up would make plugins do something that nobody asked for.
    decided["exercises"] = not owner.plugins and plugin_folders(owner, plugins) == [OWN_PLUGINS]
    (draft / "site.json").write_text(json.dumps({**decided, **settings}, indent=2) + "\n")
    if owner.wheel_folders:
        write_index(owner.wheel_folders, draft / "wheels")
    libraries = replace_by_bundles(draft)
    (draft / "licenses.txt").write_text(listing(all_wheels(owner), libraries))
    runtime = draft / "runtime"
    runtime.mkdir()
    parts = {"wasm": runtime / WASM.name}
    shutil.copy2(WASM, parts["wasm"])
    contents: dict[str, dict[str, object]] = {}
    for name, path in packs.items():
        # Not .zst: a host may announce such files as compressed, and the browser then unpacks them,
        # after which their bytes are not those that the manifest describes.
        parts[name] = runtime / f"{name}.pack"
        shutil.copy2(path, parts[name])
        contents[name] = json.loads(path.with_name(f"{path.name}.content").read_text())
    # What browsers ask every origin for; Datasette answers with the same picture.
    [datasette] = (CACHE / "wheels").glob("datasette-*.whl")
    with zipfile.ZipFile(datasette) as wheel:
        (draft / "favicon.ico").write_bytes(wheel.read("datasette/static/favicon.png"))
    (draft / "_headers").write_text(HEADERS)
    seal(draft, parts, contents)
    shutil.rmtree(out, ignore_errors=True)
    draft.rename(out)


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("--out", type=Path, default=PROJECT / "dist", help="default: dist")
    parser.add_argument(
        "--site",
        type=Path,
        default=PROJECT,
        metavar="FOLDER",
        help="where site.toml and the owner's other files are, in the project; default: its top",
    )
    parser.add_argument(
        "--plugins",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="ship the plugins in this folder of the project as well",
    )
    parser.add_argument(
        "--settings",
        type=json.loads,
        default={},
        metavar="JSON",
        help="what the site's worker goes by instead of the defaults",
    )
    args = parser.parse_args()
    try:
        owner = read_settings(args.site.resolve())
        plugins = [folder.resolve() for folder in args.plugins]
        build(args.out.resolve(), owner, plugins, args.settings)
    except (BuildError, SettingsError, VersionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"error: the build stopped, since this failed: {error.cmd}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in args.out.rglob("*") if path.is_file())
    print(f"{args.out.name}/ is ready ({size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
