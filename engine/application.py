"""What an instance runs: Datasette, or an app that somebody opens.

bootstrap.py chooses one by the recipe and drives it through this interface; the worker knows no
other. `engine/datasette/instance.py` is Datasette, `engine/apps/instance.py` any other ASGI
application. Each also has an `open`, which creates the ASGI callable and runs the startup half of
its lifespan; what that needs differs.

An application keeps its state in files below /instance, and nowhere else: the worker saves them
before a response leaves. `shell/shared/saved-store.js` lists the folders that count as a person's
own work.
"""

from __future__ import annotations

from typing import Protocol

from engine.asgi.server import RequestBody, RequestHead, Response
from engine.asgi.websocket import Socket


class Application(Protocol):
    """An application that is open."""

    async def handle(self, head: RequestHead, body: RequestBody, response: Response) -> None:
        """Answer a request. Never raises: what goes wrong becomes the answer."""

    async def connect(self, head: RequestHead, socket: Socket) -> None:
        """Serve a WebSocket."""

    async def close(self) -> None:
        """Run the shutdown half of the lifespan."""
