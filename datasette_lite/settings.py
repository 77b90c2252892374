"""Reads the settings of a site's owner: site.toml, and the files beside it.

It also says what is wrong with them.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from datasette.app import DEFAULT_SETTINGS

from datasette_lite.branding import Branding
from datasette_lite.downloads import DEFAULT_INDEX

#: Folders beside site.toml that become part of every instance, as in Datasette's configuration
#: directory.
FOLDERS = ("plugins", "templates", "static")

#: Documents that Datasette reads from such a directory, with their possible file names.
DOCUMENTS = {
    "config": ("datasette.json", "datasette.yaml", "datasette.yml"),
    "metadata": ("metadata.json", "metadata.yaml", "metadata.yml"),
}

_TYPES = {
    "locked": bool,
    "private": bool,
    "index": list,
    "distribution": str,
    "plugins": list,
    "title": str,
    "logo": str,
    "heading": str,
    "text": str,
    "start": str,
    "examples": bool,
}


class SettingsError(Exception):
    """site.toml or a file beside it cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class SiteSettings:
    """The settings of the owner whose files are in `folder`."""

    folder: Path
    locked: bool = False
    private: bool = False
    #: Where packages come from, in order of preference: addresses of package indexes, folders of
    #: wheels that the site serves as an index, and DEFAULT_INDEX.
    index: list[str] = field(default_factory=lambda: [DEFAULT_INDEX])
    #: The address of Pyodide's distribution, "" for none; None: see Runtime.distribution.
    distribution: str | None = None
    #: Requirements, URLs of wheels and paths of wheels, as they are listed.
    plugins: list[str] = field(default_factory=list)
    #: What the site is called; "" keeps the name of the project.
    title: str = ""
    #: The path of an icon, relative to `folder`: a square PNG of at least 192 pixels, or an SVG.
    logo: str = ""
    #: The heading of the launcher and the text below it.
    heading: str = ""
    text: str = ""
    #: The page of Datasette that opens first.
    start: str = ""
    #: Whether the launcher shows cards of what the site ships.
    examples: bool = True

    @property
    def branding(self) -> Branding:
        """How the site looks."""
        return Branding(
            name=self.title,
            icon=self.folder / self.logo if self.logo else None,
            landing=self.start,
            heading=self.heading,
            text=self.text,
            examples=self.examples,
        )

    @property
    def wheel_folders(self) -> list[Path]:
        """The folders of wheels that the site serves, all of them as one package index."""
        return [self.folder / one for one in self.index if not _is_address(one)]

    def index_urls(self, served: str = "wheels/") -> list[str]:
        """Return the package indexes.

        :param served: the address at which `wheel_folders` are served.
        """
        return list(dict.fromkeys(one if _is_address(one) else served for one in self.index))

    def folders(self, name: str) -> list[Path]:
        """Return the owner's folder of one of FOLDERS, if there is one."""
        folder = self.folder / name
        return [folder] if folder.is_dir() else []

    @property
    def static(self) -> dict[str, Path]:
        """The owner's folder of static files, by the path that it is served at."""
        return {folder.name: folder for folder in self.folders("static")}

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return the contents of the owner's datasette.yaml and metadata.yaml, by name.

        Raises:
            SettingsError: one cannot be read, or there are several of a kind.
        """
        found = {}
        for kind, names in DOCUMENTS.items():
            paths = [path for name in names if (path := self.folder / name).is_file()]
            if len(paths) > 1:
                both = " and ".join(path.name for path in paths)
                raise SettingsError(f"There are {both}: keep one of them.")
            if paths:
                found[kind] = read_document(paths[0])
        check_settings(found.get("config", {}))
        return found


def read_settings(folder: Path) -> SiteSettings:
    """Return the settings of site.toml in `folder`; without the file, the defaults.

    Raises:
        SettingsError: it cannot be used.
    """
    path = folder / "site.toml"
    if not path.is_file():
        return SiteSettings(folder)
    try:
        values = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"site.toml is not valid TOML: {error}.") from error
    for name, value in values.items():
        if name not in _TYPES:
            known = ", ".join(_TYPES)
            raise SettingsError(f"site.toml sets {name!r}, which is not known. Known are: {known}.")
        if name == "index" and isinstance(value, str):
            values["index"] = value = [value]
        if not isinstance(value, _TYPES[name]):
            wanted = {bool: "true or false", list: "a list of texts", str: "a text"}
            raise SettingsError(
                f"site.toml sets {name} to {value!r}; it must be {wanted[_TYPES[name]]}."
            )
    logo = values.get("logo", "")
    if logo and not (folder / logo).is_file():
        raise SettingsError(f"site.toml names the logo {logo!r}, which is not there.")
    for one in values.get("plugins", []):
        if not isinstance(one, str) or one.strip() == "":
            raise SettingsError(f"site.toml lists the plugin {one!r}; each must be a text.")
        if is_path(one) and not (folder / one).is_file():
            raise SettingsError(f"site.toml lists the wheel {one!r}, which is not there.")
    for one in values.get("index", []):
        if not isinstance(one, str) or not (_is_address(one) or (folder / one).is_dir()):
            raise SettingsError(
                f"site.toml sets index to {one!r}, which is neither a folder nor a URL, nor"
                f" {DEFAULT_INDEX!r}."
            )
    distribution = values.get("distribution", "")
    if distribution and not re.match(r"https?://[^/@\s]+/", distribution):
        raise SettingsError(
            f"site.toml sets distribution to {distribution!r}, which is not a URL such as"
            " https://example.org/pyodide/."
        )
    return SiteSettings(folder, **values)


def _is_address(index: str) -> bool:
    return index == DEFAULT_INDEX or "://" in index


def is_path(plugin: str) -> bool:
    """Return whether an entry of `plugins` is the path of a wheel, relative to site.toml."""
    return plugin.endswith(".whl") and "://" not in plugin


def canonical(name: str) -> str:
    """Return the normalized form of a package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def package_name(wheel: Path) -> str:
    """Return the normalized name of a wheel's package."""
    return canonical(wheel.name.split("-")[0])


