"""Combines a runtime and the files of the site's owner into a site.

Nothing is compiled: the owner's plugins, templates and wheels are added to the runtime's pack as
they are, so this needs neither Node nor Pyodide.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasette_lite import branding
from datasette_lite.downloads import DEFAULT_INDEX
from datasette_lite.packs import (
    content_file,
    read_pack,
    tree_files,
    wheel_files,
    write_pack,
)
from datasette_lite.page_policy import HEADERS
from datasette_lite.plugin_wheels import PluginWheels
from datasette_lite.runtime import WASM, Runtime
from datasette_lite.versions import seal
from datasette_lite.wheel_index import write_index
from datasette_lite.wheel_licenses import SEPARATOR, of_wheel

#: Where engine/datasette/owner.py finds the owner's files.
OWNER = "/site"

#: The plugin that makes everybody the root user.
ROOT_PLUGIN = "/plugins/root.py"

#: The example of which the launcher shows a picture.
DEMO = "world.db"

#: The pack with the project's own code, to which the owner's is added.
OWN_PACK = "site"


@dataclass
class Contents:
    """The files and decisions of a site's owner."""

    #: The contents of datasette.yaml ("config") and metadata.yaml ("metadata").
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Folders of plugins in the form of single files.
    plugins: list[Path] = field(default_factory=list)
    #: Folders of templates; later ones take precedence.
    templates: list[Path] = field(default_factory=list)
    #: Folders of static files, by the path that they are served at.
    static: dict[str, Path] = field(default_factory=dict)
    wheels: PluginWheels = field(default_factory=PluginWheels)
    #: The files in data/ by name; index.json is made from `index`.
    data: dict[str, Path] = field(default_factory=dict)
    #: Entries of data/index.json: shell/page/launcher/example-cards.js describes them.
    index: list[dict[str, Any]] = field(default_factory=list)
    locked: bool = False
    private: bool = False
    read_only: bool = False
    #: Packs, by name, that take the place of the runtime's or are added to them.
    packs: dict[str, Path] = field(default_factory=dict)
    #: Addresses of package indexes, relative to the site if they are part of it.
    package_indexes: list[str] = field(default_factory=lambda: [DEFAULT_INDEX])
    #: The address of Pyodide's distribution; see Runtime.distribution.
    distribution: str | None = None
    #: Folders of wheels that the site serves as a package index.
    wheel_folders: list[Path] = field(default_factory=list)
    #: The examples of apps by name, without index.json, which is made from `app_index`.
    apps: dict[str, Path] = field(default_factory=dict)
    #: Entries of apps/index.json: shell/page/launcher/example-cards.js describes them.
    app_index: list[dict[str, Any]] = field(default_factory=list)
    #: The folder of the wheels that these apps need.
    app_wheels: Path | None = None
    branding: branding.Branding = field(default_factory=branding.Branding)
    #: Other settings for shell/worker/site-cache/site-settings.js.
    settings: dict[str, object] = field(default_factory=dict)

    @property
    def has_code(self) -> bool:
        """Whether there are plugins."""
        return bool(self.plugins or self.wheels.files)


def assemble(out: Path, runtime: Runtime, contents: Contents) -> None:
    """Make a site in the folder `out`, replacing what is there once it is complete.

    Raises:
        VersionError, BrandingError: a file of the site is not as expected.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    # A half-made folder must never be served.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
        draft = Path(work) / "site"
        lay_out(draft, runtime, contents)
        if out.exists():
            out.rename(Path(work) / "before")
        draft.rename(out)


def lay_out(draft: Path, runtime: Runtime, contents: Contents) -> None:
    """Write the site into the folder `draft`, which does not exist yet."""
    shutil.copytree(runtime.site, draft)
    data = draft / "data"
    data.mkdir()
    for name, path in contents.data.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, data / name)  # not its permissions: hosts have to read it
    (data / "index.json").write_text(json.dumps(contents.index, indent=2) + "\n")
    _lay_out_apps(draft, contents)
    decided: dict[str, object] = {
        "locked": contents.locked,
        "index": contents.package_indexes,
        "distribution": runtime.distribution(contents.distribution, contents.package_indexes),
        "plugins": contents.wheels.names,
        "hashes": contents.wheels.hashes,
        "private": contents.private,
        # Pages rendered only to warm up would make plugins act without a person's request.
        "exercises": not contents.has_code,
    }
    if contents.wheel_folders:
        write_index(contents.wheel_folders, draft / "wheels")
    for wheel in contents.wheels.files:
        _append(draft / "licenses.txt", SEPARATOR + of_wheel(wheel))
    (draft / "_headers").write_text(HEADERS)
    branding.apply(draft, contents.branding)
    if DEMO not in contents.data:
        branding.without_demo(draft)
    packs = draft / "runtime"
    for name, path in contents.packs.items():
        shutil.copyfile(path, packs / f"{name}.pack")
        shutil.copyfile(content_file(path), content_file(packs / f"{name}.pack"))
    _add_to_pack(packs / f"{OWN_PACK}.pack", contents)
    parts = {name: packs / file for name, file in WASM.items()}
    sizes: dict[str, dict[str, object]] = {}
    for pack in sorted(packs.glob("*.pack")):
        about = content_file(pack)
        parts[pack.stem] = pack
        sizes[pack.stem] = json.loads(about.read_text())
        about.unlink()
    seal(draft, parts, sizes, {**decided, **contents.settings})


def _lay_out_apps(draft: Path, contents: Contents) -> None:
    apps = draft / "apps"
    apps.mkdir()
    (apps / "index.json").write_text(json.dumps(contents.app_index, indent=2) + "\n")
    for name, path in contents.apps.items():
        shutil.copyfile(path, apps / name)
    if contents.app_wheels is not None:
        write_index([contents.app_wheels], apps / "wheels")
        for wheel in sorted(contents.app_wheels.glob("*.whl")):
            _append(draft / "licenses.txt", SEPARATOR + of_wheel(wheel))


def _add_to_pack(pack: Path, contents: Contents) -> None:
    files = dict(read_pack(pack))
    before = dict(files)
    if contents.read_only:
        files.pop(ROOT_PLUGIN)
    files.update(owner_files(contents))
    if files != before:
        write_pack(pack, files.items())


def owner_files(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each of the owner's files; later ones replace earlier ones."""
    for folder in contents.plugins:
        yield from tree_files(folder, "/plugins")
    for folder in contents.templates:
        yield from tree_files(folder, f"{OWNER}/templates")
    for mount, folder in contents.static.items():
        yield from tree_files(folder, f"{OWNER}/mounts/{mount}")
    for kind, document in sorted(contents.documents.items()):
        if document:
            yield f"{OWNER}/{kind}.json", json.dumps(document).encode()
    for wheel in contents.wheels.files:
        yield from wheel_files(wheel, f"{OWNER}/packages")


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
