"""Runs what frameworks give to thread pools on the only thread there is.

WebAssembly has no threads here, and frameworks use them so that blocking code does not hold up the
event loop: anyio (Starlette, FastAPI) and asgiref (Django) for endpoints that are no coroutines,
a2wsgi for WSGI applications. Their work is done at once instead, on the event loop's thread.

Such work may in turn wait for the event loop: `anyio.from_thread.run`, `asgiref.async_to_sync`,
`Future.result`. On one thread that would wait for ever. Here it is passed to `wait`, which suspends
the work while the loop goes on, where the browser can do that; else it raises.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Callable
from concurrent import futures
from typing import Any

#: Blocks until the awaitable is done, and returns its result; see engine.environment.wait.
Wait = Callable[[Awaitable[Any]], Any]


def install(wait: Wait) -> None:
    """Change the thread pools of the libraries that are imported; doing it again changes nothing.

    Call it when the application and all it needs have been imported.
    """
    _change_futures(wait)
    thread = sys.modules.get("concurrent.futures.thread")
    if thread is not None:
        thread.__dict__["ThreadPoolExecutor"].submit = _submit
    if "anyio" in sys.modules:
        _change_anyio(wait)
    asgiref = sys.modules.get("asgiref.sync")
    if asgiref is not None:
        _change_asgiref(asgiref, wait)


def _submit(executor: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Do the work at once, in place of ThreadPoolExecutor.submit."""
    if executor._shutdown:
        raise RuntimeError("cannot schedule new futures after shutdown")
    future: futures.Future[Any] = futures.Future()
    future.set_running_or_notify_cancel()
    try:
        future.set_result(fn(*args, **kwargs))
    except BaseException as error:
        future.set_exception(error)
    return future


def _change_futures(wait: Wait) -> None:
    plain = futures.Future.result
    if hasattr(plain, "_plain"):
        return

    def result(self: futures.Future[Any], timeout: float | None = None) -> Any:
        if not self.done() and _is_on_loop():
            waiting = asyncio.wrap_future(self)
            return wait(waiting if timeout is None else asyncio.wait_for(waiting, timeout))
        return plain(self, timeout)

    setattr(result, "_plain", plain)  # noqa: B010
    futures.Future.result = result  # type: ignore[method-assign]


def _change_anyio(wait: Wait) -> None:
    from anyio import lowlevel
    from anyio._backends._asyncio import AsyncIOBackend
    from anyio._core._eventloop import threadlocals

    async def run_sync_in_worker_thread(
        cls: Any, func: Any, args: Any, abandon_on_cancel: bool = False, limiter: Any = None
    ) -> Any:
        await cls.checkpoint()
        # What from_thread.run() and check_cancelled() look for.
        before = dict(vars(threadlocals))
        vars(threadlocals).update(current_token=lowlevel.current_token(), current_cancel_scope=None)
        try:
            return contextvars.copy_context().run(func, *args)
        finally:
            vars(threadlocals).clear()
            vars(threadlocals).update(before)

    def run_async_from_thread(cls: Any, func: Any, args: Any, token: object) -> Any:
        return wait(func(*args))

    def run_sync_from_thread(cls: Any, func: Any, args: Any, token: object) -> Any:
        return func(*args)

    backend: Any = AsyncIOBackend
    backend.run_sync_in_worker_thread = classmethod(run_sync_in_worker_thread)
    backend.run_async_from_thread = classmethod(run_async_from_thread)
    backend.run_sync_from_thread = classmethod(run_sync_from_thread)


def _change_asgiref(asgiref: Any, wait: Wait) -> None:
    async_to_sync, context = asgiref.AsyncToSync, asgiref.ThreadSensitiveContext
    plain, plain_exit = async_to_sync.__call__, context.__aexit__
    if hasattr(plain, "_plain"):
        return

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _is_on_loop():
            return wait(self.awaitable(*args, **kwargs))
        return plain(self, *args, **kwargs)

    async def leave(self: Any, *error: Any) -> None:
        # Otherwise it starts a thread that joins the executor's, which does not exist.
        asgiref.SyncToAsync.context_to_thread_executor.pop(self, None)
        await plain_exit(self, *error)

    setattr(call, "_plain", plain)  # noqa: B010
    async_to_sync.__call__ = call
    context.__aexit__ = leave


def _is_on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
