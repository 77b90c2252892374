"""Publishes data: makes a site from files and options.

The command line (commands.py) and the documentation plugins call `publish`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import platformdirs
from datasette.utils import tilde_encode

from datasette_lite import branding, hosting
from datasette_lite.app_code import read_app
from datasette_lite.app_parts import packs_of_app
from datasette_lite.assembly import Contents, assemble
from datasette_lite.conversion import Converted, convert
from datasette_lite.data_files import collect
from datasette_lite.downloads import DEFAULT_INDEX
from datasette_lite.errors import PublishError
from datasette_lite.plugin_wheels import PluginWheels, chosen_wheels
from datasette_lite.runtime import Runtime, RuntimeMissing, find_runtime
from datasette_lite.secret_keys import refuse_secrets
from datasette_lite.settings import (
    SettingsError,
    SiteSettings,
    is_path,
    read_document,
)
from datasette_lite.versions import VersionError

#: The most bytes of an app's code and the files beside it.
MOST_BYTES = 100_000_000

#: Settings in datasette.yaml that the site decides itself.
IGNORED_SETTINGS = {
    "base_url": "each workspace is at its own path",
    "num_sql_threads": "WebAssembly has no threads",
}


@dataclass
class Publication:
    """What to publish; see `datasette-lite build --help` for the options."""

    files: list[Path] = field(default_factory=list)
    #: Where the application is, "module:attribute", if `files` is an app instead of data.
    app: str = ""
    metadata: Path | None = None
    #: Texts for the top of the metadata, such as {"title": …}; they override the file.
    about: dict[str, str] = field(default_factory=dict)
    plugins_dir: Path | None = None
    template_dir: Path | None = None
    #: Folders of static files by the path that they are served at.
    static: dict[str, Path] = field(default_factory=dict)
    #: Plugins: requirements, URLs of wheels and paths of wheels.
    install: list[str] = field(default_factory=list)
    #: Addresses of package indexes, DEFAULT_INDEX for that of pip.
    indexes: list[str] = field(default_factory=lambda: [DEFAULT_INDEX])
    #: The address of Pyodide's distribution; see Runtime.distribution.
    distribution: str | None = None
    #: Paths of keys that look like secrets but may be published.
    public_keys: list[str] = field(default_factory=list)
    locked: bool = False
    private: bool = False
    read_only: bool = False
    branding: branding.Branding = field(default_factory=branding.Branding)
    compress: bool = True
    #: In bytes; 0 for never.
    split_at: int = hosting.DEFAULT_PART
    cache: Path = field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("datasette-lite", False))
    )


def publish(
    publication: Publication, out: Path, say: Callable[[str], object] = lambda _: None
) -> list[str]:
    """Publish into the folder `out`; return sentences on what may be unexpected.

    An existing folder is replaced, if it is empty or a site, once the new one is complete.

    Raises:
        PublishError: it cannot be published as requested; `out` is unchanged.
    """
    _check_target(out)
    try:
        branding.check(publication.branding)
        runtime = find_runtime()
        if publication.app:
            contents, notes = _app_contents(publication, runtime, out)
        else:
            contents, notes = _contents(publication, say)
        say("  assembling the site")
        assemble(out, runtime, contents)
    except (SettingsError, branding.BrandingError, RuntimeMissing, VersionError) as error:
        raise PublishError(str(error)) from error
    return [*notes, *hosting.warnings(out)]


def _check_target(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise PublishError(f"{out} is a file. Name a folder for the site.")
    if out.is_dir() and any(out.iterdir()) and not (out / "sw.js").is_file():
        raise PublishError(
            f"{out} is not empty and not a site that was published before, so it is not replaced."
            " Name another folder, or empty this one."
        )


def _contents(publication: Publication, say: Callable[[str], object]) -> tuple[Contents, list[str]]:
    runtime, cache = find_runtime(), publication.cache
    inputs = collect(publication.files)
    folders = [SiteSettings(folder) for folder in inputs.folders]
    documents = _documents(publication, folders)
    notes = [f"{path.name} is not data and was left out." for path in inputs.left_out]
    notes += [
        f"The setting {name} was left out: {why}."
        for name, why in IGNORED_SETTINGS.items()
        if name in (documents["config"].get("settings") or {})
    ]
    wheels = _wheels(publication, runtime, publication.install)
    converted = convert(runtime, inputs.data, cache, say)
    contents = Contents(
        documents=documents,
        plugins=_folders(folders, "plugins", publication.plugins_dir),
        templates=_folders(folders, "templates", publication.template_dir),
        static={name: path for one in folders for name, path in one.static.items()}
        | publication.static,
        wheels=wheels,
        locked=publication.locked,
        private=publication.private,
        read_only=publication.read_only,
        package_indexes=publication.indexes,
        distribution=publication.distribution,
        branding=publication.branding,
    )
    _add_data(contents, converted, publication)
    return contents, notes + converted.notes


def _app_contents(
    publication: Publication, runtime: Runtime, out: Path
) -> tuple[Contents, list[str]]:
    """Return a site that opens an app first."""
    app = read_app(publication.app, publication.files, out)
    if len(app.content) > MOST_BYTES:
        raise PublishError(
            f"The app has {len(app.content) / 1e6:.0f} MB, more than the {MOST_BYTES / 1e6:.0f} MB"
            " that a browser should hold in memory. Leave out what it does not need."
        )
    needed = [*app.requirements, *publication.install]
    wheels = _wheels(publication, runtime, needed)
    file = publication.cache / "apps" / app.name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(app.content)
    link = f"?app=apps/{app.name}&entry={quote(app.entry, safe='')}"
    title = publication.branding.name or app.name.partition(".")[0]
    contents = Contents(
        wheels=wheels,
        packs=packs_of_app(runtime, publication.cache),
        apps={app.name: file},
        app_index=[
            {
                "file": app.name,
                "entry": app.entry,
                "title": title,
                "framework": "App",
                "description": "",
            }
        ],
        locked=publication.locked,
        private=publication.private,
        package_indexes=publication.indexes,
        distribution=publication.distribution,
        branding=replace(publication.branding, name=title, app=link),
        settings={
            "apps": {
                f"apps/{app.name}": {
                    "entry": app.entry,
                    "sha256": hashlib.sha256(app.content).hexdigest(),
                }
            }
        },
    )
    files = "1 file" if app.count == 1 else f"all {app.count} files"
    return contents, [f"Everybody can read the code: {files} of the app are part of the site."]


def _wheels(publication: Publication, runtime: Runtime, needed: list[str]) -> PluginWheels:
    for name in publication.install:
        if is_path(name) and not Path(name).is_file():
            raise PublishError(f"--install {name}: there is no such file.")
    indexes = publication.indexes
    distribution = runtime.distribution(publication.distribution, indexes)
    return chosen_wheels(
        runtime, needed, indexes, Path.cwd(), publication.cache, distribution=distribution
    )


def _documents(publication: Publication, folders: list[SiteSettings]) -> dict[str, dict[str, Any]]:
    """Return Datasette's merged configuration and metadata; refuse secrets in them."""
    found: dict[str, dict[str, Any]] = {"config": {}, "metadata": {}}
    for folder in folders:
        found = _merged(found, folder.documents())
    if publication.metadata is not None:
        found["metadata"] = _merged(found["metadata"], read_document(publication.metadata))
    found["metadata"] = {**found["metadata"], **publication.about}
    named = {"datasette.yaml": found["config"], "metadata": found["metadata"]}
    refuse_secrets(named, publication.public_keys)
    return found


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for name, value in above.items():
        there = result.get(name)
        both = isinstance(there, dict) and isinstance(value, dict)
        result[name] = _merged(there, value) if both else value  # type: ignore[arg-type]
    return result


