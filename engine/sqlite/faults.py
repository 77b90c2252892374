"""Repeats what failed because a part of a database was not in memory.

Large databases are read block by block (shell/worker/storage/pager.js). SQLite reads synchronously,
so reading a block that is not in memory fails, with “disk I/O error” as a rule. Then the block is
loaded, and the whole step runs again. A *step* is what runs without an `await`: a query, a write
transaction, opening a connection. Some operations hide such a failure in their result, so a step
during which a block was absent did not happen, whatever it returned or raised.

Whatever uses a connection to a database that may be large has to run in such a step.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import LiteError
from engine.sqlite import journals
from engine.sqlite.blocks import Blocks, SavedCopy

T = TypeVar("T")

MB = 1_000_000

#: Bytes that a request may load unless it says otherwise. A page of rows needs a few blocks of
#: 64 KiB; what needs more than this reads a large part of a table.
USUAL_LIMIT = 16 * MB

#: The part of that, and of what may be read from this device, for row counts and suggested facets
#: together.
EXTRAS = 16


class TooMuchToRead(LiteError):
    """Raised when a request would load more than it may.

    :param is_near: whether it is limited by the memory of this device.
    """

    def __init__(self, read: int, limit: int, *, is_near: bool = False) -> None:
        most = "fit into memory at once" if is_near else "a page may read"
        super().__init__(
            f"This page has read {_megabytes(read)} of a database that is read block by block, and"
            f" would need more than the {_megabytes(limit)} that {most}.",
            hint="A query that uses an index, or asks for fewer rows, reads less.",
        )
        self.read = read
        self.limit = limit
        self.is_near = is_near


@dataclass
class Allowance:
    """How much may be loaded, in bytes: over a network, and from this device."""

    limit: int
    near: int
    #: What is spent of this is spent of that, too.
    of: Allowance | None = None
    read: int = field(default=0, init=False)
    read_near: int = field(default=0, init=False)

    def left(self, is_near: bool) -> int:
        """Return how many bytes may still be loaded."""
        left = self.near - self.read_near if is_near else self.limit - self.read
        return max(0, left if self.of is None else min(left, self.of.left(is_near)))

    def spend(self, size: int, is_near: bool) -> None:
        """Count bytes that were loaded."""
        if is_near:
            self.read_near += size
        else:
            self.read += size
        if self.of is not None:
            self.of.spend(size, is_near)

    def exceeded(self, is_near: bool) -> TooMuchToRead:
        """Return the error for a request that needs more."""
        if is_near:
            return TooMuchToRead(self.read_near, self.near, is_near=True)
        return TooMuchToRead(self.read, self.limit)

    @functools.cached_property
    def for_extras(self) -> Allowance:
        """The part of it for what a page can do without, such as counts."""
        return Allowance(self.limit // EXTRAS, self.near // EXTRAS, self)


class PartAbsent(Exception):
    """Raised when more of a file was read than `slide` had brought into memory."""


class _Absent(Exception):
    """Raised to end a step that a block was absent for and that did not fail by itself."""


#: Set once the instance knows where its files come from.
_blocks: Blocks | None = None

_allowance: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


def use(blocks: Blocks) -> None:
    """Load absent blocks from there."""
    global _blocks
    _blocks = blocks


def are_used() -> bool:
    """Tell whether any file is read block by block."""
    return _blocks is not None and _blocks.is_used


def is_read_by_block(path: Path) -> bool:
    """Tell whether not all of a file may be in memory."""
    return _blocks is not None and _blocks.is_used and _blocks.has(str(path))


def stays_partial(path: Path) -> bool:
    """Tell whether too much of a file is elsewhere for all of it to be in memory."""
    return is_read_by_block(path) and (_blocks is None or _blocks.stays_partial(str(path)))


async def make_whole(path: Path) -> None:
    """Bring all of a file into memory for what cannot be done in steps.

    Raises:
        LiteError: it cannot be read, or not all of it can be in memory.
    """
    if _blocks is None:
        return
    if stays_partial(path):
        raise LiteError(
            f"{path.name} is read block by block, and only parts of it are in memory.",
            hint="The page “Manage data” says where the whole file is. A query for fewer rows can"
            " be downloaded.",
        )
    await _blocks.make_whole(str(path))


def is_on_host(path: Path) -> bool:
    """Tell whether parts of a file are on another host, and read from there."""
    return is_read_by_block(path) and _blocks is not None and _blocks.is_on_host(str(path))


def is_on_device(path: Path) -> bool:
    """Tell whether all of a file that is read block by block is saved on this device."""
    return is_read_by_block(path) and _blocks is not None and _blocks.is_on_device(str(path))


async def saved_copy(path: Path) -> SavedCopy | None:
    """Return a file that is read block by block as it was last saved, if that is complete.

    Raises:
        LiteError: it cannot be read.
    """
    if not is_on_device(path) or journals.exist(path):
        return None
    assert _blocks is not None
    return await _blocks.saved_copy(str(path))


async def gather(path: Path) -> None:
    """Bring what was saved of a file into memory, so that it can be renamed.

    Raises:
        LiteError: it cannot be read, or does not fit.
    """
    if _blocks is not None:
        await _blocks.gather(str(path))


async def slide(path: Path, start: int, end: int) -> None:
    """Have these bytes of a file in memory, and of what this loaded before no others.

    Raises:
        LiteError: they cannot be read.
    """
    if _blocks is not None:
        await _blocks.slide(str(path), start, end)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Read, without an `await`, what `slide` has brought into memory.

    Python takes an absent block for the end of a file, so what was read cannot tell.

    Raises:
        PartAbsent: more was read than that; whatever came of it does not count.
    """
    if _blocks is None or not _blocks.is_used:
        yield
        return
    _blocks.begin()
    try:
        yield
    except Exception as error:
        if _blocks.is_missing:
            raise PartAbsent from error
        raise
    finally:
        _blocks.end()
    if _blocks.is_missing:
        raise PartAbsent


