"""The processes of this machine, from /proc, so on Linux only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path


def commands() -> dict[int, list[str]]:
    """Return the command line of each process, by id."""
    found = {}
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # a process that has just ended
            found[int(file.parent.name)] = file.read_text().rstrip("\0").split("\0")
    return found


def with_descendants(ancestors: Iterable[int]) -> set[int]:
    """Return the ids of some processes and of all that they have started, directly or not."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = set(ancestors)
    size = 0
    while len(found) > size:
        size = len(found)
        found |= {process for process, parent in parents.items() if parent in found}
    return found
