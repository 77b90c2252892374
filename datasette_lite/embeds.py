"""Makes embeds for documentation: the element <datasette-lite> as HTML, from options.

The Sphinx extension and the MkDocs plugin use this. shell/embed/ implements the element.
"""

from __future__ import annotations

import difflib
import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasette_lite.errors import PublishError
from datasette_lite.publication import Publication, publish

#: Options that name files: addresses, or paths of files in the documentation.
FILES = ("url", "csv", "json", "excel", "parquet", "sql", "metadata", "config")

#: Options for a source, and for the workspace; see README.md.
_OF_LINK = tuple(
    "install ref memory private name pk fts drop skiprows header delimiter encoding quote escape"
    " comment null decimal thousands dates".split()
)

#: How the embed looks and behaves.
_OF_EMBED = tuple(
    "path search_params width height theme prompt label size load editable new_tab".split()
)

OPTIONS = (*FILES, *_OF_LINK, *_OF_EMBED)

#: Options that can have defaults.
DEFAULTS = _OF_EMBED

#: Returns the address of a documentation file, relative to the page; other addresses unchanged.
Locate = Callable[[str], str]


class EmbedError(Exception):
    """An embed cannot be made from its options; the message says why."""


def is_address(value: str) -> bool:
    """Return whether a source is an address rather than a file of the documentation."""
    return "://" in value or value.startswith(("data:", "//"))


def element(
    options: Mapping[str, Any], locate: Locate, *, preview: str = "", script: str = ""
) -> str:
    """Return the HTML of an embed.

    :param options: by their names in OPTIONS; None and True switch an option on.
    :param preview: HTML that readers see before it starts, in print and without JavaScript.
    :param script: address of embed.js, "" if the page has it already.

    Raises:
        EmbedError: an option is unknown.
    """
    check(options)
    attributes: dict[str, str] = {}
    for name, value in options.items():
        if name in FILES:
            values = value if isinstance(value, list) else str(value).split()
            value = " ".join(one if is_address(one) else locate(one) for one in values)
        elif value is False:
            continue
        if name == "width":
            attributes["style"] = f"width: {value}"
        else:
            text = " ".join(map(str, value)) if isinstance(value, list) else value
            attributes[name.replace("_", "-")] = "" if text is None or text is True else str(text)
    written = "".join(
        f' {name}="{html.escape(value)}"' if value else f" {name}"
        for name, value in attributes.items()
    )
    loader = f'<script src="{html.escape(script)}" defer></script>\n' if script else ""
    inside = f"\n{preview}\n" if preview else ""
    return f"{loader}<datasette-lite{written}>{inside}</datasette-lite>\n"


def check(options: Mapping[str, Any], known: tuple[str, ...] = OPTIONS) -> None:
    """Raise EmbedError for an unknown option."""
    for name in options:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            meant = f" Did you mean {close[0]!r}?" if close else ""
            raise EmbedError(f"datasette-lite has no option {name!r}.{meant}")


@dataclass
class DocsSite:
    """The site that is built into documentation."""

    #: Folder of the site in the built documentation.
    folder: str = "lite"
    #: Data files and configuration directories that the site ships.
    files: list[Path] = field(default_factory=list)
    #: Other options of Publication.
    options: dict[str, Any] = field(default_factory=dict)

    def build(self, docs: Path, cache: Path) -> list[str]:
        """Build the site into the built documentation; return sentences on what may be unexpected.

        Raises:
            EmbedError: it cannot be built.
        """
        try:
            publication = Publication(files=self.files, **self.options, cache=cache)
            return publish(publication, docs / self.folder)
        except (PublishError, TypeError) as error:
            raise EmbedError(str(error)) from error


def publication_options(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return options of Publication from a configuration file, with paths in `folder`.

    Raises:
        EmbedError: an option is unknown.
    """
    paths = ("metadata", "plugins_dir", "template_dir")
    known = (*paths, "install", "index", "public_keys", "locked", "private", "read_only", "title")
    check(given, known)
    options = dict(given)
    for name in paths:
        if name in options:
            options[name] = folder / options[name]
    if "title" in options:
        options["about"] = {"title": options.pop("title")}
    return options