def _folders(owners: list[SiteSettings], name: str, more: Path | None) -> list[Path]:
    found = [folder for owner in owners for folder in owner.folders(name)]
    return [*found, *([more] if more is not None else [])]


def _add_data(contents: Contents, converted: Converted, publication: Publication) -> None:
    """Put the data into `contents`: the files, and the launcher's cards for them."""
    described = contents.documents["metadata"].get("databases") or {}
    options = {"part": publication.split_at}
    for name, path in converted.databases.items():
        file = f"{_slug(name, contents.data)}.db"
        served = hosting.serve_as(
            path, file, publication.cache, compress=publication.compress, **options
        )
        about = described.get(name)
        entry = {"param": "url", "title": name, "path": tilde_encode(name)}
        if served.name.partition(".db")[0] != name:
            entry["name"] = name
        entry |= card_of(about if isinstance(about, dict) else {})
        tables = converted.tables.get(name, [])
        if len(tables) == 1:
            entry["title"] = entry["title"] if entry["title"] != name else tables[0]
            entry["path"] = f"{tilde_encode(name)}/{tilde_encode(tables[0])}"
        _serve(contents, served, entry)
    for one in converted.as_they_are:
        served = hosting.serve_as(
            one.path, one.path.name, publication.cache, compress=False, **options
        )
        _serve(contents, served, {"param": one.parameter, "title": one.path.name.split(".")[0]})


def _serve(contents: Contents, served: hosting.Served, entry: dict[str, Any]) -> None:
    contents.data.update(served.files)
    entry = {"file": served.name, **entry, "size": served.size, "sha256": served.sha256}
    if served.parts:
        entry["parts"] = served.parts
        entry["part_size"] = served.files[served.parts[0]].stat().st_size
    contents.index.append(entry)


def card_of(about: dict[str, Any]) -> dict[str, str]:
    """Return the metadata of a database in the form of data/index.json."""
    names = {"title", "description", "source", "source_url", "license"}
    return {name: str(about[name]) for name in sorted(names) if about.get(name)}


def _slug(name: str, taken: dict[str, Path]) -> str:
    """Return a name for a file that hosts and URLs leave unchanged."""
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "data"
    slug, number = base, 1
    while any(file.lower().startswith(f"{slug.lower()}.") for file in taken):
        number += 1
        slug = f"{base}-{number}"
    return slug
