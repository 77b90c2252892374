"""Estimates how many different values there are, from a small sample of their hashes.

Hashes are evenly distributed, so where the k-th smallest lies tells how many there are (a "k
minimum values" sketch, by Bar-Yossef and others, 2002). With k = 2,048 the estimate is within 5 %
in 97 of 100 cases.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

_SIZE = 2048

_HASHES: int = 2**sys.hash_info.width


class DistinctEstimate:
    """The smallest hashes of the values that were added."""

    def __init__(self) -> None:
        self._smallest: set[int] = set()
        self._limit = _HASHES

    def add(self, values: Iterable[object]) -> None:
        """Take values in."""
        limit = self._limit
        # The hash of an integer is the integer; that of a tuple is mixed.
        hashes = (number % _HASHES for number in map(hash, zip(values, strict=True)))
        self._smallest.update(number for number in hashes if number < limit)
        if len(self._smallest) > 2 * _SIZE:
            self._shrink()

    def _shrink(self) -> None:
        kept = sorted(self._smallest)[:_SIZE]
        self._smallest = set(kept)
        self._limit = kept[-1]

    def estimate(self) -> int:
        """Return the number of different values, exact while there are few."""
        if len(self._smallest) <= _SIZE and self._limit == _HASHES:
            return len(self._smallest)
        kept = sorted(self._smallest)[:_SIZE]
        return round((len(kept) - 1) * _HASHES / kept[-1])
