"""Makes what importing everything would work out in each start. Runs inside Pyodide (see
run_in_pyodide.mjs).

    compile_ahead.py WHEELS OUT

Imports Datasette and all plugins among the site's wheels as a start does, and writes what
engine/ahead.py looks up meanwhile.
"""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def main(wheels: Path, out: Path) -> None:
    """Write the table of the packages in the folder `wheels`."""
    sys.path[:0] = [str(PROJECT), str(PROJECT / "scripts")]
    from compile_python import lay_out

    lay_out(wheels)
    import bootstrap
    from engine import ahead

    out.parent.mkdir(parents=True, exist_ok=True)
    with ahead.recorded(out):
        bootstrap.load()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
