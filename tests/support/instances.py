"""Runs instances in CPython, on databases made by a test."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from datasette.app import Datasette

from engine.asgi.server import RequestHead
from engine.datasette.instance import Instance
from tests.support.wire import Wire, head

BASE = "/app/"

#: The folder of the site's plugins.
PLUGINS = Path(__file__).parents[2] / "plugins"


class Opened:
    """An open instance on the folder `folder`; its database `data` is filled by `fill`."""

    def __init__(self, folder: Path, fill: Callable[[sqlite3.Connection], object]) -> None:
        self.instance = Instance(BASE, folder=folder / "instance", plugins=PLUGINS)
        connection = sqlite3.connect(folder / "instance" / "databases" / "data.db")
        fill(connection)
        connection.commit()
        connection.close()

    @property
    def datasette(self) -> Datasette:
        """The Datasette within."""
        assert self.instance._datasette is not None
        return self.instance._datasette

    async def ask(self, request: RequestHead, body: bytes = b"") -> Wire:
        """Return what the instance answers."""
        wire = Wire([body] if body else [])
        await self.instance.handle(request, wire, wire)
        return wire

    async def get(self, path: str) -> Wire:
        """Return the answer to a GET; `path` is relative to the instance."""
        return await self.ask(head(path=BASE + path))


async def opened(
    folder: Path, fill: Callable[[sqlite3.Connection], object] = lambda connection: None
) -> Opened:
    """Return an instance that answers."""
    result = Opened(folder, fill)
    await result.instance.open(memory=False)
    return result
