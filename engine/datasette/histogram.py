"""Counts numbers in bins of equal width, in one pass and without knowing their range beforehand.

The width of a bin is a power of two, and its edges are multiples of the width. When a number lies
outside all bins, the width doubles until the range fits, and pairs of bins become one. So counts
are exact whatever the order of the numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

#: At most so many bins; in the end there are at least half as many, if the numbers differ enough.
MOST_BINS = 32

# 2 to this power is the width to begin with, which is finer than any figure that people look at.
_FINEST = -40


class Histogram:
    """A histogram of finite numbers; integers get bins no narrower than 1."""

    def __init__(self) -> None:
        self._bins: Counter[int] = Counter()
        self._exponent = _FINEST
        self._all_integers = True

    def add(self, numbers: Sequence[int | float]) -> None:
        """Count numbers; infinite ones are left out."""
        finite = [number for number in numbers if -math.inf < number < math.inf]
        if not finite:
            return
        self._all_integers &= all(type(number) is int for number in finite)
        if self._all_integers:
            self._widen(max(0, self._exponent))
        low, high = min(finite), max(finite)
        exponent = self._exponent
        while True:
            first, last = _index(low, exponent), _index(high, exponent)
            if self._bins:
                first, last = min(first, self._first(exponent)), max(last, self._last(exponent))
            if last - first < MOST_BINS:
                break
            exponent += 1
        self._widen(exponent)
        if exponent >= 0 and self._all_integers:
            width = 1 << exponent
            self._bins.update(number // width for number in finite)  # type: ignore[misc]
        else:
            self._bins.update(_index(number, exponent) for number in finite)

    def _first(self, exponent: int) -> int:
        return min(self._bins) >> (exponent - self._exponent)

    def _last(self, exponent: int) -> int:
        return max(self._bins) >> (exponent - self._exponent)

    def _widen(self, exponent: int) -> None:
        by = exponent - self._exponent
        if by <= 0:
            return
        wider: Counter[int] = Counter()
        for index, count in self._bins.items():
            wider[index >> by] += count
        self._bins, self._exponent = wider, exponent

    def bins(self) -> list[tuple[float, float, int]]:
        """Return the lower edge, upper edge and count of each bin, empty ones in between too."""
        if not self._bins:
            return []
        exponent = self._exponent
        width = 1 << exponent if exponent >= 0 else math.ldexp(1, exponent)
        return [
            (index * width, (index + 1) * width, self._bins[index])
            for index in range(min(self._bins), max(self._bins) + 1)
        ]


def _index(number: int | float, exponent: int) -> int:
    """Return which bin of the width 2**exponent a number is in."""
    if type(number) is int:
        return number >> exponent if exponent >= 0 else number << -exponent
    try:
        return math.floor(math.ldexp(number, -exponent))
    except OverflowError:  # the bin's number is larger than any float
        mantissa, power = math.frexp(number)
        return int(math.ldexp(mantissa, 53)) << (power - 53 - exponent)
