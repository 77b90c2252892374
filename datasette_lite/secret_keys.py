"""Refuses to publish secrets, since anyone can read every file of a static site."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from datasette_lite.errors import PublishError

#: Words in the names of keys with secrets.
_SECRET = re.compile(
    r"(?:^|_|-)(?:passwords?|passwd|passphrase|secrets?|tokens?|api_?keys?|access_?keys?"
    r"|private_?keys?|credentials?|password_hash(?:es)?)(?:$|_|-)",
    re.IGNORECASE,
)

#: Names of files that hold secrets.
_SECRET_FILE = re.compile(
    r"id_(?:rsa|dsa|ecdsa|ed25519)|credentials\.json|.*\.(?:env|p12|pfx)", re.IGNORECASE
)

#: Files that hold certificates, or private keys.
_KEY_FILE = re.compile(r".*\.(?:pem|key)", re.IGNORECASE)

#: Objects whose keys are names of columns or tables, with texts about them.
_ABOUT_DATA = {"columns", "units", "column_types"}

_REFERENCES = ("$env", "$file")

WHY = (
    "A published site is a folder of files that everybody can read, and its Python runs in the"
    " reader's browser, so nothing in it can be secret."
)


def refuse_secrets(documents: dict[str, Any], public: Collection[str] = ()) -> None:
    """Refuse documents that contain a secret, or say where to get one.

    `documents` are contents by their names in messages; `public` are paths of keys, such as
    "plugins.datasette-map.api_key", that may be published.

    Raises:
        PublishError: there is one.
    """
    for name, contents in documents.items():
        for path, why in _found(contents, ()):
            key = ".".join(path)
            if key not in public:
                raise PublishError(
                    f"{name}: {key} {why}. {WHY} Remove it; or, if it is meant for everybody, such"
                    f" as a key for map tiles, add `--public-key {key}`."
                )


def refuse_secret_files(files: Collection[Path]) -> None:
    """Refuse files that hold a secret, as far as their names and private keys show.

    Raises:
        PublishError: there is one.
    """
    for path in files:
        is_key = _KEY_FILE.fullmatch(path.name) and b"PRIVATE KEY-----" in path.read_bytes()
        if is_key or _SECRET_FILE.fullmatch(path.name):
            raise PublishError(
                f"{path} looks like a secret. {WHY} Move it out of the folder; if it holds no"
                " secret, rename it."
            )


def refuse_plugin_secrets(given: Collection[tuple[str, str, str]]) -> None:
    """Refuse `--plugin-secret`.

    Raises:
        PublishError: it was given.
    """
    for plugin, setting, _ in given:
        raise PublishError(
            f"--plugin-secret {plugin} {setting} cannot be published. {WHY} Plugins that need a"
            " secret, such as those for logging in, need a server."
        )


def _found(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _found(one, (*path, str(number)))
    if not isinstance(value, dict):
        return
    for name, one in value.items():
        here = (*path, str(name))
        if name in _REFERENCES:
            what = "an environment variable" if name == "$env" else "a file"
            yield path, f"takes its value from {what} ({one})"
        elif isinstance(one, (str, int)) and not isinstance(one, bool) and one != "":
            if _SECRET.search(str(name)):
                yield here, "looks like a secret"
        elif name not in _ABOUT_DATA:
            yield from _found(one, here)
