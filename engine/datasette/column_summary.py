"""Sums up the values of a column while they go by: types, gaps, range, frequent values.

Memory is bounded, however many values there are and however long. What is exact then, and what an
estimate, is said in the result.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.datasette.distinct_estimate import DistinctEstimate
from engine.datasette.histogram import Histogram

#: Different values that are counted one by one. Beyond these, their number is estimated, and those
#: that occur least are forgotten.
MOST_COUNTED = 10_000

#: Characters, or bytes, of a value that are kept.
LONGEST = 200

#: Frequent values in the result.
FREQUENT = 8

_TYPES = {type(None): "null", int: "integer", float: "real", str: "text", bytes: "blob"}


class Shortened(NamedTuple):
    """A value that is too long to keep whole; the hash tells it apart from others."""

    head: str | bytes
    size: int
    hash: int


class ColumnSummary:
    """What is known of a column so far. `declared` is its type in the schema, "" without one."""

    def __init__(self, name: str, declared: str = "") -> None:
        self.name = name
        self.declared = declared
        self._types: Counter[type] = Counter()
        self._counts: Counter[Any] = Counter()
        self._distinct: DistinctEstimate | None = None
        self._forgotten = False
        self._blank = 0
        self._sum = 0.0
        self._numbers: tuple[int | float, int | float] | None = None
        self._texts: tuple[str, str] | None = None
        self._sizes: tuple[int, int] | None = None
        self._histogram = Histogram()

    def add(self, values: Sequence[Any]) -> None:
        """Take values in, in the form in which SQLite's module returns them."""
        kinds = Counter(map(type, values))
        self._types += kinds
        if len(kinds) > 1 or type(None) in kinds:
            values = [value for value in values if value is not None]
        if not values:
            return
        if int in kinds or float in kinds:
            self._add_numbers(
                values
                if str not in kinds and bytes not in kinds
                else [value for value in values if isinstance(value, (int, float))]
            )
        if str in kinds:
            self._add_texts(
                values if len(kinds) == 1 else [one for one in values if type(one) is str]
            )
        if bytes in kinds:
            sizes = [len(one) for one in values if type(one) is bytes]
            least, most = self._sizes or (sizes[0], sizes[0])
            self._sizes = min(least, *sizes), max(most, *sizes)
        if str in kinds or bytes in kinds:
            values = [_kept(value) for value in values]
        self._count(values)

    def _add_numbers(self, numbers: Sequence[int | float]) -> None:
        least, most = self._numbers or (numbers[0], numbers[0])
        self._numbers = min(least, *numbers), max(most, *numbers)
        self._sum += float(sum(numbers))
        self._histogram.add(numbers)

    def _add_texts(self, texts: Sequence[str]) -> None:
        least, most = self._texts or (texts[0], texts[0])
        low, high = min(texts), max(texts)
        self._texts = min(least, low[:LONGEST]), max(most, high[:LONGEST])
        self._blank += sum(1 for text in texts if not text or text.isspace())

    def _count(self, values: Sequence[Any]) -> None:
        self._counts.update(values)
        if self._distinct is not None:
            self._distinct.add(values)
        if len(self._counts) <= MOST_COUNTED:
            return
        if self._distinct is None:
            self._distinct = DistinctEstimate()
            self._distinct.add(list(self._counts))
        # The most frequent half stays; whatever is frequent comes back if it was forgotten.
        self._forgotten = True
        self._counts = Counter(dict(self._counts.most_common(MOST_COUNTED // 2)))

    def result(self) -> dict[str, Any]:
        """Return the summary, as JSON has it:

        - `name`, `declared`;
        - `rows`, and of these `null` and `blank` (text of white space only);
        - `types`: how many values have each of SQLite's types, but NULL;
        - `distinct`: how many different values there are, and whether that is `distinct_exact`;
        - `min`, `max`: of the numbers, else of the texts, else null; `mean` of the numbers; what is
          infinite is the text "Infinity" or "-Infinity";
        - `bytes`: the smallest and largest size of the BLOBs, or null;
        - `frequent`: the most frequent values, each with `count`, `value` (null for BLOBs), `text`
          to show, and whether that is all of it: `whole`; `frequent_exact`: whether the counts are;
        - `bins` of the numbers: lower edge, upper edge, count.
        """
        rows = self._types.total()
        not_null = rows - self._types[type(None)]
        numbers = self._types[int] + self._types[float]
        distinct = len(self._counts) if self._distinct is None else self._distinct.estimate()
        low, high = self._numbers or self._texts or (None, None)
        return {
            "name": self.name,
            "declared": self.declared,
            "rows": rows,
            "null": rows - not_null,
            "blank": self._blank,
            "types": {
                _TYPES[kind]: self._types[kind]
                for kind in (int, float, str, bytes)
                if self._types[kind]
            },
            "distinct": min(distinct, not_null),
            "distinct_exact": self._distinct is None,
            "min": _in_json(low),
            "max": _in_json(high),
            "mean": _in_json(self._sum / numbers) if numbers else None,
            "bytes": list(self._sizes) if self._sizes else None,
            "frequent": self._frequent(),
            "frequent_exact": not self._forgotten,
            "bins": [list(one) for one in self._histogram.bins()],
        }

    def _frequent(self) -> list[dict[str, Any]]:
        found = []
        for value, count in self._counts.most_common(FREQUENT):
            if count == 1 and len(self._counts) > FREQUENT:
                break  # no value occurs more often than the others
            found.append({"count": count, **_shown(value)})
        return found


def _kept(value: Any) -> Any:
    if isinstance(value, (str, bytes)) and len(value) > LONGEST:
        return Shortened(value[:LONGEST], len(value), hash(value))
    return value


def _shown(value: Any) -> dict[str, Any]:
    if isinstance(value, Shortened):
        if isinstance(value.head, str):
            return {"value": None, "text": f"{value.head}…", "whole": False}
        return {"value": None, "text": f"Binary, {value.size:,} bytes", "whole": False}
    if isinstance(value, bytes):
        return {"value": None, "text": f"Binary, {len(value):,} bytes", "whole": False}
    return {"value": _in_json(value), "text": str(_in_json(value)), "whole": True}


def _in_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
