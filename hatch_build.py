"""Puts the runtime into the wheel, so that installing it needs no Node."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RuntimeHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the runtime if it was never built, and adds it to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the runtime; an editable installation finds that of the checkout by itself."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from datasette_lite.runtime import RuntimeMissing, find_runtime

        try:
            runtime = find_runtime()
        except RuntimeMissing as error:
            if not (shutil.which("node") and shutil.which("make")):
                raise RuntimeError(
                    "The runtime of Datasette Lite has to be built first, which needs Node.js 20"
                    " and make. Install both, or install a wheel that `make wheel` made elsewhere."
                ) from error
            subprocess.run(["make", "runtime"], cwd=self.root, check=True)
            runtime = find_runtime()
        build_data["force_include"][str(runtime.folder)] = "datasette_lite/runtime"
