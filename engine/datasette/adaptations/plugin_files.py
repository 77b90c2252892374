"""Loads the site's single-file plugins when packages are imported, and only once.

Datasette executes the files of its folder of plugins each time it is opened, which is part of every
start: here some twenty files and as many modules that only they import. What is loaded with the
packages is part of a snapshot of Python's memory, and costs a start from it nothing. And for each
of these files Datasette looks for a package of that name along the whole path, to find its
templates, although there is none. It can go when opening Datasette does not load its plugins.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from datasette import app, plugins, utils

from engine.deferred_modules import NotHereYet

_plain_module_from_path = utils.module_from_path
_plain_files = plugins.importlib_resources.files

#: The modules of the files, by path.
_loaded: dict[str, ModuleType] = {}


def load(folder: Path) -> None:
    """Execute the plugins in a folder. One that fails does so again, and is reported, when
    Datasette is opened.
    """
    for file in sorted(folder.glob("*.py")):
        try:
            _loaded[str(file)] = _plain_module_from_path(str(file), name=file.name)
        except NotHereYet:
            pass  # the start is repeated with all of Python
        except (Exception, SystemExit):
            traceback.print_exc()


def install() -> None:
    """Have Datasette take the modules that are loaded; doing it again changes nothing."""
    app.module_from_path = _module_from_path
    plugins.importlib_resources = SimpleNamespace(files=_files)


def _module_from_path(path: str, name: str) -> ModuleType:
    return _loaded.get(path) or _plain_module_from_path(path, name)


def _files(package: str) -> Any:
    if package.endswith(".py"):
        raise ModuleNotFoundError(f"{package} is a file, not a package")
    return _plain_files(package)
