"""Helpers for fuzz tests: a watch for cases that hang, and ways to damage good data."""

from __future__ import annotations

import contextlib
import faulthandler
from collections.abc import Iterator
from time import process_time

from hypothesis import strategies as st

#: Seconds of CPU time that a case may take. In WebAssembly it is three to five times as long.
MOST_SECONDS = 2.0

#: Changes that leave all other bytes where they are.
_IN_PLACE = ["flip", "set"]

#: Seconds after which a hanging case ends the run, with its traceback.
_HANGS = 120


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Fail if the code within takes too long or never ends, even inside SQLite or a pattern."""
    faulthandler.dump_traceback_later(_HANGS, exit=True, file=2)
    before = process_time()
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
    seconds = process_time() - before
    assert seconds < MOST_SECONDS, f"This took {seconds:.1f} s of CPU time."


class Damaged(bytes):
    """Bytes whose repr says how they were damaged."""

    changes: list[tuple[str, int, bytes]]

    def __repr__(self) -> str:
        return f"<damaged by {self.changes}>"


@st.composite
def damaged(draw: st.DrawFn, good: bytes, *, in_place: bool = False) -> bytes:
    """Good data with some bytes changed, removed, repeated or cut off.

    :param in_place: bytes are only changed, so that all others stay where they are.
    """
    kinds = st.sampled_from(_IN_PLACE if in_place else [*_IN_PLACE, "remove", "repeat", "cut"])
    change = st.tuples(kinds, st.integers(0, len(good) - 1), st.binary(min_size=1, max_size=8))
    changes = draw(st.lists(change, max_size=8))
    data = bytearray(good)
    for kind, at, new in changes:
        if at >= len(data):
            continue
        match kind:
            case "flip":
                data[at] ^= new[0] or 1
            case "set":
                data[at : at + len(new)] = new[: len(data) - at]
            case "remove":
                del data[at : at + new[0]]
            case "repeat":
                data[at:at] = data[at : at + 64] * len(new)
            case "cut":
                del data[at:]
    result = Damaged(data)
    result.changes = changes
    return result


def pieces_of(*words: str, most: int = 40) -> st.SearchStrategy[str]:
    """Text made of the words and of other characters, each often repeated."""
    word = st.one_of(st.sampled_from(words), st.text(max_size=5))
    repeated = st.builds(lambda text, times: text * times, word, st.sampled_from([1, 1, 1, 2, 300]))
    return st.lists(repeated, max_size=most).map("".join)
