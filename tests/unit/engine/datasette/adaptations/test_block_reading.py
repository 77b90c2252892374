"""How much of a database on a host a page may read, as its address says."""

from __future__ import annotations

import pytest

from engine.datasette.adaptations.block_reading import MOST, limit_of
from engine.sqlite.faults import USUAL_LIMIT


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("", USUAL_LIMIT),
        ("_bytes=1000", 1000),
        ("_bytes=1000&_bytes=2000", 2000),
        ("_bytes=-1", USUAL_LIMIT),
        ("_bytes=x", USUAL_LIMIT),
        (f"_bytes={MOST + 1}", MOST),
        (f"_bytes={'9' * 5000}", MOST),
    ],
)
def test_an_address_sets_a_limit_up_to_the_highest(query: str, limit: int) -> None:
    assert limit_of(query) == limit
