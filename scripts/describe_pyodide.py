"""Writes which wheels Pyodide runs and how it evaluates markers of requirements, so that plugins
can be chosen for it elsewhere. Runs inside Pyodide (see run_in_pyodide.mjs).

    describe_pyodide.py WHEELS OUT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(wheels: Path, out: Path) -> None:
    """Write what micropip, which is among the wheels, sees."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from compile_python import lay_out

    lay_out(wheels)
    from micropip._utils import sys_tags
    from micropip._vendored.packaging.src.packaging.markers import default_environment

    tags = [[tag.interpreter, tag.abi, tag.platform] for tag in sys_tags()]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"tags": tags, "environment": dict(default_environment())}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
