"""Tells, before an import, which values would fit if a column were given another type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.importing.column_types import ColumnType
from engine.importing.fitting import is_number

# The types that people can choose for a column and that not everything fits.
_CHOICES = {"integer": ColumnType.INTEGER, "float": ColumnType.FLOAT}


def fits_of(values: Iterable[Any]) -> dict[str, int]:
    """Return how many values of a column are not empty ("values"), and how many of these fit each
    type. Empty ones become NULL, which always fits.
    """
    there = [value for value in values if not _is_empty(value)]
    counts = {
        name: sum(is_number(value, kind) for value in there) for name, kind in _CHOICES.items()
    }
    return {"values": len(there), **counts}


def misfits_of(row: Sequence[Any]) -> list[list[str]]:
    """Return the types that each value of a row does not fit."""
    return [
        [
            name
            for name, kind in _CHOICES.items()
            if not _is_empty(value) and not is_number(value, kind)
        ]
        for value in row
    ]


def _is_empty(value: Any) -> bool:
    return value is None or value == ""
