"""One Datasette with its data, and how it is set up.

intake.py turns sources into databases, folder.py says where files are, server.py speaks HTTP, and
the worker gets the bytes of a source.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from datasette import utils
from datasette.app import Datasette
from datasette.database import Database
from datasette.plugins import pm

from engine import deferred_modules
from engine.asgi.cookies import Cookies
from engine.asgi.server import RequestBody, RequestHead, Response, Server, Socket
from engine.datasette import imported_internal, long_queries, site
from engine.datasette.adaptations import (
    base_url,
    block_reading,
    byte_units,
    facet_budget,
    file_names,
    introspection,
    json_depth,
    long_pages,
    many_tables,
    permission_rules,
    plugin_files,
    query_comments,
    row_counts,
    schemas,
    sqlite_limits,
    templates,
    view_blobs,
    waiting_messages,
)
from engine.datasette.adaptations.serving import adapted
from engine.datasette.owner import Owner
from engine.errors import LiteError, SourceError
from engine.folder import Folder
from engine.importing.configuration import blanks, cleaned, merged
from engine.importing.intake import Intake
from engine.importing.options import Request
from engine.importing.preview import Previews
from engine.importing.row_import import RowReader
from engine.pace import TURN_SECONDS, Report
from engine.packages import plugin_loading
from engine.sqlite import faults
from engine.sqlite.connections import DAMAGED, rebuild_indexes

# In seconds: how long imports wait for a request that is not older, and at a time.
_YOUNG = 1.0
_MOST_PATIENCE = 0.5

# Tables up to which it is found out whether all but one are hidden.
_MOST_TO_COUNT = 30

#: Datasette's own limits are those of a public server, and of native code. These are enough to sort
#: and facet some 650,000 rows; what a site's owner or a link sets comes first.
LIMITS = {"sql_time_limit_ms": 3000, "facet_time_limit_ms": 3000}

FOLDER = Path("/instance")
PLUGINS = Path("/plugins")


class Instance:
    """A Datasette at `base_url`, the path of its address with both slashes."""

    def __init__(
        self,
        base_url: str,
        folder: Path = FOLDER,
        plugins: Path = PLUGINS,
        owner: Owner | None = None,
    ) -> None:
        # Sources are read with these, too.
        json_depth.install()
        sqlite_limits.install()
        self._base_url = base_url
        self._folder = Folder(folder)
        self._plugins = plugins
        self._owner = owner or Owner()
        self._intake = Intake(self._folder, pause=self._give_way)
        self._requests: dict[object, float] = {}  # being answered, and since when
        self._memory = False
        self._trusted: list[str] = []
        self._row_sources = 0
        #: Databases that could not be opened at the last start, and why.
        self.left_out: dict[str, LiteError] = {}
        self._datasette: Datasette | None = None
        self._server: Server | None = None
        self._set_aside: LiteError | None = None
        self._is_older = False

    @property
    def datasette(self) -> Datasette:
        """The Datasette within, which is open."""
        assert self._datasette is not None
        return self._datasette

    async def add_source(self, request: Request, file: Path, report: Report) -> dict[str, Any]:
        """Take a source in, before or after `open`; `file` is used up. See Intake.take."""
        await self._wait_for_rest()
        before = self._folder.database_names()
        result = await self._intake.take(request, file, report)
        for one in result["added"]:
            if one["table"] is None:
                self.left_out.pop(one["database"], None)
        try:
            await self._serve_new(is_configuration=not result["added"] and result["path"] == "")
            if len(result["added"]) == 1 and result["added"][0]["table"] is None:
                only = await self._only_table(result["added"][0]["database"])
                result = {**result, "path": only or result["path"]}
        except DAMAGED as error:
            problem = SourceError(
                f"{request.url} could not be opened: {error}.",
                source=request.url,
                hint="The database may be damaged, or made by a program that changes SQLite.",
            )
            await self._take_back(result["added"], before, problem)
            raise problem from error
        return result

    async def _take_back(
        self, added: list[dict[str, Any]], before: list[str], problem: LiteError
    ) -> None:
        """Remove databases that were just added, which Datasette cannot serve.

        One that took the place of another, which is gone, is only left out.
        """
        for name in {one["database"] for one in added if one["table"] is None}:
            self._release(name)
            if name in before:
                self.left_out[name] = problem
            else:
                self._folder.remove_database(name)
        if self._datasette is not None:
            await self._datasette.refresh_schemas(force=True)

    async def add_rows(self, request: Request, rows: RowReader, report: Report) -> dict[str, Any]:
        """Take rows in that are read elsewhere; see Intake.take_rows."""
        await self._wait_for_rest()
        self._row_sources += 1
        aside = self._folder.aside(f"rows-{self._row_sources}")
        result = await self._intake.take_rows(request, rows, aside, report)
        await self._serve_new()
        return result

    async def preview(self, request: Request, file: Path, *, complete: bool) -> dict[str, Any]:
        """Tell what would become of a source. `file` stays; see Previews.of_file."""
        await self._wait_for_rest()
        return await Previews(self._folder).of_file(request, file, complete=complete)

    async def only_table(self) -> str:
        """Return the path of the table's page, if all that is open is a single table; else ""."""
        if self._datasette is None:
            return ""
        names = [name for name in self._datasette.databases if name != "_memory"]
        return await self._only_table(names[0]) if len(names) == 1 and not self._memory else ""

    async def _only_table(self, name: str) -> str:
        """Return the path of the page of a database's only table or view; "" if it has several."""
        database = self._datasette.databases.get(name) if self._datasette is not None else None
        if database is None:
            return ""
        names = [*await database.table_names(), *await database.view_names()]
        # Most of many would have to be hidden; finding that out takes long.
        if len(names) > _MOST_TO_COUNT:
            return ""
        hidden = set(await database.hidden_table_names())
        shown = [one for one in names if one not in hidden]
        path = f"{utils.tilde_encode(name)}/{utils.tilde_encode(shown[0])}" if shown else ""
        return path if len(shown) == 1 else ""

    async def _wait_for_rest(self) -> None:
        """Wait for all of Python, lest something be done by halves; a start is repeated instead."""
        if self._server is not None:
            await deferred_modules.wait()

    def source(self, id: str) -> dict[str, Any]:
        """Return what is remembered of a source; see Folder.sources.

        Raises:
            LiteError: there is none with this id.
        """
        for source in self._folder.sources():
            if source["id"] == id:
                return source
        raise LiteError(
            f"There is no source {id!r} here any longer.",
            hint="Load the page again to see what is there.",
        )

    async def _serve_new(self, *, is_configuration: bool = False) -> None:
        """Have a Datasette that is already open show what was added."""
        datasette, server = self._datasette, self._server
        if datasette is None or server is None:
            return
        if is_configuration:
            # It is read when Datasette starts.
            await self.open(self._memory, self._trusted)
            await server.shutdown()
            return
        names = [name for name in self._folder.database_names() if name not in self.left_out]
        if any(name not in datasette.databases for name in names):
            # While one that was replaced is away, so that what is known of its tables is forgotten.
            await datasette.refresh_schemas(force=True)
        for name in names:
            if name not in datasette.databases:
                path = str(self._folder.database(name))
                datasette.add_database(Database(datasette, path=path, is_mutable=True), name=name)
        # One that was replaced is where it was.
        others = {name: one for name, one in datasette.databases.items() if name not in names}
        datasette.databases = {**others, **{name: datasette.databases[name] for name in names}}
        await datasette.refresh_schemas(force=True)

    def _release(self, name: str) -> None:
        if self._datasette is not None and name in self._datasette.databases:
            self._datasette.remove_database(name)

    def distrust_internal(self) -> None:
        """Have `open` check the internal database, which an older version saved unchecked."""
        self._folder.set_internal_aside()
        self._is_older = True

    @property
    def set_aside(self) -> LiteError | None:
        """What `open` did not take over from an import, for a notice."""
        return self._set_aside

    def code_in_configuration(self) -> list[dict[str, Any]]:
        """Return the metadata and config sources from links that hold code, which runs only where
        `open` is told to trust it: "kind", "value", their URL, "parts", names of that code, and
        "digest", the hash of all that the source says.
        """
        found = []
        for kind in ("metadata", "config"):
            for source, contents in self._folder.configuration(kind):
                parts = cleaned(contents).code
                if parts and "://" in _address(source):
                    one = {"kind": kind, "value": _address(source), "parts": parts}
                    found.append({**one, "digest": _digest(contents)})
        return found

    def _configuration(self, kind: str) -> dict[str, Any]:
        """Return what the site's owner, all sources of a kind and edits made here say; later ones
        count more.
        """
        refused, links = [], []
        for _, contents in self._folder.configuration(kind):
            # What an import laid there was never read by Intake.
            read = cleaned(contents)
            if _digest(contents) in self._trusted:
                links.append(read.whole)
            else:
                refused.append(blanks(read.whole))
                links.append(read.contents)
        edits = cleaned(self._folder.edits(kind)).contents
        return merged([*refused, self._owner.document(kind), *links, edits])

    async def open(self, memory: bool, trusted: Iterable[str] = ()) -> None:
        """Start Datasette on what was added, or on what was saved; `memory` adds its in-memory
        database. A plugin that keeps it from starting is left out; see plugin_loading.left_out.
        Metadata and config whose hashes are in `trusted` may hold code.

        Raises:
            LiteError: Datasette could not start.
        """
        self._trusted = list(trusted)
        while True:
            try:
                await self._open(memory)
                return
            except Exception as error:
                if not plugin_loading.leave_out(pm, error):
                    raise

    async def _open(self, memory: bool) -> None:
        base_url.install()
        block_reading.install()
        byte_units.install()
        facet_budget.install()
        file_names.install()
        introspection.install()
        long_pages.install()
        long_queries.install()
        many_tables.install()
        permission_rules.install()
        plugin_files.install()
        query_comments.install()
        row_counts.install()
        schemas.install()
        templates.install()
        view_blobs.install()
        waiting_messages.install()
        if self._datasette is None:
            self._folder.forget_shared_memory()
            await self._intake.clear_up()
        site.folder = self._folder
        self.left_out, names = await self._openable()
        config = self._configuration("config")
        try:
            datasette = Datasette(
                [str(self._folder.database(name)) for name in names],
                memory=memory,
                internal=str(self._folder.internal_database),
                secret=self._folder.secret(),
                plugins_dir=str(self._plugins) if self._plugins.is_dir() else None,
                metadata=self._configuration("metadata"),
                config=config,
                template_dir=self._owner.template_dir,
                static_mounts=self._owner.static_mounts,
                settings=self._settings(config),
            )
            app = adapted(datasette, self._base_url)
            server = Server(deferred_modules.patient(app), Cookies(self._folder.cookies))
            # Within the lifespan its errors would not be heard.
            await plugin_loading.in_time(datasette.invoke_startup())
            self._set_aside = await imported_internal.adopt(
                datasette, self._folder.imported_internal, keep_others=self._is_older
            )
            await plugin_loading.in_time(server.startup())
            # Else the first page would do it, and wait until what it writes is saved.
            await datasette.refresh_schemas()
        except LiteError:
            raise
        except (Exception, SystemExit) as error:
            raise LiteError(
                f"Datasette could not start: {plugin_loading.in_words(error)}.",
                hint="A plugin or the data is the likely cause.",
            ) from error
        self._folder.remember()
        self._intake.is_served = True
        self._intake.release = self._release
        self._memory = memory
        self._datasette = datasette
        self._server = server

    def _settings(self, config: dict[str, Any]) -> dict[str, Any]:
        """Return the settings that Datasette gets besides those of its configuration."""
        set_by_others = config.get("settings") or {}
        limits = {name: value for name, value in LIMITS.items() if name not in set_by_others}
        # WebAssembly has no threads here: queries run on the thread that asks for them.
        return {**limits, "num_sql_threads": 0, "base_url": self._base_url}

    async def _openable(self) -> tuple[dict[str, LiteError], list[str]]:
        """Return why databases cannot be opened, by name, and the names of the others.

        A database that was saved by an earlier version of the site gets its indexes in order.
        """
        reasons: dict[str, LiteError] = {}
        in_order = self._folder.indexes_in_order()
        for name in self._folder.database_names():
            path, known = self._folder.database(name), in_order.get(name, [])
            try:
                missing = await faults.complete(partial(rebuild_indexes, path, known))
            except LiteError as error:
                reasons[name] = error
            except DAMAGED as error:
                reasons[name] = LiteError(
                    f"The database {name} could not be opened: {error}.",
                    hint="Everything else is open. The page “Saved data” offers it as a file.",
                )
            else:
                if set(missing) - set(in_order.get(name, [])):
                    in_order[name] = missing
                    self._folder.remember(indexes_in_order=in_order)
        return reasons, [name for name in self._folder.database_names() if name not in reasons]

    async def handle(self, head: RequestHead, body: RequestBody, response: Response) -> None:
        """Answer a request. The instance must be open."""
        assert self._server is not None
        request = object()
        self._requests[request] = perf_counter()
        try:
            limit = block_reading.limit_of(head.query_string)
            with long_pages.turns(), faults.limited(limit):
                await self._server.handle(head, body, response)
        finally:
            del self._requests[request]

    async def connect(self, head: RequestHead, socket: Socket) -> None:
        """Serve a WebSocket. The instance must be open."""
        assert self._server is not None
        await self._server.connect(head, socket)

    async def _give_way(self) -> None:
        """Let requests be answered while an import is under way; see pace.Pause.

        A page takes some dozen turns of the event loop, and would take as many stretches of the
        import if they took turns. So the import waits, but not for what streams, nor for ever.
        """
        now = start = perf_counter()
        while True:
            await asyncio.sleep(TURN_SECONDS)
            now = perf_counter()
            young = any(now - began < _YOUNG for began in self._requests.values())
            if not young or now - start > _MOST_PATIENCE:
                return

    async def close(self) -> None:
        """Shut Datasette down."""
        if self._server is not None:
            await self._server.shutdown()


def _address(source: dict[str, Any]) -> str:
    """Return what a source is known by: the URL that it was fetched from, or a file's name."""
    address: str = source["origin"].get("url") or source["url"]
    return address


def _digest(contents: dict[str, Any]) -> str:
    """Return what metadata or config is known by: the SHA-256 of all that it says."""
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()
