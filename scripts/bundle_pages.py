"""Bundles the JavaScript and CSS of the pages: one script per page, plus chunks that pages share.

A page's entry is a module of shell/page/ that no other module imports. Modules that several
entries import become one chunk: esbuild alone would make a chunk for each combination of entries,
and a page would wait for a dozen requests. Libraries that few pages need stay apart, with all that
needs them, and so do modules that are loaded by `import()`. All output lies in one folder, so that
`import.meta.url` means the same everywhere (shell/shared/site.js).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from bundling import esbuild, packages

#: Scripts that run before their page is drawn, so they are classic ones and whole in themselves.
CLASSIC = {"appearance.js", "websocket.js"}

#: In those, too, site.js has to find out where it is served.
HERE = "--define:import.meta.url=document.currentScript.src"

FLAT = "--entry-names=[name]"
OPTIONS = ["--format=esm", "--splitting", "--chunk-names=[name]-[hash]", FLAT]
COMMON = "common"


def bundle_pages(pages: Path, target: Path, work: Path) -> tuple[dict[str, list[str]], set[str]]:
    """Write the scripts and stylesheets of the pages, which are in the folder `pages`, to `target`.

    Returns, for each script, the names of the chunks that it imports; and the names of the npm
    packages in them. `work` is a folder for intermediate files.

    Raises:
        subprocess.CalledProcessError: a module is missing or is not JavaScript.
    """
    found = sorted(pages.rglob("*.js"))
    modules = [path for path in found if path.name not in CLASSIC]
    looked = esbuild(modules, [*OPTIONS, f"--outdir={work / 'looked'}"], work=work, cwd=pages)
    graph = _imports(looked, pages)
    entries = [path for path in modules if not any(path in found for found in graph.values())]
    common = _common(graph, entries)
    first = work / f"{COMMON}.js"
    first.write_text(_importing(common, work))
    sharing = [entry for entry in entries if not common.isdisjoint(_reached(graph, entry))]
    alone = [entry for entry in entries if entry not in sharing]  # such as the script of a worker
    # Injected, since what `import()` loads has to share the chunk too.
    options = [*OPTIONS, f"--outdir={target}"]
    made = esbuild(sharing, [*options, f"--inject:{first}"], work=work, cwd=pages)
    esbuild(alone, options, work=work, cwd=pages)
    classic = [path for path in found if path.name in CLASSIC]
    if classic:
        esbuild(classic, ["--format=iife", HERE, FLAT, f"--outdir={target}"], work=work, cwd=pages)
    stylesheets = [FLAT, f"--outdir={target}"]
    esbuild(sorted(pages.rglob("*.css")), stylesheets, work=work, cwd=pages)
    imports = {
        Path(path).name: [
            Path(found["path"]).name
            for found in about["imports"]
            if found["kind"] == "import-statement"
        ]
        for path, about in made["outputs"].items()
    }
    return imports, packages(made)


def preload(html: str, folder: str, imports: dict[str, list[str]]) -> str:
    """Return a page with its script's chunks named, so that they are fetched at once.

    `folder` is where the page's scripts lie, such as "shell/page".
    """

    def with_chunks(match: re.Match[str]) -> str:
        links = "".join(
            f'\n    <link rel="modulepreload" href="{match["before"]}{folder}/{name}" />'
            for name in imports.get(match["name"], [])
        )
        return match[0] + links

    source = rf'src="(?P<before>[^"]*?){folder}/(?P<name>[\w-]+\.js)"'
    script = rf'<script type="module" {source}[^>]*></script>'
    return re.sub(script, with_chunks, html)


def _imports(meta: dict[str, Any], folder: Path) -> dict[Path, dict[Path, bool]]:
    """Return what each module imports, and whether it does so statically."""
    return {
        (folder / path).resolve(): {
            (folder / found["path"]).resolve(): found["kind"] == "import-statement"
            for found in about["imports"]
            if not found.get("external")
        }
        for path, about in meta["inputs"].items()
    }


def _reached(graph: dict[Path, dict[Path, bool]], entry: Path) -> set[Path]:
    """Return the modules that `entry` imports statically, directly or not."""
    reached: set[Path] = set()
    todo = [entry]
    while todo:
        for path, is_static in graph[todo.pop()].items():
            if is_static and path not in reached:
                reached.add(path)
                todo.append(path)
    return reached


def _common(graph: dict[Path, dict[Path, bool]], entries: list[Path]) -> set[Path]:
    """Return the modules for the chunk that all pages load."""
    later = {path for found in graph.values() for path, is_static in found.items() if not is_static}
    reached = [{entry, *_reached(graph, entry)} for entry in {*entries, *later}]
    users = {path: sum(path in some for some in reached) for path in graph}
    rare = {
        path
        for path, count in users.items()
        if "node_modules" in path.parts and count < len(reached) / 2
    }
    return {
        path
        for path, count in users.items()
        if count > 1 and rare.isdisjoint({path, *_reached(graph, path)})
    }


def _importing(paths: set[Path], folder: Path) -> str:
    """Return a module in `folder` that imports others for their effect."""
    names = sorted(os.path.relpath(path, folder) for path in paths)
    return "".join(f'import "{name if name[0] == "." else f"./{name}"}";\n' for name in names)
