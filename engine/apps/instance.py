"""One app and its home directory.

The app is served below a root path, as behind a proxy: the scope's `root_path` is the path of the
workspace, and `path` begins with it (ASGI specification, HTTP connection scope). Its home directory
is the current directory, and is saved.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from engine.apps.code import CODE, Code
from engine.apps.content_length import with_content_length
from engine.apps.entry import Entry, application
from engine.apps.errors import AppError
from engine.apps.home import fill
from engine.apps.log import Log
from engine.asgi.connection import App, Receive, Scope, Send
from engine.asgi.cookies import Cookies
from engine.asgi.page_script import with_script
from engine.asgi.server import RequestBody, RequestHead, Response, Server
from engine.asgi.websocket import Socket
from engine.errors import LiteError

FOLDER = Path("/instance")

#: The address of the log, below the app's root path.
LOG = "/-/log"

#: In seconds, after which the startup of the lifespan counts as stuck.
STARTUP_SECONDS = 60.0


class AppInstance:
    """An app at `base_url`, the path of its address with both slashes. `folder` is saved: the
    app's code as it came in app/, its home directory in home/, its cookies.

    :param socket_script: address of the script that connects the pages' WebSockets.
    :param imported: called once the app and what it needs have been imported.
    """

    def __init__(
        self,
        base_url: str,
        socket_script: str,
        folder: Path = FOLDER,
        code: Path = CODE,
        imported: Callable[[], object] = lambda: None,
    ) -> None:
        self._root_path = base_url.removesuffix("/")
        self._socket_script = socket_script
        self._folder = folder
        self._code = code
        self._imported = imported
        self._log = Log()
        self._server: Server | None = None

    async def open(self, name: str, entry: str) -> None:
        """Import the app from the file app/`name`, and start it; `entry` as in the link.

        Raises:
            AppError: it cannot be started.
        """
        home = self._folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        os.chdir(home)
        os.environ["HOME"] = str(home)
        # Django refuses to use its database on the event loop's thread; there is no other here.
        os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        # Nothing may be imported from there: in an import, files of the home may be a stranger's.
        sys.path[:] = [one for one in sys.path if one not in ("", str(home))]
        self._log.install()
        wanted = Entry.parse(entry)
        code = Code(self._folder / "app" / name, self._code)
        if name.endswith(".zip"):
            fill(home, code.root)
        app = application(code.load(wanted.module), wanted.attribute)
        self._imported()
        server = Server(
            self._mounted(with_content_length(app)), Cookies(self._folder / "cookies.json")
        )
        await self._start(server, name)
        self._server = server

    async def _start(self, server: Server, name: str) -> None:
        try:
            await asyncio.wait_for(server.startup(), STARTUP_SECONDS)
        except TimeoutError as error:
            raise AppError(
                f"{name} did not finish its startup within {STARTUP_SECONDS:g} seconds.",
                hint="Its lifespan may be waiting for something that never arrives.",
            ) from error
        except LiteError as error:
            raise AppError(
                error.message, hint="The startup of its lifespan failed.", details=self._log.text
            ) from error

    def _mounted(self, app: App) -> App:
        """Return the application as it is seen from outside: below its root path, with its log."""

        pages = with_script(app, self._socket_script)

        async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
                return
            below = {**scope, "root_path": self._root_path}
            is_log = scope["type"] == "http" and scope["path"] == self._root_path + LOG
            await (self._log.page if is_log else pages)(below, receive, send)

        return mounted

    async def handle(self, head: RequestHead, body: RequestBody, response: Response) -> None:
        """Answer a request. The app must be open."""
        assert self._server is not None
        await self._server.handle(head, body, response)

    async def connect(self, head: RequestHead, socket: Socket) -> None:
        """Serve a WebSocket. The app must be open."""
        assert self._server is not None
        await self._server.connect(head, socket)

    async def close(self) -> None:
        """Run the shutdown half of the app's lifespan."""
        if self._server is not None:
            await self._server.shutdown()
