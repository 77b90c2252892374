"""Steps that are repeated until all blocks that they need are there."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from engine.errors import LiteError
from engine.sqlite import faults
from engine.sqlite.blocks import SavedCopy

BLOCK = 64 * 1024


class FakeBlocks:
    """Blocks by number; those in `here` are in memory."""

    def __init__(self) -> None:
        self.is_used = True
        self.is_near = False
        self.most_near = 1024 * BLOCK
        self.here: set[int] = set()
        self.absent: set[int] = set()
        self.written: list[str] = []
        self.log: list[str] = []
        self.finished = 0
        self.error: LiteError | None = None

    @property
    def is_missing(self) -> bool:
        return bool(self.absent)

    def has(self, path: str) -> bool:
        return path == "large.db"

    def stays_partial(self, path: str) -> bool:
        return self.has(path)

    async def make_whole(self, path: str) -> None:
        raise NotImplementedError

    async def slide(self, path: str, start: int, end: int) -> None:
        raise NotImplementedError

    async def gather(self, path: str) -> None:
        raise NotImplementedError

    def is_on_host(self, path: str) -> bool:
        return self.has(path)

    def is_on_device(self, path: str) -> bool:
        return False

    async def saved_copy(self, path: str) -> SavedCopy | None:
        raise NotImplementedError

    def begin(self) -> None:
        self.absent.clear()
        self.written.clear()

    def end(self) -> None:
        self.written.clear()

    def undo(self) -> bool:
        undone = bool(self.written)
        self.log += [f"undo {one}" for one in self.written]
        self.written.clear()
        return undone

    def step(self) -> Any:
        return object()

    async def load(self, step: Any, most: int) -> int:
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        size = len(self.absent) * BLOCK
        if size <= most:
            self.here |= self.absent
        return size

    def finish(self, step: Any) -> None:
        self.finished += 1

    def read(self, number: int) -> int:
        """Read a block as SQLite does."""
        if number not in self.here:
            self.absent.add(number)
            raise sqlite3.OperationalError("disk I/O error")
        return number


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBlocks]:
    """Blocks that all steps use."""
    fake = FakeBlocks()
    monkeypatch.setattr(faults, "_blocks", None)
    faults.use(fake)
    yield fake


def test_a_step_runs_until_everything_is_there(blocks: FakeBlocks) -> None:
    runs: list[None] = []

    def step() -> int:
        runs.append(None)
        return sum(blocks.read(number) for number in (1, 2, 3))

    assert asyncio.run(faults.complete(step)) == 6
    assert len(runs) == 4
    assert blocks.finished == 1


def test_what_a_step_returns_in_spite_of_an_absent_block_does_not_count(
    blocks: FakeBlocks,
) -> None:
    def step() -> str:
        try:
            return f"block {blocks.read(7)}"
        except sqlite3.OperationalError:
            return "nothing"

    assert asyncio.run(faults.complete(step)) == "block 7"


def test_an_error_with_all_blocks_there_is_raised_at_once(blocks: FakeBlocks) -> None:
    runs: list[None] = []

    def step() -> None:
        runs.append(None)
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(sqlite3.OperationalError):
        asyncio.run(faults.complete(step))
    assert len(runs) == 1


def test_what_was_written_is_undone_and_the_connection_dropped(blocks: FakeBlocks) -> None:
    def step() -> int:
        blocks.written.append("a")
        return blocks.read(1)

    async def run(checked: Any) -> Any:
        return checked()

    async def main() -> None:
        await faults.complete_in(run, step, lambda: blocks.log.append("disconnect"))

    asyncio.run(main())
    assert blocks.log == ["undo a", "disconnect"]


def test_a_step_that_would_load_too_much_ends(blocks: FakeBlocks) -> None:
    async def main() -> None:
        with faults.limited(3 * BLOCK):
            for number in range(5):
                await faults.complete(lambda number=number: blocks.read(number))  # type: ignore[misc]

    with pytest.raises(faults.TooMuchToRead, match=r"has read 0\.2 MB .* more than the 0\.2 MB"):
        asyncio.run(main())
    assert blocks.here == {0, 1, 2}


def test_extras_get_a_small_part_of_the_limit(blocks: FakeBlocks) -> None:
    async def main() -> list[int]:
        with faults.limited(2 * faults.EXTRAS * BLOCK):
            for number in range(9):
                try:
                    with faults.extras():
                        await faults.complete(lambda number=number: blocks.read(number))  # type: ignore[misc]
                except faults.TooMuchToRead:
                    break
            extras = sorted(blocks.here)
            await faults.complete(lambda: blocks.read(100))
        return extras

    assert asyncio.run(main()) == [0, 1]
    assert 100 in blocks.here


def test_a_block_that_cannot_be_loaded_ends_the_step(blocks: FakeBlocks) -> None:
    blocks.error = LiteError("x.db has changed.")
    with pytest.raises(LiteError, match=r"x\.db has changed"):
        asyncio.run(faults.complete(lambda: blocks.read(1)))
    assert blocks.finished == 1


def test_steps_side_by_side_do_not_mix(blocks: FakeBlocks) -> None:
    def step(numbers: range) -> int:
        return sum(blocks.read(number) for number in numbers)

    async def main() -> list[int]:
        steps = [range(n, n + 5) for n in range(0, 40, 3)]
        return await asyncio.gather(
            *(faults.complete(lambda numbers=numbers: step(numbers)) for numbers in steps)  # type: ignore[misc]
        )

    assert asyncio.run(main()) == [sum(range(n, n + 5)) for n in range(0, 40, 3)]


def test_without_large_files_a_step_simply_runs(blocks: FakeBlocks) -> None:
    blocks.is_used = False
    blocks.absent.add(1)
    assert asyncio.run(faults.complete(lambda: 5)) == 5
