"""Keeps the packages of an instance: plugins and their dependencies, as wheels that were chosen
once.

Owns the folder in which they are kept, with the record of what was requested and what came of it,
and lays them out where Python finds them. A wheel is identified by the hash of its content, and
none is laid out whose hash was not allowed. The record is written here and read only by the worker
(shell/worker/trust/lock.js), which checks it and hands it over. resolving.py chooses a set,
plugin_loading.py loads plugins. Imports nothing of Datasette: which Datasette that is may be
decided here.

    plugins/lock.json   what was requested, the exact wheels, and what could not be had
    plugins/wheels/     those wheels

The folder is saved and exported with the instance, so that it starts again with exactly the same
packages, years later and without a network.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from engine.errors import PluginError

FORMAT = 1

#: Modules that stand in for packages which need what a browser does not have. Last on the path.
STAND_INS = Path(__file__).parent / "stand_ins"

#: Where wheels are laid out. First on the path, so that they outdo the site's own packages.
INSTALLED = Path("/installed")

#: As packaging's specifications have them, and shell/worker/trust/lock.js.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.!+-]{0,99}")

#: Stands among addresses of package indexes for the one that micropip asks by itself.
DEFAULT_INDEX = "default"

#: Hashes of the wheels that were laid out in this Python.
laid_out: list[str] = []


def canonical(name: str) -> str:
    """Return a package's name as all of its spellings are written alike."""
    return re.sub(r"[-_.]+", "-", name).lower()


def package_name(requirement: str) -> str:
    """Return the name of the package that a requirement asks for, if it shows."""
    if re.match(r"[\w.-]+\s*(\[[^]]*\]\s*)?@", requirement) is None and "/" in requirement:
        file = requirement.split("?")[0].split("#")[0].rpartition("/")[2]
        return canonical(file.partition("-")[0])
    return canonical(re.split(r"[\s\[<>=!~;@]", requirement.strip())[0])


@dataclass(frozen=True)
class Wheel:
    """A wheel, without its content."""

    name: str
    version: str
    file: str
    url: str
    sha256: str
    size: int
    #: Names of the packages that it needs, as far as they are needed here.
    requires: list[str]
    is_plugin: bool


@dataclass(frozen=True)
class BuiltWheel:
    """A wheel that was made here and is on no server. `url` is a page about its source."""

    name: str
    version: str
    file: str
    url: str
    metadata: bytes
    content: bytes


@dataclass
class Lock:
    """What was requested and what became of it."""

    #: Requirement → name of the package that it asks for.
    asked: dict[str, str] = field(default_factory=dict)
    wheels: list[Wheel] = field(default_factory=list)
    #: Requirement → {"message", "hint"} and "retry", whether the next start may do better.
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Requirements of the link that were removed on the page “Plugins”.
    removed: list[str] = field(default_factory=list)

    @staticmethod
    def of(record: dict[str, Any] | None) -> Lock:
        """Return the lock that a checked record describes; an empty one for None."""
        if record is None:
            return Lock()
        return Lock(
            asked=dict(record["asked"]),
            wheels=[Wheel(**wheel) for wheel in record["wheels"]],
            failed=dict(record["failed"]),
            removed=list(record["removed"]),
        )

    def closure(self, names: Iterable[str], *, but: Iterable[str] = ()) -> list[Wheel]:
        """Return the wheels of these packages and of all that they need, without those of `but`."""
        by_name = {wheel.name: wheel for wheel in self.wheels if wheel.name not in but}
        found: dict[str, Wheel] = {}
        waiting = list(names)
        while waiting:
            wheel = by_name.get(waiting.pop())
            if wheel is not None and wheel.name not in found:
                found[wheel.name] = wheel
                waiting += wheel.requires
        return [wheel for wheel in self.wheels if wheel.name in found]


