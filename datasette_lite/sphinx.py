"""A Sphinx extension: the directive `datasette-lite`, and the site that it uses in the built docs.

In conf.py:

    extensions = ["datasette_lite.sphinx"]
    datasette_lite_files = ["data"]                # data that the site ships; may be left out
    datasette_lite_defaults = {"height": "420px"}  # options of all directives

docs/publishing.md describes all options.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from datasette_lite import __version__
from datasette_lite.embeds import (
    DEFAULTS,
    FILES,
    OPTIONS,
    DocsSite,
    EmbedError,
    check,
    element,
    is_address,
    publication_options,
)

_log = logging.getLogger(__name__)

#: Folder in the built documentation for files that embeds open, in folders by hash of their path.
FILES_FOLDER = "_datasette-lite"


class embed(nodes.General, nodes.Element):
    """An embed; its children are the static preview, all that formats other than HTML show."""


def _text(value: str | None) -> str | None:
    """An option with a value, or without one."""
    return value.strip() if value else None


class DatasetteLite(SphinxDirective):
    """`.. datasette-lite:: FILE`, with a static preview as its content."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = dict.fromkeys(OPTIONS, _text)

    def run(self) -> list[nodes.Node]:
        """Return the embed."""
        options = {**self.config.datasette_lite_defaults, **self.options}
        if self.arguments:
            try:
                options |= _by_name(self.arguments[0].split())
            except EmbedError as error:
                raise self.error(str(error)) from error
        for name in FILES:
            options |= {name: self._located(options[name])} if name in options else {}
        node = embed(options=options)
        node["has_script"] = self.env.temp_data.get("datasette-lite", False)
        self.env.temp_data["datasette-lite"] = True
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]

    def _located(self, value: str) -> list[str]:
        """Return sources with files of the documentation as paths in the source folder."""
        return [one if is_address(one) else self._file(one) for one in value.split()]

    def _file(self, path: str) -> str:
        relative, absolute = self.env.relfn2path(path)
        if not Path(absolute).is_file():
            raise self.error(f"datasette-lite: there is no file {path!r} to open.")
        self.env.note_dependency(relative)
        return relative


def _by_name(sources: list[str]) -> dict[str, str]:
    """Return options for sources whose names show their parameter."""
    from datasette_lite.data_files import parameter_of

    found: dict[str, str] = {}
    for source in sources:
        parameter = parameter_of(source.partition("?")[0])
        if parameter is None:
            raise EmbedError(
                f"datasette-lite cannot tell what {source!r} is. Use an option such as :csv:"
                " instead."
            )
        found[parameter] = f"{found.get(parameter, '')} {source}".strip()
    return found


def _visit_html(self: Any, node: embed) -> None:
    builder = self.builder
    page = builder.get_target_uri(builder.current_docname)

    def locate(path: str) -> str:
        target = _target(path)
        _copies(builder.app)[target] = Path(builder.srcdir, path)
        return relative_uri(page, target)

    folder = builder.config.datasette_lite_dir
    script = "" if node["has_script"] else relative_uri(page, f"{folder}/embed.js")
    try:
        made = element(node["options"], locate, preview="\0", script=script)
    except EmbedError as error:
        _log.warning(str(error), location=node)
        raise nodes.SkipNode from error
    start, _, end = made.partition("\0")
    self.body.append(start)
    node["end"] = end


def _depart_html(self: Any, node: embed) -> None:
    self.body.append(node["end"])


def _nothing(self: Any, node: embed) -> None:
    """Do nothing: other formats only have the preview."""


def _target(path: str) -> str:
    """Return the path that a file of the documentation is copied to."""
    digest = hashlib.sha256(path.encode()).hexdigest()[:8]
    return f"{FILES_FOLDER}/{digest}/{Path(path).name}"


def _copies(app: Sphinx) -> dict[str, Path]:
    copies: dict[str, Path] = app.__dict__.setdefault("datasette_lite_copies", {})
    return copies


def _finish(app: Sphinx, exception: Exception | None) -> None:
    """Build the site into the documentation, and copy the files that embeds open."""
    if exception is not None or app.builder.format != "html":
        return
    out, source = Path(app.outdir), Path(app.confdir)
    for target, path in _copies(app).items():
        (out / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, out / target)
    config = app.config
    try:
        options = publication_options(config.datasette_lite_options, source)
        files = [source / path for path in config.datasette_lite_files]
        site = DocsSite(config.datasette_lite_dir, files, options)
        for note in site.build(out, Path(app.doctreedir) / "datasette-lite"):
            _log.info("datasette-lite: %s", note)
    except EmbedError as error:
        _log.error("datasette-lite: %s", error)
        raise


def _check_defaults(app: Sphinx, config: Any) -> None:
    check(config.datasette_lite_defaults, DEFAULTS)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive and the configuration values."""
    app.add_config_value("datasette_lite_dir", "lite", "html", str)
    app.add_config_value("datasette_lite_files", [], "html", list)
    app.add_config_value("datasette_lite_options", {}, "html", dict)
    app.add_config_value("datasette_lite_defaults", {}, "env", dict)
    ignored = (_nothing, _nothing)
    html = (_visit_html, _depart_html)
    app.add_node(embed, html=html, latex=ignored, text=ignored, man=ignored, texinfo=ignored)
    app.add_directive("datasette-lite", DatasetteLite)
    app.connect("config-inited", _check_defaults)
    app.connect("build-finished", _finish)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": False}
