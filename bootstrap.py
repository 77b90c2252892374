"""The Python half of an instance, as JavaScript calls it.

shell/worker/boot/start.js imports this module in a fresh Pyodide. It has `BrowserPackages` install
the instance's packages and `load` import them, then makes a `BrowserInstance` (Datasette) or a
`BrowserApp` (any other application) and calls its methods. In a Pyodide that starts from a snapshot
of its memory everything is imported already. Only text, numbers and bytes are passed. An error is
passed as the JSON of `to_wire`, so that people read the words that Python wrote.
"""

from __future__ import annotations

import gc
import json
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from engine import deferred_modules, environment
from engine.application import Application
from engine.asgi import inline_threads
from engine.asgi.server import RequestHead
from engine.boot import ahead, snapshot
from engine.datasette import site
from engine.datasette.owner import Owner
from engine.deferred_modules import NotHereYet, is_out_of_reach
from engine.environment import JsBlocks, JsRequestBody, JsResponse, JsRows, JsSocket, wait
from engine.errors import LiteError
from engine.importing.options import Request
from engine.pace import Pace
from engine.packages import plugin_loading
from engine.packages.plugin_setup import PluginSetup
from engine.sqlite import faults

__all__ = [
    "BrowserApp",
    "BrowserInstance",
    "BrowserPackages",
    "check_packages",
    "load",
    "read_blocks",
    "reason_against_snapshot",
    "resume",
]

#: The catalogue of the page “Plugins”; it says which versions were tested.
CATALOGUE = Path("/plugins/catalogue.json")

# Before BrowserPackages, which puts packages that people install in front of these.
Owner().use_packages()


async def _outcome(work: Awaitable[Any]) -> str:
    """Return as JSON what `work` returns, as {"value": …}, or the error it raised: {"error": …}."""
    try:
        return json.dumps({"value": await work})
    except NotHereYet as error:
        if not is_out_of_reach():
            raise  # so that the start begins again
        return _failure(LiteError(str(error)))
    except Exception as error:
        return _failure(error)


def _result(work: Callable[[], Any]) -> str:
    """Like _outcome, for work that need not be awaited."""
    try:
        return json.dumps({"value": work()})
    except Exception as error:
        return _failure(error)


def _failure(error: Exception) -> str:
    known = error
    if not isinstance(known, LiteError):
        known = LiteError(f"Python stopped with an error: {type(error).__name__}: {error}")
    # Of an app, people want to see their own code and not how it was called.
    details = getattr(error, "details", "") or traceback.format_exc()
    return json.dumps({"error": {**known.to_wire(), "traceback": details}})


def load() -> None:
    """Import Datasette and its plugins: those in packages, and the site's own files."""
    # Imported modules stay: looking for garbage among them takes time and finds none.
    gc.disable()
    try:
        with snapshot.watched(), ahead.used(ahead.IMPORTS):
            plugin_loading.install()
            import sqlite_utils.plugins
            from datasette import utils

            from engine.datasette.adaptations import plugin_files, templates
            from engine.datasette.instance import PLUGINS

            with ahead.used(ahead.OPENING, reader=utils) as patterns:
                plugin_files.load(PLUGINS)
                # Those of Datasette's routes: from now on `re` has them.
                for pattern, flags in patterns:
                    re.compile(pattern, flags)
            templates.load()
            # Otherwise it would look for its own plugins on the first page after every start.
            sqlite_utils.plugins.ensure_plugins_loaded()
    finally:
        gc.enable()


def reason_against_snapshot() -> str:
    """See snapshot.reason_against."""
    return snapshot.reason_against()


async def resume() -> str:
    """See snapshot.resume; return an outcome."""
    return await _outcome(snapshot.resume())


def check_packages() -> str:
    """See snapshot.check_packages; return an outcome."""
    return _result(snapshot.check_packages)


def read_blocks(pager: Any) -> None:
    """Load blocks of large databases with this; see shell/worker/storage/pager.js."""
    faults.use(JsBlocks(pager))


class BrowserPackages:
    """The packages of the instance in `folder`. JSON is: a list of package indexes, the lock as
    checked by the worker, or null, and the addresses of Datasette's repository. `distribution` is
    the address of Pyodide's distribution, "" for none.
    """

    def __init__(
        self, folder: str, indexes: str, distribution: str, lock: str, repository: str
    ) -> None:
        self._setup = PluginSetup(
            Path(folder),
            json.loads(indexes),
            CATALOGUE,
            distribution=distribution,
            record=json.loads(lock),
            repository=json.loads(repository),
            request=environment.request,
        )

    async def prepare(self, wanted: str, report: Callable[[str, str, int, int], object]) -> str:
        """See PluginSetup.prepare; `wanted` is JSON with its arguments. Return an outcome."""
        return await _outcome(self._setup.prepare(**json.loads(wanted), report=report))

    async def install(
        self,
        requirement: str,
        upgrade: bool,
        from_repository: bool,
        report: Callable[[str, str, int, int], object],
    ) -> str:
        """See PluginSetup.install; return an outcome."""
        wanted = (requirement, upgrade, report)
        return await _outcome(self._setup.install(*wanted, from_repository=from_repository))

    def uninstall(self, name: str) -> str:
        """See PluginSetup.uninstall; return an outcome."""
        return _result(lambda: self._setup.uninstall(name))

    def fail_ref(self, ref: str, reason: str) -> None:
        """See PluginSetup.fail_ref."""
        self._setup.fail_ref(ref, reason)

    def listing(self) -> str:
        """See PluginSetup.listing; return an outcome."""
        return _result(self._setup.listing)