@contextlib.contextmanager
def limited(limit: int) -> Iterator[None]:
    """Limit how many bytes everything within loads in all over a network.

    Raises:
        TooMuchToRead: that is not enough.
    """
    with _within(_allowance_of(limit)):
        yield


@contextlib.contextmanager
def extras() -> Iterator[None]:
    """Limit what is loaded for something that a page can do without.

    Raises:
        TooMuchToRead: that is not enough.
    """
    with _within((_allowance.get() or _allowance_of(USUAL_LIMIT)).for_extras):
        yield


def _allowance_of(limit: int) -> Allowance:
    return Allowance(limit, _blocks.most_near if _blocks is not None else 0)


@contextlib.contextmanager
def _within(allowance: Allowance) -> Iterator[None]:
    token = _allowance.set(allowance)
    try:
        yield
    finally:
        _allowance.reset(token)


async def complete(step: Callable[[], T]) -> T:
    """Run a step, which must not await anything, until all blocks that it needs are there.

    What it has written to files that are read block by block is undone before it runs again;
    connections that it wrote with must not outlive it.

    Raises:
        LiteError: a block cannot be loaded.
        TooMuchToRead: it needs more than may be loaded.
    """

    async def run(checked: Callable[[], T]) -> T:
        return checked()

    result: T = await complete_in(run, step)
    return result


async def complete_in(
    run: Callable[[Callable[..., T]], Awaitable[Any]],
    fn: Callable[..., T],
    disconnect: Callable[[], None] = lambda: None,
) -> Any:
    """Have `run` call `fn` until all blocks that this needs are there; see complete.

    :param run: awaits nothing before all that belongs to the step is done, such as a commit.
    :param disconnect: called when what was written had to be undone without SQLite knowing.
    """
    if not are_used():
        return await run(fn)
    assert _blocks is not None
    attempts = _Attempts(_blocks)
    try:
        while True:
            _blocks.begin()
            try:
                result = await run(_checked(fn, _blocks))
            except Exception:
                if not _blocks.is_missing:
                    raise
            else:
                _blocks.end()
                return result
            if _blocks.undo():
                disconnect()
            await attempts.load()
    finally:
        attempts.finish()


def _checked(fn: Callable[..., T], blocks: Blocks) -> Callable[..., T]:
    # Datasette decides by a function's parameters what to call it with.
    @functools.wraps(fn)
    def checked(*arguments: Any, **named: Any) -> T:
        result = fn(*arguments, **named)
        if blocks.is_missing:
            raise _Absent
        return result

    return checked


class _Attempts:
    """Loads what was absent between the attempts of a step."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._allowance = _allowance.get() or _allowance_of(USUAL_LIMIT)
        self._step: Any = None

    async def load(self) -> None:
        self._step = self._step or self._blocks.step()
        is_near = self._blocks.is_near
        left = self._allowance.left(is_near)
        size = await self._blocks.load(self._step, left)
        if size > left:
            raise self._allowance.exceeded(is_near)
        self._allowance.spend(size, is_near)

    def finish(self) -> None:
        self._blocks.end()
        if self._step is not None:
            self._blocks.finish(self._step)


def _megabytes(size: int) -> str:
    return f"{size / MB:,.1f} MB" if size < 10 * MB else f"{size / MB:,.0f} MB"
