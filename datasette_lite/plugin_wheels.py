"""Gets the wheels of a site's plugins, and of their dependencies beyond the site's own packages.

resolve_plugins.py chooses them. A site whose folder has a site.toml pins them in site.lock
(`make lock-plugins`); otherwise they are chosen when they are first needed, and kept in the cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasette_lite.downloads import DEFAULT_INDEX, configured_index, pip_download
from datasette_lite.runtime import PACKAGE, Runtime
from datasette_lite.server import make_server
from datasette_lite.settings import SettingsError, SiteSettings, is_path
from datasette_lite.wheel_index import write_index

#: The command that makes site.lock, as messages name it.
LOCK_COMMAND = "make lock-plugins"


@dataclass(frozen=True)
class PluginWheels:
    """Wheels to build into a site."""

    files: list[Path] = field(default_factory=list)
    #: Names of the packages among them that are plugins, sorted.
    names: list[str] = field(default_factory=list)
    #: SHA-256 of each, sorted.
    hashes: list[str] = field(default_factory=list)


# --- Choosing -------------------------------------------------------------------------------------


def choose(
    runtime: Runtime,
    plugins: list[str],
    indexes: list[str],
    out: Path,
    folder: Path,
    *,
    distribution: str = "",
) -> list[dict[str, Any]]:
    """Choose the wheels of `plugins` as a browser would, and download them into `out`.

    `plugins` are requirements, URLs of wheels and paths of wheels relative to `folder`; `indexes`
    are addresses of package indexes, DEFAULT_INDEX for that of pip; the first that has a package
    counts. `distribution` is the address of Pyodide's distribution, "" for none.
    resolve_plugins.py describes the result.

    Raises:
        SettingsError: one of them is unavailable.
    """
    about = runtime.about
    asked = {
        "paths": [str(runtime.python), *map(str, sorted(runtime.packages.iterdir()))],
        "tags": about["tags"],
        "environment": about["environment"],
        "plugins": [str((folder / one).resolve()) if is_path(one) else one for one in plugins],
        "indexes": [_configured(one) for one in indexes],
        "distribution": distribution,
        "listing": str(runtime.listing),
        "out": str(out),
    }
    # This machine's packages must not be mistaken for the site's.
    command = [sys.executable, "-I", "-S", str(PACKAGE / "resolve_plugins.py")]
    done = subprocess.run(command, input=json.dumps(asked), stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SettingsError("The plugins could not be resolved; the reason is above.")
    answer: Any = json.loads(done.stdout)
    if isinstance(answer, dict):
        message = str(answer["error"])
        for written, path in zip(plugins, asked["plugins"], strict=True):
            message = message.replace(f"file://{path}", written)
        raise SettingsError(message)
    wheels: list[dict[str, Any]] = answer
    return wheels


def _configured(index: str) -> str:
    return (configured_index() if index == DEFAULT_INDEX else "") or index


def chosen_wheels(
    runtime: Runtime,
    plugins: list[str],
    indexes: list[str],
    folder: Path,
    cache: Path,
    *,
    distribution: str = "",
) -> PluginWheels:
    """Return the wheels of `plugins`; see `choose`. The same request gets the same wheels again,
    without the network, as long as `cache` keeps them.

    Raises:
        SettingsError: one of them is unavailable.
    """
    if not plugins:
        return PluginWheels()
    local = [_sha256(folder / one) for one in plugins if is_path(one)]
    key = json.dumps([runtime.id, plugins, indexes, distribution, local])
    kept = cache / "plugins" / hashlib.sha256(key.encode()).hexdigest()[:16]
    record = kept / "wheels.json"
    if not record.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as work:
            draft = Path(work) / "draft"
            draft.mkdir()
            wheels = choose(runtime, plugins, indexes, draft, folder, distribution=distribution)
            (draft / record.name).write_text(json.dumps(wheels))
            shutil.rmtree(kept, ignore_errors=True)
            draft.rename(kept)
    wheels = json.loads(record.read_text())
    return PluginWheels(
        files=[kept / one["file"] for one in wheels],
        names=sorted(one["name"] for one in wheels if one["is_plugin"]),
        hashes=sorted(one["sha256"] for one in wheels),
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- A lock beside site.toml ----------------------------------------------------------------------


def lock_file(settings: SiteSettings) -> Path:
    """Return the path of the lock of a site's plugins."""
    return settings.folder / "site.lock"


