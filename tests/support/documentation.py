"""Builds documentation with embeds, with Sphinx and MkDocs, as their users do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.published import PROJECT

EXAMPLES = PROJECT / "examples"


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    # As if installed as an editable package, with its entry points.
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    python = [sys.executable, *command]
    return subprocess.run(python, cwd=folder, env=environment, capture_output=True, text=True)


def build_sphinx(source: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build documentation with Sphinx; warnings are errors."""
    doctrees = ("-d", str(out.with_name("doctrees")))
    return _run(source, "-m", "sphinx", "-W", "-q", *doctrees, *options, str(source), str(out))


#: MkDocs finds plugins by entry points, which only an installed package has.
_MKDOCS = """
import sys
from importlib.metadata import EntryPoint
from mkdocs import plugins
found = plugins.entry_points
own = EntryPoint("datasette-lite", "datasette_lite.mkdocs:DatasetteLitePlugin", "mkdocs.plugins")
plugins.entry_points = lambda **of: [*found(**of), *([own] if of["group"] == own.group else [])]
from mkdocs.__main__ import cli
cli(sys.argv[1:])
"""


def build_mkdocs(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build documentation with MkDocs; warnings are errors."""
    return _run(source, "-c", _MKDOCS, "build", "--strict", "--quiet", "--site-dir", str(out))
