"""Where the blocks of large files come from, as Python sees it.

faults.py uses them; engine/environment.py has those of a browser.
"""

from __future__ import annotations

from typing import Any, Protocol


class SavedCopy(Protocol):
    """A file as it was saved, which takes no memory."""

    @property
    def size(self) -> int:
        """Bytes."""

    async def read(self, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to, but not including, `end`.

        Raises:
            LiteError: they cannot be read.
        """


class Blocks(Protocol):
    """Where absent blocks come from: a Pager of shell/worker/storage/pager.js."""

    @property
    def is_used(self) -> bool:
        """Whether there is any file that is read block by block."""

    @property
    def is_missing(self) -> bool:
        """Whether a block was found absent since `begin`."""

    def has(self, path: str) -> bool:
        """Whether a file is read block by block."""

    def stays_partial(self, path: str) -> bool:
        """Whether `make_whole` cannot help: too much of a file is elsewhere."""

    async def make_whole(self, path: str) -> None:
        """Bring all of a file into memory, if there is one that is read block by block.

        Raises:
            LiteError: it cannot be read.
        """

    async def slide(self, path: str, start: int, end: int) -> None:
        """Have these bytes of such a file in memory, and of what this loaded before no others.

        Raises:
            LiteError: they cannot be read.
        """

    async def gather(self, path: str) -> None:
        """Bring what was saved of such a file into memory, so that it can be renamed.

        Raises:
            LiteError: it cannot be read, or does not fit.
        """

    def is_on_host(self, path: str) -> bool:
        """Whether parts of a file are on another host."""

    def is_on_device(self, path: str) -> bool:
        """Whether all of a file that is read block by block is saved on this device."""

    async def saved_copy(self, path: str) -> SavedCopy | None:
        """Return such a file as it was last saved.

        Raises:
            LiteError: it cannot be read.
        """

    @property
    def is_near(self) -> bool:
        """Whether all that was found absent since `begin` is on this device."""

    @property
    def most_near(self) -> int:
        """Bytes from this device that may be in memory for one request."""

    def begin(self) -> None:
        """Begin an attempt of a step."""

    def end(self) -> None:
        """The step has happened."""

    def undo(self) -> bool:
        """Take back what the step has written; return whether it had written anything."""

    def step(self) -> Any:
        """Return an object to pass to `load` and, in the end, to `finish`."""

    async def load(self, step: Any, most: int) -> int:
        """Load what was absent; return its size in bytes. More than `most`: nothing was loaded.

        Raises:
            LiteError: it cannot be read.
        """

    def finish(self, step: Any) -> None:
        """The blocks of a step may be forgotten."""