def listing(settings: SiteSettings) -> str:
    """Return the line of the lock that says which plugins it is for."""
    return f"# plugins = {json.dumps(settings.plugins)}"


def write_lock(settings: SiteSettings, runtime: Runtime) -> int:
    """Choose the wheels of the listed plugins, and write the lock; without any, remove it.

    Returns the number of wheels.

    Raises:
        SettingsError: a plugin is unavailable; the lock stays as it is.
    """
    lock = lock_file(settings)
    if not settings.plugins:
        lock.unlink(missing_ok=True)
        return 0
    with tempfile.TemporaryDirectory() as work:
        out = Path(work) / "wheels"
        out.mkdir()
        with _served(settings.wheel_folders, Path(work) / "index") as address:
            indexes = settings.index_urls(address)
            distribution = runtime.distribution(settings.distribution, settings.index)
            plugins, folder = settings.plugins, settings.folder
            wheels = choose(runtime, plugins, indexes, out, folder, distribution=distribution)
    lines = [f"#   {one['name']}" for one in wheels if one["is_plugin"]]
    paths = {(settings.folder / one).resolve().as_uri() for one in settings.plugins if is_path(one)}
    for one in wheels:
        if one["url"] in paths:
            path = Path(one["url"].removeprefix("file://"))
            what = f"./{path.relative_to(settings.folder.resolve()).as_posix()}"
        elif one["url"] in settings.plugins or _is_below(one["url"], distribution):
            what = f"{one['name']} @ {one['url']}"
        else:
            what = f"{one['name']}=={one['version']}"
        lines.append(f"{what} \\\n    --hash=sha256:{one['sha256']}")
    pins = "\n".join(lines)
    lock.write_text(
        "# The plugins that site.toml lists, with what they need, as micropip resolved them for\n"
        f"# Pyodide. Made by `{LOCK_COMMAND}`.\n{listing(settings)}\n{pins}\n"
    )
    return len(wheels)


def locked_wheels(settings: SiteSettings, cache: Path) -> PluginWheels:
    """Return the wheels that the lock pins, downloaded and checked.

    Raises:
        SettingsError: the lock is missing or for other plugins, or a wheel does not match it.
    """
    if not settings.plugins:
        return PluginWheels()
    lock = lock_file(settings)
    text = lock.read_text() if lock.is_file() else ""
    if listing(settings) not in text.splitlines():
        state = "is for other plugins than site.toml lists" if text else "is missing"
        raise SettingsError(f"site.lock {state}. Run `{LOCK_COMMAND}`.")
    # Wheels for the same files are not downloaded again.
    inputs = [lock, *(settings.folder / one for one in settings.plugins if is_path(one))]
    hashes = "".join(map(_sha256, inputs))
    folder = cache / "locked" / hashlib.sha256(hashes.encode()).hexdigest()[:16]
    if not (folder / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        requirements = ("--require-hashes", "--requirement", "site.lock")
        try:
            pip_download(folder, *requirements, *_sources(settings), cwd=settings.folder)
        except subprocess.CalledProcessError as error:
            raise SettingsError(
                "A wheel in site.lock could not be downloaded, or is not the file that was pinned;"
                f" pip says above which. If it was changed on purpose, run `{LOCK_COMMAND}`."
            ) from error
        (folder / "complete").touch()
    lines = text.splitlines()
    return PluginWheels(
        files=sorted(folder.glob("*.whl")),
        names=sorted(line.removeprefix("#   ") for line in lines if line.startswith("#   ")),
        hashes=sorted(set(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))),
    )


def _is_below(url: str, address: str) -> bool:
    return address != "" and url.startswith(address.rstrip("/") + "/")


def _sources(settings: SiteSettings) -> list[str]:
    """Return pip's options for finding the wheels that the lock pins by hash."""
    addresses = [one for one in settings.index_urls() if "://" in one]
    options = [f"--find-links={folder.resolve()}" for folder in settings.wheel_folders]
    if DEFAULT_INDEX not in settings.index:
        options += [f"--index-url={one}" for one in addresses[:1]]
        addresses = addresses[1:]
    return options + [f"--extra-index-url={one}" for one in addresses]


@contextlib.contextmanager
def _served(folders: list[Path], out: Path) -> Iterator[str]:
    """Serve folders of wheels on this machine as a package index; yield its address."""
    write_index(folders, out)
    with make_server(out, 0, quiet=True) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
