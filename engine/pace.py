"""Shares the one thread: long work gives way to others regularly, and imports report their
progress.

The work in between must come in pieces of about 0.05 s at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

from engine.errors import Cancelled

#: Called with bytes done, bytes in all and rows so far. False stops the import.
Report = Callable[[int, int, int], object]

#: Awaited so that others get their turn; an exception from it ends the import.
Pause = Callable[[], Awaitable[None]]

#: Awaited now and then with how far a part of an import is, in whatever it counts.
Breathe = Callable[[int], Awaitable[None]]

# Other work gets its turn after so much time. One piece of work more can come on top.
STRETCH_SECONDS = 0.05

# How long that turn is at least. Pyodide makes a message to the worker itself of anything up to
# 2 ms, and Chromium neither delivers requests nor runs timers while there is always one of those.
TURN_SECONDS = 0.004


async def give_way() -> None:
    """Let whatever else is waiting for Python run. The usual Pause."""
    await asyncio.sleep(TURN_SECONDS)


class Turns:
    """Lets others have their turn after each stretch of work, of `stretch` seconds."""

    def __init__(self, pause: Pause = give_way, stretch: float | None = None) -> None:
        self._pause = pause
        self._stretch = STRETCH_SECONDS if stretch is None else stretch
        self._last = perf_counter()

    @property
    def are_due(self) -> bool:
        """Whether a stretch is over."""
        return perf_counter() - self._last >= self._stretch

    async def take(self) -> None:
        """Give others their turn now."""
        await self._pause()
        self._last = perf_counter()


class Pace:
    """Lets others have their turn regularly, and reports progress then.

    :param size: what `report` hears as bytes in all.
    """

    def __init__(self, size: int, report: Report, pause: Pause = give_way) -> None:
        self.size = size
        self._report = report
        self._turns = Turns(pause)
        self._done = 0
        self._rows = 0
        self._tell(0)

    def part(self, start: float, end: float, total: int | None = None) -> Breathe:
        """Return what to await with the position reached during a part of the import.

        :param start: the share of the whole that is done when the part begins; `end` when it
            ends.
        :param total: the position at the end of the part; the size in bytes unless given.
        """
        whole = max(1, self.size if total is None else total)

        async def breathe(position: int) -> None:
            if self._turns.are_due:
                await self.rest(start + min(1, position / whole) * (end - start))

        return breathe

    async def rest(self, share: float | None = None) -> None:
        """Give others their turn now, however short the stretch was.

        :param share: of the whole that is done; as before unless given.
        """
        self._tell(self._done if share is None else int(self.size * share))
        await self._turns.take()

    def count(self, rows: int) -> None:
        """Add rows to those that the next report counts."""
        self._rows += rows

    def finish(self) -> None:
        """Tell that all is done. It is too late to cancel then."""
        self._report(self.size, self.size, self._rows)

    def _tell(self, done: int) -> None:
        self._done = done
        if self._report(done, self.size, self._rows) is False:
            raise Cancelled("The import was cancelled.")
