"""Tests of engine.asgi.inline_threads, in a process of its own, since it changes the libraries.

Suspending needs a browser (tests/browser/test_bridge_frameworks.py); here it is an error.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[4]

SET_UP = """
import asyncio, concurrent.futures.thread, threading
import anyio, anyio.to_thread, anyio.from_thread, asgiref.sync
from engine.asgi import inline_threads

def no_thread(self):
    raise RuntimeError("can't start new thread")

def wait(awaitable):
    # Suspends nothing: drives a coroutine that needs nothing of the loop.
    try:
        awaitable.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("would have to be suspended")

async def coroutine(value):
    return value, threading.get_ident()

inline_threads.install(wait)
inline_threads.install(wait)
threading.Thread.start = no_thread
here = threading.get_ident()

# As the event loop of Pyodide does.
def run_in_executor(self, executor, func, *args):
    if executor is None:
        executor = concurrent.futures.ThreadPoolExecutor()
    return asyncio.wrap_future(executor.submit(func, *args), loop=self)

asyncio.BaseEventLoop.run_in_executor = run_in_executor
"""

CASES = {
    "anyio": "assert await anyio.to_thread.run_sync(threading.get_ident) == here",
    "asyncio": "assert await asyncio.to_thread(threading.get_ident) == here",
    "asgiref": "assert await asgiref.sync.sync_to_async(threading.get_ident)() == here",
    "asgiref's context of a request": """
        async with asgiref.sync.ThreadSensitiveContext():
            assert await asgiref.sync.sync_to_async(threading.get_ident)() == here
    """,
    "executor": """
        pool = concurrent.futures.ThreadPoolExecutor()
        assert pool.submit(threading.get_ident).result() == here
        assert list(pool.map(abs, [-1, 2])) == [1, 2]
        pool.shutdown()
        try:
            pool.submit(abs, 1)
        except RuntimeError as error:
            assert "after shutdown" in str(error)
        else:
            raise AssertionError("a pool that was shut down took work")
    """,
    "an error in a thread": """
        runs = [
            anyio.to_thread.run_sync(int, "x"),
            asyncio.to_thread(int, "x"),
            asgiref.sync.sync_to_async(int)("x"),
        ]
        for run in runs:
            try:
                await run
            except ValueError as error:
                assert "invalid literal" in str(error)
            else:
                raise AssertionError(run)
    """,
    "anyio's way back": """
        def work():
            anyio.from_thread.check_cancelled()
            assert anyio.from_thread.run_sync(threading.get_ident) == here
            return anyio.from_thread.run(coroutine, 7)
        assert await anyio.to_thread.run_sync(work) == (7, here)
        try:
            anyio.from_thread.run(coroutine, 7)
        except anyio.NoEventLoopError:
            pass
        else:
            raise AssertionError("outside a worker thread there is no way back")
    """,
    "asgiref's way back": """
        assert asgiref.sync.async_to_sync(coroutine)(7) == (7, here)
    """,
    "a future that the loop has to fulfil": """
        future = asyncio.run_coroutine_threadsafe(coroutine(7), asyncio.get_running_loop())
        try:
            future.result()
        except (RuntimeError, AttributeError) as error:
            pass  # this stand-in for `wait` cannot suspend; what matters is that nothing hangs
        else:
            raise AssertionError("it was not passed to wait()")
    """,
}


@pytest.mark.parametrize("case", CASES)
def test_work_for_threads_is_done_at_once(case: str) -> None:
    lines = textwrap.indent(textwrap.dedent(CASES[case]), "    ")
    script = f"{SET_UP}\nasync def main():\n{lines}\n\nasyncio.run(main())\n"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr


def test_without_it_a_thread_is_started() -> None:
    script = SET_UP.replace("inline_threads.install(wait)", "") + (
        "async def main():\n    await anyio.to_thread.run_sync(threading.get_ident)\n\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, timeout=30
    )
    assert "can't start new thread" in done.stderr
