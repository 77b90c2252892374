"""Lays out an app's code, and imports its module.

The code is one file as it was fetched, a .py file or an archive (zip, wheel). It is saved as such,
since its hash is what a person has allowed; what is imported is laid out again at each start.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import shutil
import sys
import zipfile
from pathlib import Path
from types import ModuleType

from engine.apps.errors import AppError, advice, in_words, own_traceback
from engine.packages.wheels import unpack

#: Modules that are tried, in this order, where the entry of an archive names none.
MODULES = ("main", "app", "asgi")

#: Where the code is laid out; not saved.
CODE = Path("/app")


class Code:
    """The code in `file`, laid out in the folder `folder`, replacing what is there.

    Raises:
        AppError: the file is neither Python nor an archive.
    """

    def __init__(self, file: Path, folder: Path = CODE) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._script: Path | None = None
        self.root = folder
        if file.suffix == ".py":
            self._script = folder / file.name
            shutil.copyfile(file, self._script)
            return
        try:
            unpack(file.read_bytes(), folder)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise AppError(
                f"{file.name} could not be unpacked: {error}.",
                hint="An app is a .py file, a .zip file or a wheel.",
            ) from error
        self.root = _top(folder)
        if str(self.root) not in sys.path:
            sys.path.insert(0, str(self.root))

    def load(self, module: str) -> ModuleType:
        """Import the module of that name, "" for the one that is there.

        Raises:
            AppError: there is none, or importing it raised an error.
        """
        if self._script is not None:
            return self._load_script(self._script, module)
        return _imported(module or self._guessed())

    def _guessed(self) -> str:
        for name in MODULES:
            if (self.root / f"{name}.py").exists() or (self.root / name / "__init__.py").exists():
                return name
        names = ", ".join(f"{name}.py" for name in MODULES)
        raise AppError(
            f"The link does not say which module the application is in, and there is no {names}.",
            hint="Add entry=module:attribute to the link, such as entry=shop.web:app.",
        )

    def _load_script(self, script: Path, module: str) -> ModuleType:
        own = re.sub(r"\W", "_", script.stem)
        if module and module not in (own, script.stem):
            raise AppError(
                f"The link asks for the module {module!r}, but the app is the file {script.name}.",
                hint=f"Use entry={own}:attribute, or leave the module out: entry=:attribute.",
            )
        # Under its own name it would take the place of a package that it may want to import.
        name = f"app_{own}" if _is_taken(own) or not own.isidentifier() else own
        spec = importlib.util.spec_from_file_location(name, script)
        assert spec is not None and spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        sys.modules[name] = made
        try:
            spec.loader.exec_module(made)
        except (Exception, SystemExit) as error:
            del sys.modules[name]
            raise _not_imported(script.name, error) from error
        return made


def _is_taken(name: str) -> bool:
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _imported(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:
        raise _not_imported(module, error) from error


def _not_imported(name: str, error: BaseException) -> AppError:
    return AppError(
        f"{name} could not be imported: {in_words(error)}.",
        hint=advice(error),
        details=own_traceback(error),
    )


def _top(folder: Path) -> Path:
    """Return the folder itself or, for an archive of a repository, the one folder in it."""
    inside = [path for path in folder.iterdir() if path.name != "__MACOSX"]
    only = inside[0] if len(inside) == 1 else folder
    return folder if only.is_file() or (only / "__init__.py").exists() else only
