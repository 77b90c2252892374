"""Tells, before an import, which rows of a file could be its header."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.importing.excerpts import excerpt

_MOST_ABOVE = 10


def lines_of(
    rows: Iterable[tuple[int, Sequence[Any]]], header_at: int | None, *, header: bool
) -> dict[str, Any]:
    """Return the parts "above" and "starts" of a PreviewTable (shell/shared/protocol.js).

    :param rows: those that are not empty, each with how many lines of the file are above it.
    :param header_at: how many are above the header, or without one above the first row.
    :param header: whether there is a header.
    """
    if header_at is None:
        return {"above": [], "starts": []}
    numbered = list(rows)
    above = [
        {"skiprows": at, "text": _in_words(values)} for at, values in numbered if at < header_at
    ]
    first = header_at + 1 if header else header_at
    return {
        "above": above[-_MOST_ABOVE:],
        "starts": [at for at, _ in numbered if at >= first],
    }


def _in_words(values: Iterable[Any]) -> str:
    text = "  ".join(str(value) for value in values if value is not None and value != "")
    return excerpt(text)
