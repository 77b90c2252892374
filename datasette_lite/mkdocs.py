"""A MkDocs plugin: fenced blocks `datasette-lite` become embeds, and the docs contain the site.

In mkdocs.yml:

    plugins:
      - datasette-lite:
          files: [data]      # data that the site ships; may be left out
          defaults:          # options of all embeds
            height: 420px

docs/publishing.md describes all options.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

import markdown
import yaml
from mkdocs.config import base, defaults
from mkdocs.config import config_options as c
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from datasette_lite.embeds import (
    DEFAULTS,
    DocsSite,
    EmbedError,
    check,
    element,
    publication_options,
)

_log = get_plugin_logger("datasette-lite")

#: A fenced block of any kind: embeds inside other blocks are examples to read.
_BLOCK = re.compile(
    r"^(?P<indent>[ ]*)(?P<fence>`{3,}|~{3,})[ ]*(?P<kind>[^\n`]*)\n"
    r"(?P<body>.*?)^(?P=indent)(?P=fence)[`~]*[ ]*$",
    re.MULTILINE | re.DOTALL,
)


#: Placeholder for an embed in the page's Markdown, followed by its number and an x.
_PLACE = "datasettelite7c1e9embed"


class PluginConfig(base.Config):  # type: ignore[no-untyped-call]
    """The plugin's options in mkdocs.yml."""

    dir = c.Type(str, default="lite")
    files = c.Type(list, default=[])
    options = c.Type(dict, default={})
    defaults = c.Type(dict, default={})


class DatasetteLitePlugin(BasePlugin[PluginConfig]):  # type: ignore[no-untyped-call]
    """The plugin `datasette-lite`."""

    def __init__(self) -> None:
        self._embeds: dict[str, list[str]] = {}

    def on_config(self, config: defaults.MkDocsConfig) -> None:
        """Check the defaults."""
        try:
            check(self.config.defaults, DEFAULTS)
        except EmbedError as error:
            raise PluginError(str(error)) from error

    def on_page_markdown(
        self, markdown: str, *, page: Page, config: defaults.MkDocsConfig, files: Files
    ) -> str:
        """Return the page's text with its blocks as embeds."""
        embeds: list[str] = []
        self._embeds[page.file.src_uri] = embeds

        def made(match: re.Match[str]) -> str:
            if match["kind"].strip() != "datasette-lite":
                return match[0]
            script = "" if embeds else get_relative_url(f"{self.config.dir}/embed.js", page.url)
            try:
                embeds.append(self._embed(match["body"], page, files, script))
            except (EmbedError, yaml.YAMLError) as error:
                raise PluginError(f"{page.file.src_uri}: {error}") from error
            # Markdown does not know the element, and would turn its tags into paragraphs.
            return f"{match['indent']}{_PLACE}{len(embeds) - 1}x"

        return _BLOCK.sub(made, markdown)

    def on_page_content(
        self, html: str, *, page: Page, config: defaults.MkDocsConfig, files: Files
    ) -> str:
        """Return the page's HTML with the embeds in their places."""
        embeds = self._embeds.pop(page.file.src_uri, [])
        place = re.compile(rf"<p>\s*{_PLACE}(\d+)x\s*</p>|{_PLACE}(\d+)x")
        return place.sub(lambda match: embeds[int(match[1] or match[2])], html)

    def _embed(self, body: str, page: Page, files: Files, script: str) -> str:
        said = yaml.safe_load(body) or {}
        if not isinstance(said, dict):
            raise EmbedError("A datasette-lite block holds options, such as `csv: data.csv`.")

        def locate(path: str) -> str:
            source = path.removeprefix("/") if path.startswith("/") else _beside(page, path)
            file = files.get_file_from_path(source)
            if file is None:
                raise EmbedError(f"there is no file {path!r} to open.")
            return file.url_relative_to(page.file)

        preview = str(said.pop("preview", ""))
        shown = markdown.markdown(preview, extensions=["tables"]) if preview else ""
        options = {**self.config.defaults, **said}
        return element(options, locate, preview=shown, script=script)

    def on_post_build(self, *, config: defaults.MkDocsConfig) -> None:
        """Build the site into the documentation."""
        folder = Path(config.config_file_path or ".").resolve().parent
        try:
            options: dict[str, Any] = publication_options(self.config.options, folder)
            files = [folder / path for path in self.config.files]
            site = DocsSite(self.config.dir, files, options)
            cache = folder / ".cache" / "datasette-lite"
            for note in site.build(Path(config.site_dir), cache):
                _log.info(note)
        except EmbedError as error:
            raise PluginError(str(error)) from error


def _beside(page: Page, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), path))
