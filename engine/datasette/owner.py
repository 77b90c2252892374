"""What the site's owner built into it: configuration, templates, static files and packages.

It is part of the site, so it is trusted like the site's own code. datasette_lite/assembly.py puts
it there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path("/site")

#: Settings that the site decides itself: where an instance is, and that WebAssembly has no threads.
DECIDED = ("base_url", "num_sql_threads")


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
        settings = contents.get("settings")
        if isinstance(settings, dict):
            kept = {name: value for name, value in settings.items() if name not in DECIDED}
            contents["settings"] = kept
        return contents

    @property
    def template_dir(self) -> str | None:
        """The folder of the owner's templates, as Datasette takes it."""
        folder = self._folder / "templates"
        return str(folder) if folder.is_dir() else None

    @property
    def static_mounts(self) -> list[tuple[str, str]]:
        """The owner's static files: the path below which they are served, and their folder."""
        folder = self._folder / "mounts"
        mounts = sorted(folder.iterdir()) if folder.is_dir() else []
        return [(mount.name, str(mount)) for mount in mounts]

    def use_packages(self) -> None:
        """Make the owner's packages importable, before those of the site that they replace."""
        folder = str(self._folder / "packages")
        if Path(folder).is_dir() and folder not in sys.path:
            sys.path.insert(0, folder)
