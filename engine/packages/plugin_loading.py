"""Loads the plugins of installed packages so that a broken one does not keep Datasette from
opening.

Datasette has pluggy import every plugin and stops at the first that raises. Here such a plugin is
left out and reported, and so is one whose hooks raise while Datasette starts: the traceback shows
whose they are. Imports nothing of Datasette, since importing Datasette is what loads plugins.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import sys
import traceback
from collections.abc import Coroutine, Iterable, Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, TypeVar

import pluggy

from engine.errors import PluginError

#: What plugins do while Datasette starts may take this long; some fetch something.
STARTUP_SECONDS = 60.0

_T = TypeVar("_T")

_HINT = "Remove it on the page “Plugins”, or choose another version there."

#: What a plugin's package is called and where its code lies, a folder or one file.
_places: dict[str, Path] = {}

#: What was left out: package → the error it ended in.
left_out: dict[str, PluginError] = {}


class Unfinished(Exception):
    """Raised when a start does not finish. `package`: whose plugin it waits for."""

    def __init__(self, seconds: float, package: str | None) -> None:
        super().__init__(f"it did not finish within {seconds:g} seconds")
        self.package = package


def install() -> None:
    """Have pluggy load plugins that way; before Datasette is imported."""
    pluggy.PluginManager.load_setuptools_entrypoints = _load  # type: ignore


def _load(manager: pluggy.PluginManager, group: str, name: str | None = None) -> int:
    """Do what pluggy's method of that name does, but leave out what cannot be imported."""
    count = 0
    # Of two packages with one name only the first on the path counts.
    for point in importlib.metadata.entry_points(group=group):
        distribution = point.dist
        if (
            distribution is None
            or name not in (None, point.name)
            or manager.has_plugin(point.name)
            or manager.is_blocked(point.name)
        ):
            continue
        package = distribution.metadata["Name"]
        _places[package] = Path("/nowhere")
        try:
            plugin = point.load()
            manager.register(plugin, name=point.name)
        except (Exception, SystemExit) as error:
            _leave_out(package, error, "imported")
            continue
        manager._plugin_distinfo.append((plugin, distribution))
        _places[package] = _place_of(plugin, point.module)
        count += 1
    return count


def _place_of(plugin: Any, module: str) -> Path:
    top = sys.modules.get(module.partition(".")[0])
    file = getattr(top if isinstance(top, ModuleType) else plugin, "__file__", None)
    path = Path(file or "/nowhere")
    return path.parent if path.stem == "__init__" else path


async def in_time(work: Coroutine[Any, Any, _T]) -> _T:
    """Return what comes of a part of Datasette's start that plugins have a hand in.

    Raises:
        Unfinished: nothing comes of it.
    """
    task = asyncio.ensure_future(_exiting_nothing(work))
    # Not wait_for, which waits for those who do not let themselves be cancelled.
    done, _ = await asyncio.wait({task}, timeout=STARTUP_SECONDS)
    if done:
        return task.result()
    package = _package_of(reversed(list(_waiting(work))))
    task.cancel()
    raise Unfinished(STARTUP_SECONDS, package)


async def _exiting_nothing(work: Coroutine[Any, Any, _T]) -> _T:
    try:
        return await work
    except SystemExit as error:  # which no task keeps to itself
        raise RuntimeError("it tried to end the program") from error


def _waiting(work: Any) -> Iterator[Path]:
    """Yield where a coroutine waits: for another one, which waits for another."""
    while (frame := getattr(work, "cr_frame", None)) is not None:
        yield Path(frame.f_code.co_filename)
        work = work.cr_await


def culprit(error: BaseException) -> str | None:
    """Return the package whose plugin an error came from, None if that cannot be told.

    Of several that were at work the innermost counts.
    """
    found = _blamed(error)
    return found[0] if found else None


def _blamed(error: BaseException) -> tuple[str, BaseException] | None:
    """Return a package and the error that came from it, which may be the cause of `error`."""
    one: BaseException | None = error
    while one is not None:
        if isinstance(one, Unfinished):
            package = one.package
        else:
            package = _package_of(reversed(list(_files(one.__traceback__))))
        if package is not None:
            return package, one
        one = one.__cause__ or one.__context__
    return None


def _package_of(files: Iterable[Path]) -> str | None:
    """Return the package of the first file that is a plugin's."""
    for file in files:
        for package, place in _places.items():
            if file == place or place in file.parents:
                return package
    return None


def _files(trace: TracebackType | None) -> Iterator[Path]:
    for frame, _ in traceback.walk_tb(trace):
        yield Path(frame.f_code.co_filename)


def leave_out(manager: pluggy.PluginManager, error: BaseException) -> bool:
    """Unregister the plugin that an error came from; return whether there was one."""
    package, cause = _blamed(error) or (None, error)
    if package is None or package in left_out:
        return False
    _leave_out(package, cause, "started")
    for plugin, distribution in list(manager._plugin_distinfo):
        if distribution.metadata["Name"] == package and manager.is_registered(plugin):
            manager.unregister(plugin)
    return True


def _leave_out(package: str, error: BaseException, when: str) -> None:
    if isinstance(error, Unfinished):
        what, why = str(error), "It may be waiting for something that never arrives. "
    else:
        what = f"it failed while it was being {when}, with {in_words(error)}"
        why = reason(error)
    left_out[package] = PluginError(f"{package} was left out: {what}.", hint=f"{why}{_HINT}")
    traceback.print_exception(error)


def in_words(error: BaseException) -> str:
    """Return the kind and the message of an error on one line."""
    return " ".join("".join(traceback.format_exception_only(error)).split()).removesuffix(".")


def reason(error: BaseException) -> str:
    """Return a sentence, with a space after it, about what a browser does not offer; or ""."""
    said = str(error)
    if "does not support processes" in said or "fork" in said:
        return "It starts other programs, which a browser does not allow. "
    if "can't start new thread" in said:
        return "It starts threads, which Python in a browser does not have. "
    if isinstance(error, ImportError) and getattr(error, "name", None) in _MISSING:
        return f"It needs Python’s {error.name}, which a browser does not have. "
    return ""


_MISSING = frozenset({"_multiprocessing", "multiprocessing", "fcntl", "termios", "resource", "ssl"})