def read_document(path: Path) -> dict[str, Any]:
    """Return the contents of one of Datasette's files, in JSON or YAML.

    Raises:
        SettingsError: it cannot be read, or does not contain an object.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        contents = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(f"{path.name} cannot be read: {error}.") from error
    if not isinstance(contents, dict):
        raise SettingsError(f"{path.name} does not contain an object, such as `title: My data`.")
    # As JSON: YAML has dates, which Datasette's own pages could not show.
    converted: dict[str, Any] = json.loads(json.dumps(contents, default=str))
    return converted


def check_settings(config: dict[str, Any]) -> None:
    """Check the `settings:` of a datasette.yaml, since wrong ones stop every instance.

    Raises:
        SettingsError: Datasette has no such setting, or its value is of the wrong type.
    """
    settings = config.get("settings") or {}
    if not isinstance(settings, dict):
        raise SettingsError("datasette.yaml: `settings:` must hold names and values.")
    for name, value in settings.items():
        if name not in DEFAULT_SETTINGS:
            close = difflib.get_close_matches(name, DEFAULT_SETTINGS, 1)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            raise SettingsError(
                f"datasette.yaml sets {name!r}, which is not a setting of Datasette.{meant}"
            )
        wanted = type(DEFAULT_SETTINGS[name])
        if value is not None and type(value) is not wanted:
            in_words = {bool: "true or false", int: "a whole number", str: "a text"}[wanted]
            raise SettingsError(
                f"datasette.yaml sets {name} to {value!r}; it must be {in_words}, without quotes."
                if wanted is not str
                else f"datasette.yaml sets {name} to {value!r}; it must be {in_words}."
            )
