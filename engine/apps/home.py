"""Puts the files that came with an app's code into its home directory.

An app that is a folder is started in that folder on a server, so it opens `templates` or `data.db`
relative to the current directory. Here that is the home directory, which is saved, so the files are
copied there: those that are missing, and after the code has changed those that the app has left as
they were.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

#: Says which files were copied: {path: SHA-256 of what it was}.
RECORD = ".files-of-the-app.json"

_NOT_COPIED = (".py", ".pyc")


def fill(home: Path, code: Path) -> None:
    """Copy what is in the folder `code`, except Python modules, into `home`."""
    record = home / RECORD
    before = _read(record)
    copied: dict[str, str] = {}
    for source in sorted(code.rglob("*")):
        path = source.relative_to(code)
        if not source.is_file() or source.suffix in _NOT_COPIED or _is_hidden(path):
            continue
        name, target = path.as_posix(), home / path
        copied[name] = _sha256(source)
        was = before.get(name)
        if target.exists() and (was == copied[name] or _sha256(target) != was):
            continue  # it is there already, or the app has written it
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        except OSError:
            del copied[name]  # a file of the app's own is where its folder would be
    if copied != before:
        record.write_text(json.dumps(copied))


def _read(record: Path) -> dict[str, str]:
    try:
        read = json.loads(record.read_text())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in ("__pycache__", "__MACOSX") for part in path.parts)


def _sha256(path: Path) -> str:
    # A folder may be where the file was.
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
