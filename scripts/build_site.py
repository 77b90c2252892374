"""Builds the site: dist/, a static folder that works on any host at any sub-path.

    python scripts/build_site.py [--out FOLDER] [--site FOLDER] [--plugins FOLDER ...]

The owner's files are those of the project: site.toml and what lies beside it, and data/.
build_runtime.py makes what every site has, datasette_lite/assembly.py puts both together.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from build_runtime import CACHE, OWN_PLUGINS, BuildError, build_runtime
from bundle_embed import EmbedError
from wheels import APPS_LOCK, APPS_WHEELS, PROJECT, locked_wheels

from datasette_lite.assembly import Contents, assemble, owner_files
from datasette_lite.branding import BrandingError
from datasette_lite.data_files import PARAMETERS
from datasette_lite.plugin_wheels import PluginWheels
from datasette_lite.plugin_wheels import locked_wheels as plugin_wheels
from datasette_lite.publication import card_of
from datasette_lite.settings import SettingsError, SiteSettings, read_settings
from datasette_lite.versions import VersionError

DATA = PROJECT / "data"
APPS = PROJECT / "apps"


def data_index(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """Return data/index.json, completed with the files of data/ that it does not describe. What
    `metadata`, the owner's metadata.yaml, says of databases goes onto their cards.

    Raises:
        BuildError: it describes a file that is not there.
    """
    described: list[dict[str, Any]] = json.loads((DATA / "index.json").read_text())
    for entry in described:
        if not (DATA / entry["file"]).is_file():
            message = f"data/index.json describes {entry['file']!r}, which is not in data/."
            raise BuildError(f"{message} Add the file or remove its entry.")
    known = {"index.json", *(entry["file"] for entry in described)}
    for path in sorted(DATA.iterdir()):
        if path.suffix in PARAMETERS and path.name not in known:
            param = PARAMETERS[path.suffix]
            about = (metadata.get("databases") or {}).get(path.stem)
            card = card_of(about) if param == "url" and isinstance(about, dict) else {}
            entry = {"file": path.name, "param": param, "title": path.stem, **card}
            described.append({**entry, "size": path.stat().st_size})
    return described


def contents_of(owner: SiteSettings, plugins: list[Path], settings: dict[str, object]) -> Contents:
    """Return what the site of `owner` has; `settings` count more than the owner's.

    Raises:
        BuildError, SettingsError: the owner's files cannot be used.
    """
    folders = dict.fromkeys([*owner.folders("plugins"), *plugins])
    folders.pop(OWN_PLUGINS, None)
    files = [path for path in sorted(DATA.rglob("*")) if path.is_file()]
    documents = owner.documents()
    return Contents(
        documents=documents,
        plugins=list(folders),
        templates=owner.folders("templates"),
        static=owner.static,
        wheels=plugin_wheels(owner, CACHE / "site-wheels"),
        data={path.relative_to(DATA).as_posix(): path for path in files},
        index=data_index(documents.get("metadata", {})),
        branding=owner.branding,
        apps={path.name: path for path in sorted(APPS.glob("*.py"))},
        app_index=json.loads((APPS / "index.json").read_text()),
        app_wheels=locked_wheels(APPS_LOCK, APPS_WHEELS),
        locked=owner.locked,
        private=owner.private,
        package_indexes=owner.index_urls(),
        distribution=owner.distribution,
        wheel_folders=owner.wheel_folders,
        settings=settings,
    )


def check(contents: Contents) -> None:
    """Open all that a site ships, natively, unless the very same was opened before.

    Raises:
        BuildError: something of it cannot be opened.
    """
    if any(not wheel.name.endswith("-none-any.whl") for wheel in contents.wheels.files):
        print("  not opening plugins and templates: a package of theirs is for browsers only")
        # Templates may use what plugins provide.
        contents = replace(contents, plugins=[], templates=[], wheels=PluginWheels())
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        (folder / "site").mkdir()
        shutil.copytree(OWN_PLUGINS, folder / "plugins")
        for path, content in owner_files(contents):
            target = folder / path.removeprefix("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        index = json.dumps(contents.index)
        (folder / "index.json").write_text(index)
        shutil.copytree(DATA, folder / "data")
        digest = hashlib.sha256()
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
        known = CACHE / "checked"
        if known.is_file() and known.read_text() == digest.hexdigest():
            return
        print("  opening what the site ships")
        command = [sys.executable, str(PROJECT / "scripts" / "check_contents.py"), work]
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
        if result.returncode != 0:
            said = result.stdout.strip() or result.stderr.strip()
            raise BuildError(f"the site would not open as it is.\n{said}")
        print(result.stdout, end="")
        known.parent.mkdir(parents=True, exist_ok=True)
        known.write_text(digest.hexdigest())


def build(out: Path, owner: SiteSettings, plugins: list[Path], settings: dict[str, object]) -> None:
    """Build the site of `owner` into `out`, replacing what is there.

    Raises:
        BuildError, SettingsError, VersionError, BrandingError: it cannot be built.
    """
    contents = contents_of(owner, plugins, settings)
    check(contents)
    assemble(out, build_runtime(), contents)


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("--out", type=Path, default=PROJECT / "dist", help="default: dist")
    parser.add_argument(
        "--site",
        type=Path,
        default=PROJECT,
        metavar="FOLDER",
        help="where site.toml and the owner's other files are; default: the top of the project",
    )
    parser.add_argument(
        "--plugins",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="ship the plugins in this folder as well",
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
    except (BuildError, EmbedError, SettingsError, VersionError, BrandingError) as error:
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
