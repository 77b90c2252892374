"""Finds what the owner of the site put beside site.toml: configuration, templates and static files.

It is part of the site, so it is trusted like the site's own code. scripts/build_site.py puts it
there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path("/site")


class Owner:
    """The files of the site's owner, laid out in `folder`; there may be none."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def document(self, kind: str) -> dict[str, Any]:
        """Return what the owner's "metadata" or "config" says."""
        path = self._folder / f"{kind}.json"
        if not path.is_file():
            return {}
        contents: dict[str, Any] = json.loads(path.read_text())
        return contents

    @property
    def template_dir(self) -> str | None:
        """The folder of the owner's templates, as Datasette takes it."""
        folder = self._folder / "templates"
        return str(folder) if folder.is_dir() else None

    @property
    def static_mounts(self) -> list[tuple[str, str]]:
        """The owner's static files, below /static/ as in a configuration directory."""
        folder = self._folder / "static"
        return [("static", str(folder))] if folder.is_dir() else []
