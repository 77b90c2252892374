"""Replaces an attribute of a module for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any


@contextlib.contextmanager
def replaced(module: ModuleType, name: str, value: Any) -> Iterator[None]:
    """Have `name` in `module` be `value`; a name that it did not have is gone again afterwards."""
    names = vars(module)
    had, before = name in names, names.get(name)
    names[name] = value
    try:
        yield
    finally:
        if had:
            names[name] = before
        else:
            del names[name]
