"""Packages of Pyodide's distribution: those with native code, which its authors build for browsers.

Package indexes have few wheels of that kind. scripts/list_distribution.py lists the distribution of
the Pyodide that the site runs, with the hash of each file, so that its host needs no trust. The
site's owner says where that host is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Listed:
    """A package of the distribution, of which there is one version."""

    version: str
    file: str
    sha256: str
    #: Names of the packages that it needs, as far as the distribution knows.
    needs: list[str] = field(default_factory=list)
    #: Names of the shared libraries that it needs and that are not part of it.
    libraries: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Distribution:
    """The distribution at `address`."""

    address: str
    packages: Mapping[str, Listed]

    @staticmethod
    def at(address: str, listing: Path) -> Distribution | None:
        """Return the distribution at an address, None for ""."""
        if address == "":
            return None
        listed = json.loads(listing.read_text())
        return Distribution(address, {name: Listed(**one) for name, one in listed.items()})

    def url(self, listed: Listed) -> str:
        """Return the address of a package's wheel."""
        return f"{self.address.rstrip('/')}/{listed.file}"