class Packages:
    """The packages of the instance whose folder is `folder`, as `record`, which was checked, has
    them. No wheel is used whose hash is not in `allowed`.
    """

    def __init__(
        self,
        folder: Path,
        installed: Path = INSTALLED,
        record: dict[str, Any] | None = None,
        allowed: Iterable[str] = (),
    ) -> None:
        self._folder = folder / "plugins"
        self._installed = installed
        #: Hashes of the wheels that may be used.
        self.allowed = set(allowed)
        #: Names of the packages that lay_out found damaged.
        self.damaged: set[str] = set()
        self.lock = Lock.of(record)

    def usable(self, requirements: Iterable[str], *, but: Iterable[str] = ()) -> list[Wheel]:
        """Return the wheels of those requirements all of whose wheels are allowed."""
        names = []
        for one in requirements:
            name = self.lock.asked.get(one)
            if name is not None and self._may_use(self.lock.closure([name], but=but)):
                names.append(name)
        return self.lock.closure(names, but=but)

    def _may_use(self, wheels: list[Wheel]) -> bool:
        return all(wheel.sha256 in self.allowed for wheel in wheels)

    def freeze(self, lock: Lock, contents: dict[str, bytes]) -> None:
        """Keep `lock` and the new wheels, by file name; remove those that it does not name."""
        wheels = self._folder / "wheels"
        wheels.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            (wheels / name).write_bytes(content)
        kept = {wheel.file for wheel in lock.wheels}
        for path in wheels.iterdir():
            if path.name not in kept:
                path.unlink()
        (self._folder / "lock.json").write_text(json.dumps({"format": FORMAT, **asdict(lock)}))
        self.lock = lock

    def content(self, wheel: Wheel) -> bytes:
        """Return a wheel that is kept.

        Raises:
            OSError, ValueError: it is not there as it was, or not allowed.
        """
        content = (self._folder / "wheels" / wheel.file).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != wheel.sha256:
            raise ValueError("another hash")
        if digest not in self.allowed:
            raise ValueError("it is not allowed")
        return content

    def lay_out(self, requirements: Iterable[str]) -> list[PluginError]:
        """Lay out what these requirements need, as far as it is allowed; return what is damaged."""
        problems = []
        # Every plugin needs Datasette: the site's, unless another one was requested.
        wanted = list(requirements)
        own = any(self.lock.asked.get(one) == "datasette" for one in wanted)
        for wheel in self.usable(wanted, but=() if own else ("datasette",)):
            try:
                content = self.content(wheel)
                claimed = read_wheel(content, wheel.file, wheel.url)
                if (claimed.name, claimed.version) != (wheel.name, wheel.version):
                    raise ValueError(f"the file is {claimed.name} {claimed.version}")
                unpack(content, self._installed)
                laid_out.append(wheel.sha256)
            except Exception as error:  # zipfile has many of its own; none keeps the others away
                self.damaged.add(wheel.name)
                problems.append(
                    PluginError(
                        f"The saved wheel of {wheel.name} {wheel.version} is damaged ({error}).",
                        hint="Install it again on the page “Plugins”.",
                    )
                )
        if self._installed.is_dir() and str(self._installed) not in sys.path:
            sys.path.insert(0, str(self._installed))
            sys.path.append(str(STAND_INS))
        return problems


def unpack(content: bytes, target: Path) -> None:
    """Lay out the files of a wheel as an installer does; scripts are of no use here."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            path = _place(entry.filename)
            if entry.is_dir() or path is None:
                continue
            if ".." in path.split("/") or path.startswith("/"):
                raise ValueError(f"it would write to {path}")
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(archive.read(entry))


def _place(path: str) -> str | None:
    """Return where a file of a wheel goes: of its .data folder only libraries go anywhere."""
    top, _, rest = path.partition("/")
    if not top.endswith(".data"):
        return path
    kind, _, below = rest.partition("/")
    return below if kind in ("purelib", "platlib") and below else None


def read_wheel(content: bytes, file: str, url: str) -> Wheel:
    """Return what a wheel says of itself; `requires` is left empty.

    Raises:
        zipfile.BadZipFile, ValueError: it is no wheel, or its name or version is not one.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        path, fields = _metadata(archive)
        if not _NAME.fullmatch(fields["Name"]) or not _VERSION.fullmatch(fields["Version"]):
            raise ValueError("it has no metadata")
        points = path.replace("METADATA", "entry_points.txt")
        entry_points = archive.read(points).decode() if points in archive.namelist() else ""
    return Wheel(
        name=canonical(fields["Name"]),
        version=fields["Version"],
        file=file,
        url=url,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        requires=[],
        is_plugin=re.search(r"^\[\s*datasette\s*\]", entry_points, re.M) is not None,
    )


def requirements_of(content: bytes) -> list[str]:
    """Return what a wheel requires, as its metadata says it.

    Raises:
        zipfile.BadZipFile, ValueError: it is no wheel.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return _metadata(archive)[1].get_all("Requires-Dist", [])


def _metadata(archive: zipfile.ZipFile) -> tuple[str, Message]:
    for path in archive.namelist():
        if re.fullmatch(r"[^/]+\.dist-info/METADATA", path):
            text = archive.read(path).decode(errors="replace")
            fields = HeaderParser().parsestr(text)
            if fields["Name"] and fields["Version"]:
                return path, fields
    raise ValueError("it has no metadata")
