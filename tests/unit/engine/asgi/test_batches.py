"""Tests of engine.asgi.batches: small chunks are sent together, without any delay."""

from __future__ import annotations

import asyncio
import time

import pytest

from engine.asgi.batches import ENOUGH, LATEST, Batches


class Sink:
    """Keeps what is delivered."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.questions = 0
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.reads = True

    def write(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    async def room(self) -> bool:
        self.questions += 1
        await self.has_room.wait()
        return self.reads


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still unless a test moves it."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_first_chunk_does_not_wait() -> None:
    async def story() -> None:
        sink = Sink()
        assert await Batches(sink).write(b"first")
        assert sink.chunks == [b"first"]

    asyncio.run(story())


def test_chunks_of_one_turn_travel_together() -> None:
    async def story() -> None:
        sink = Sink()
        stream = Batches(sink)
        for chunk in (b"first", b"a", b"b", b"c"):
            assert await stream.write(chunk)
        assert (sink.chunks, sink.questions) == ([b"first"], 1)
        await asyncio.sleep(0)
        assert sink.chunks == [b"first", b"abc"]
        await asyncio.sleep(0)
        stream.flush()
        assert sink.chunks == [b"first", b"abc"], "nothing is delivered twice"

    asyncio.run(story())


def test_order_is_kept_when_chunks_come_between_turns() -> None:
    async def story() -> None:
        sink = Sink()
        stream = Batches(sink)
        sent = [b"%d," % number for number in range(1000)]
        for number, chunk in enumerate(sent):
            assert await stream.write(chunk)
            if number % 7 == 0:
                await asyncio.sleep(0)
        stream.flush()
        assert b"".join(sink.chunks) == b"".join(sent)

    asyncio.run(story())


def test_many_bytes_do_not_wait_for_the_turn() -> None:
    async def story() -> None:
        sink = Sink()
        stream = Batches(sink)
        await stream.write(b"first")
        await stream.write(b"a")
        await stream.write(bytes(ENOUGH))
        assert sink.chunks == [b"first", b"a" + bytes(ENOUGH)]

    asyncio.run(story())


def test_others_get_their_turn_from_an_application_that_gives_none(clock: list[float]) -> None:
    async def story() -> None:
        turns = []

        async def other() -> None:
            for number in range(3):
                turns.append(number)
                await asyncio.sleep(0)

        sink = Sink()
        stream = Batches(sink)
        task = asyncio.ensure_future(other())
        for _ in range(3):
            clock[0] += 2 * LATEST
            await stream.write(b"slow")
        assert sink.chunks == [b"slow"] * 3
        assert turns == [0, 1, 2]
        await task

    asyncio.run(story())


@pytest.mark.parametrize("reads", [True, False])
def test_writer_waits_for_room(reads: bool) -> None:
    async def story() -> None:
        sink = Sink()
        sink.has_room.clear()
        writing = asyncio.ensure_future(Batches(sink).write(b"first"))
        while not sink.questions:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not writing.done()
        sink.reads = reads
        sink.has_room.set()
        assert await writing == reads

    asyncio.run(story())


def test_writer_of_small_chunks_learns_that_nobody_reads() -> None:
    async def story() -> None:
        sink = Sink()
        stream = Batches(sink)
        assert await stream.write(b"first")
        sink.reads = False
        # Once for the flush at the turn of the loop, once to be told.
        answers = []
        for _ in range(2):
            answers.append(await stream.write(b"x"))
            await asyncio.sleep(0)
        assert answers == [True, False]

    asyncio.run(story())
