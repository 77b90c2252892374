"""Downloads the wheels of the plugins that site.toml lists; `make lock-plugins` decides which.

site_settings.py reads the list; wheels.py handles the packages that every site has.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from site_settings import (
    DEFAULT_INDEX,
    SettingsError,
    SiteSettings,
    is_path,
    package_name,
    read_settings,
)
from wheel_index import write_index
from wheels import PROJECT, locked_wheels, pip_download

FOLDER = PROJECT / "build" / "site-wheels"

#: The command that makes site.lock, as messages name it.
LOCK_COMMAND = "make lock-plugins"


def lock_file(settings: SiteSettings) -> Path:
    """Return where the lock of a site's plugins is."""
    return settings.folder / "site.lock"


def listing(settings: SiteSettings) -> str:
    """Return the line of the lock that says which plugins it is for."""
    return f"# plugins = {json.dumps(settings.plugins)}"


def all_wheels(settings: SiteSettings) -> Path:
    """Return a folder with the wheels of every site and of this one's plugins, checked.

    Raises:
        SettingsError: the lock is missing or for other plugins, or a wheel is not what it pins.
    """
    base = locked_wheels()
    if not settings.plugins:
        return base
    lock = lock_file(settings)
    text = lock.read_text() if lock.is_file() else ""
    if listing(settings) not in text.splitlines():
        state = "is for other plugins than site.toml lists" if text else "is missing"
        raise SettingsError(f"site.lock {state}. Run `{LOCK_COMMAND}`.")
    # What the same files gave before is not downloaded again.
    inputs = [PROJECT / "wheels.lock", lock]
    inputs += [settings.folder / plugin for plugin in settings.plugins if is_path(plugin)]
    hashes = "".join(hashlib.sha256(path.read_bytes()).hexdigest() for path in inputs)
    folder = FOLDER / hashlib.sha256(hashes.encode()).hexdigest()[:16]
    if not (folder / "complete").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        requirements = ("--require-hashes", "--requirement", "site.lock")
        try:
            pip_download(folder, *requirements, *_sources(settings), cwd=settings.folder)
        except subprocess.CalledProcessError as error:
            raise SettingsError(
                "A wheel of site.lock cannot be had, or is not the file that was pinned; pip says"
                f" above which. If it was changed on purpose, run `{LOCK_COMMAND}`."
            ) from error
        names = {package_name(wheel) for wheel in folder.glob("*.whl")}
        for wheel in base.glob("*.whl"):
            if package_name(wheel) not in names:
                shutil.copy2(wheel, folder)
        (folder / "complete").touch()
    return folder


def plugin_names(settings: SiteSettings) -> list[str]:
    """Return the names of the packages that the lock adds to the site, sorted."""
    if not settings.plugins:
        return []
    lines = lock_file(settings).read_text().splitlines()
    return sorted(line.removeprefix("#   ") for line in lines if line.startswith("#   "))


def plugin_hashes(settings: SiteSettings) -> list[str]:
    """Return the SHA-256 of the wheels that the lock adds to the site, sorted."""
    if not settings.plugins:
        return []
    return sorted(set(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock_file(settings).read_text())))


def write_lock(settings: SiteSettings) -> None:
    """Resolve the listed plugins and write the lock; without any, remove it."""
    lock = lock_file(settings)
    if not settings.plugins:
        lock.unlink(missing_ok=True)
        print("site.toml lists no plugins")
        return
    command = ["node", str(PROJECT / "scripts/run_in_pyodide.mjs"), "scripts/resolve_plugins.py"]
    command += [str(locked_wheels()), str(settings.folder)]
    # In the project, which is all that Pyodide sees. Others may lock another site meanwhile.
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as work:
        resolved = Path(work) / "resolved"
        with _served(settings.wheel_folders, Path(work) / "index") as address:
            command += [json.dumps(settings.index_urls(address)), str(resolved)]
            subprocess.run(command, check=True, cwd=PROJECT)
        if not resolved.is_file():
            message = "The plugins of site.toml cannot be built into the site as they are."
            raise SettingsError(message)
        found = resolved.read_text()
    lock.write_text(
        "# The plugins that site.toml lists, with what they need, as micropip inside Pyodide\n"
        f"# resolved them. Made by `{LOCK_COMMAND}`.\n{listing(settings)}\n{found}"
    )


def _sources(settings: SiteSettings) -> list[str]:
    """Return pip's options for where it finds what the lock pins, by hash."""
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
    handler = functools.partial(_Quiet, directory=str(out))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> int:
    """Write the lock of the site in the folder on the command line; return the exit status."""
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PROJECT
    try:
        write_lock(read_settings(folder))
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError:
        return 1  # it has said what it was
    return 0


if __name__ == "__main__":
    sys.exit(main())
