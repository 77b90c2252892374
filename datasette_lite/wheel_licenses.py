"""Names and licences of the Python packages in a site, for its licenses.txt."""

from __future__ import annotations

import email
import re
import zipfile
from pathlib import Path

#: Stands between two entries of licenses.txt.
SEPARATOR = f"\n{'-' * 72}\n"

_CLASSIFIER = "License :: "


def of_wheel(path: Path) -> str:
    """Return name, version and licence of a wheel in one line, then its licence texts."""
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        [metadata] = [name for name in names if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        headers = email.message_from_bytes(wheel.read(metadata))
        texts = [
            wheel.read(name).decode(errors="replace")
            for name in names
            if re.search(r"\.dist-info/.*(LICEN[CS]E|COPYING|NOTICE)[^/]*$", name, re.IGNORECASE)
        ]
    classifiers = headers.get_all("Classifier", [])
    licence = headers["License-Expression"] or next(
        (text.rpartition(" :: ")[2] for text in classifiers if text.startswith(_CLASSIFIER)),
        (headers["License"] or "see below").strip().split("\n")[0],
    )
    return "\n".join([f"{headers['Name']} {headers['Version']}: {licence}", *texts])
