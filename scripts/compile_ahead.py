"""Precomputes what every start would compute again. Runs inside Pyodide (see run_in_pyodide.mjs).

    compile_ahead.py imports WHEELS OUT
    compile_ahead.py opening WHEELS OUT [FOLDER ...]

Does what a start does with Datasette and all plugins among the site's wheels, and writes what
engine/boot/ahead.py looks up: for importing them, and for opening Datasette with the single-file
plugins in the folders.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def main(what: str, wheels: Path, out: Path, *folders: Path) -> None:
    """Write a table of the packages in the folder `wheels`, and the plugins in `folders`."""
    sys.path[:0] = [str(PROJECT), str(PROJECT / "scripts")]
    from compile_python import lay_out

    lay_out(wheels)
    import bootstrap
    import engine.datasette
    from engine.boot import ahead

    out.parent.mkdir(parents=True, exist_ok=True)
    if what == "imports":
        with ahead.recorded(out):
            bootstrap.load()
            # The site's own plugins import these.
            for module in pkgutil.iter_modules(engine.datasette.__path__):
                importlib.import_module(f"engine.datasette.{module.name}")
        return
    bootstrap.load()
    from datasette.app import Datasette

    from engine.datasette.instance import PLUGINS

    with ahead.recorded(out) as files:
        Datasette(memory=True, settings={"num_sql_threads": 0}).app()
        # They are not imported: what they do then is for a browser.
        for file in (file for folder in folders for file in folder.glob("*.py")):
            source, path = file.read_text(), str(PLUGINS / file.name)
            files[source, path] = compile(source, path, "exec", dont_inherit=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