class _Served:
    """An application that gets requests from JavaScript."""

    _application: Application

    async def handle(self, head: str, body: Any, response: Any) -> None:
        """Answer a request: `head` is a RequestHead as JSON, the others come from bridge.js."""
        await self._application.handle(
            RequestHead(**json.loads(head)), JsRequestBody(body), JsResponse(response)
        )

    async def connect(self, head: str, socket: Any) -> None:
        """Serve a WebSocket: `head` is a RequestHead as JSON, `socket` comes from websocket.js."""
        await self._application.connect(RequestHead(**json.loads(head)), JsSocket(socket))

    async def close(self) -> None:
        """See Application.close."""
        await self._application.close()


class BrowserApp(_Served):
    """An app that is not part of the site, at `base_url`, the path of its address. `shell_url` is
    that of the site's own scripts.
    """

    def __init__(self, base_url: str, shell_url: str) -> None:
        from engine.apps.instance import AppInstance

        self._app = self._application = AppInstance(
            base_url,
            f"{shell_url}page/websocket.js",
            imported=lambda: inline_threads.install(wait),
        )

    async def open(self, name: str, entry: str) -> str:
        """See AppInstance.open; return an outcome."""
        return await _outcome(self._app.open(name, entry))


class BrowserInstance(_Served):
    """A Datasette that gets requests from JavaScript, and returns answers and errors to it.

    `base_url` is its path, `shell_url` that of the site's own scripts. With `read_only` nobody is
    root, so Datasette offers no way to change data. Call `load` first.
    """

    def __init__(self, base_url: str, shell_url: str, read_only: bool = False) -> None:
        from engine.datasette.instance import Instance

        site.shell_url = shell_url
        site.read_only = read_only
        site.pause = environment.pause
        self._instance = self._application = Instance(base_url)
        self._base_url = base_url
        self._exercise: AsyncIterator[int] | None = None

    async def add_source(
        self, request: str, path: str, report: Callable[[int, int, int], object]
    ) -> str:
        """Take in the file at `path` according to `request`, a Request as JSON; see Intake.take.

        `report` is called with bytes done, bytes in all and rows so far; false ends the import.
        """
        wanted = Request.of(json.loads(request))
        return await _outcome(self._instance.add_source(wanted, Path(path), report))

    async def add_rows(
        self, request: str, rows: Any, report: Callable[[int, int, int], object]
    ) -> str:
        """Take in rows that JavaScript reads, as shell/worker/sources/parquet.js does; see
        add_source.
        """
        wanted = Request.of(json.loads(request))
        return await _outcome(self._instance.add_rows(wanted, JsRows(rows), report))

    async def preview(self, request: str, path: str, complete: bool) -> str:
        """Preview what the file at `path` would become; return an outcome with a Preview.

        `complete` says whether the whole file is there, or only its head.
        """
        wanted = Request.of(json.loads(request))
        return await _outcome(self._instance.preview(wanted, Path(path), complete=complete))

    async def unpack(
        self, kind: str, path: str, out: str, source: str, most: int, head: bool
    ) -> str:
        """Unpack the file at `path` into `out`; see engine.importing.unpacking.decompress."""
        return await _outcome(self._unpack(kind, path, out, source, most, head))

    async def _unpack(
        self, kind: str, path: str, out: str, source: str, most: int, head: bool
    ) -> Any:
        await deferred_modules.need("A packed file")
        from engine.importing.unpacking import decompress

        breathe = Pace(1, lambda *_: None).part(0, 1)
        return await decompress(kind, Path(path), Path(out), source, most, breathe, head=head)

    async def tar_members(self, path: str, source: str) -> str:
        """Return an outcome with names and sizes; see engine.importing.unpacking.tar_members."""
        return await _outcome(self._tar_members(path, source))

    async def _tar_members(self, path: str, source: str) -> list[tuple[str, int]]:
        await deferred_modules.need("A packed file")
        from engine.importing.unpacking import tar_members

        return tar_members(Path(path), source)

    async def tar_member(self, path: str, name: str, out: str, source: str, most: int) -> str:
        """Copy a file out of a tar archive; see engine.importing.unpacking.tar_member."""
        return await _outcome(self._tar_member(path, name, out, source, most))

    async def _tar_member(self, path: str, name: str, out: str, source: str, most: int) -> None:
        from engine.importing.unpacking import tar_member

        breathe = Pace(1, lambda *_: None).part(0, 1)
        await tar_member(Path(path), name, Path(out), source, most, breathe)

    def source(self, id: str) -> str:
        """Return an outcome with the record of a source; see Instance.source."""
        return _result(lambda: self._instance.source(id))

    async def open(self, memory: bool, trusted: str) -> str:
        """See Instance.open; `trusted` is JSON. Return an outcome with problems on the wire."""
        return await _outcome(self._open(memory, json.loads(trusted)))

    async def _open(self, memory: bool, trusted: list[str]) -> list[dict[str, str]]:
        await self._instance.open(memory, trusted)
        inline_threads.install(wait)
        left_out = {**plugin_loading.left_out, **self._instance.left_out}
        problems = [{**error.to_wire(), "source": source} for source, error in left_out.items()]
        if self._instance.set_aside is not None:
            problems.append(self._instance.set_aside.to_wire())
        return problems

    def distrust_internal(self) -> None:
        """See Instance.distrust_internal."""
        self._instance.distrust_internal()

    def code_in_configuration(self) -> str:
        """See Instance.code_in_configuration; return an outcome."""
        return _result(self._instance.code_in_configuration)

    async def only_table(self) -> str:
        """See Instance.only_table; return an outcome."""
        return await _outcome(self._instance.only_table())

    async def exercise(self) -> bool:
        """Render the next page of engine.datasette.warm_up; return whether there was one."""
        from engine.datasette import warm_up

        self._exercise = self._exercise or warm_up.pages(self._base_url)
        return await anext(self._exercise, None) is not None
