"""Makes a version of a site, so that a page never mixes files of two builds.

All code that must fit together goes into one folder, v/VERSION/, named after a hash of everything
in it. Relative imports then stay inside their version, the folder may be cached for ever, and only
the few files at fixed addresses name it: this module rewrites their references.

This module also writes sw.js. The browser compares it to see whether there is a new worker, so it
is small and only names the version's script. Any changed file changes sw.js, and a worker only
loads the files it was built with.

The large binary parts stay in runtime/: they seldom change, and a deploy must not make browsers
download them again. Their addresses contain their own hash. assembly.py decides what a site
consists of.

The manifest, in sw.js, lists the parts, and the small files that the worker keeps for offline use.
Those are also in one file, for when most of them are needed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from datasette_lite import kept_files, page_policy

#: The folder that becomes v/VERSION/shell.
CODE = "shell"

#: The worker's script; its folder has only files that belong to it.
WORKER = "shell/worker/worker.js"

#: Files at fixed addresses that name files of the shell.
REFERRING = ["index.html", "saved.html", "404.html", "app/index.html", "app/booting.html"]
REFERRING += ["app/consent.html", "app/failed.html", "app/framed.html", "app/question.html"]
REFERRING += ["app/stopped.html", "manifest.webmanifest", "unresponsive.html"]

#: Files at fixed addresses that the worker keeps. The host's answers for addresses under app/ are
#: not among them, since the worker itself answers there.
KEPT = [
    "index.html",
    "saved.html",
    "app/booting.html",
    "app/consent.html",
    "app/failed.html",
    "app/framed.html",
    "app/question.html",
    "apps/index.json",
    "data/index.json",
    "embed.js",
    "favicon.ico",
]
KEPT += ["app/stopped.html", "manifest.webmanifest", "unresponsive.html"]

#: The path of a file of the shell between quotes, maybe after "./" or a template's {{root}}.
REFERENCE = re.compile(r"""(?<=")(?P<before>\./|\{\{root\}\}|)(?P<path>shell/[\w/.-]+)(?=")""")


class VersionError(Exception):
    """The site cannot be made into a version; the message says why."""


def sha256(path: Path) -> str:
    """Return the hash of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


Contents = dict[str, dict[str, object]]


def parts_in_manifest(
    site: Path, parts: dict[str, Path], contents: Contents
) -> dict[str, dict[str, object]]:
    """Return the manifest's entries for the large parts, by name."""
    entries: dict[str, dict[str, object]] = {}
    for name, path in parts.items():
        digest = sha256(path)
        url = f"{path.relative_to(site).as_posix()}?v={digest[:16]}"
        served = {"size": path.stat().st_size, "sha256": digest}
        entries[name] = {"url": url, **served, "content": contents.get(name, served)}
    return entries


def files_in_manifest(site: Path, folder: str) -> dict[str, str]:
    """Return paths and hashes of the files that make the site work without its host.

    The worker's own script is not among them, since the browser keeps it with the worker.
    """
    code = site / folder
    paths = [site / name for name in KEPT]
    paths += [path for path in sorted((code / CODE).rglob("*")) if path.is_file()]
    of_worker = (code / WORKER).parent
    return {
        path.relative_to(site).as_posix(): sha256(path)
        for path in paths
        if path.parent != of_worker
    }


def version_of(site: Path, settings: Mapping[str, object]) -> str:
    """Return the name of the version in `site` with these settings; others have other names."""
    total = hashlib.sha256()
    # The output of these modules is part of the version as well.
    for module in (__file__, kept_files.__file__, page_policy.__file__):
        total.update(Path(module).read_bytes())
    total.update(json.dumps(settings, sort_keys=True).encode())
    for path in sorted(site.rglob("*")):
        if path.is_file():
            total.update(f"{path.relative_to(site).as_posix()}\0{sha256(path)}\0".encode())
    return total.hexdigest()[:12]


def point_to_version(source: str, folder: str) -> tuple[str, list[str]]:
    """Return `source` with its references to shell/ put into `folder`, and the paths they name."""
    paths: list[str] = []

    def moved(match: re.Match[str]) -> str:
        paths.append(f"{folder}/{match['path']}")
        return match["before"] + paths[-1]

    return REFERENCE.sub(moved, source), paths


def seal(
    site: Path, parts: dict[str, Path], contents: Contents, settings: Mapping[str, object]
) -> str:
    """Turn the files in `site` into a version; return its name.

    `parts` are the large files that the worker loads, by their names in the manifest, and
    `contents` has the size and hash of compressed ones after decompression. `settings` is what the
    site's owner has decided.

    Raises:
        VersionError: a file that should name the shell does not, or names a file that is not there.
    """
    version = version_of(site, settings)
    folder = f"v/{version}"
    target = site / folder / CODE
    target.parent.mkdir(parents=True)
    (site / CODE).rename(target)
    for name in REFERRING:
        source, paths = point_to_version((site / name).read_text(), folder)
        if not paths:
            raise VersionError(f"{name} has no reference to shell/ that could be made to {folder}.")
        for path in paths:
            if not (site / path).is_file():
                raise VersionError(f"{name} refers to {path}, which the build does not make.")
        if name.endswith(".html"):
            source = page_policy.with_policy(source, is_launcher=name == "index.html")
        (site / name).write_text(source)
    files = files_in_manifest(site, folder)
    together = f"{folder}/kept.txt"
    boundary, body = kept_files.in_one({path: (site / path).read_bytes() for path in files})
    (site / together).write_bytes(body)
    manifest = {
        "version": version,
        "parts": parts_in_manifest(site, parts, contents),
        "files": files,
        "settings": settings,
        "together": {"url": together, "boundary": boundary},
    }
    url = json.dumps(f"{folder}/{WORKER}")
    (site / "sw.js").write_text(
        "// This build's worker, and what it loads and keeps: datasette_lite/versions.py.\n"
        "const VERSION = {\n"
        f"  url: new URL({url}, self.location.href).href,\n"
        f"  manifest: {json.dumps(manifest, indent=2)},\n"
        "};\n"
        "importScripts(VERSION.url);\n"
    )
    return version
