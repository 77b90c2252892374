"""The Python half of an instance, as JavaScript calls it.

shell/worker/instance.js imports this module in a fresh Pyodide and makes a `BrowserInstance`, whose
methods it calls. Everything crosses as text, numbers and bytes; an error crosses as the JSON that
`to_wire` gives, so that the words people read are the ones that Python wrote.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from engine import site
from engine.asgi import RequestHead
from engine.environment import JsRequestBody, JsResponse
from engine.errors import LiteError
from engine.instance import Instance

__all__ = ["BrowserInstance"]


async def _outcome(work: Awaitable[str | None]) -> str:
    """Return as JSON what `work` returns, as {"value": …}, or the error it raised: {"error": …}."""
    try:
        return json.dumps({"value": await work})
    except Exception as error:
        known = error
        if not isinstance(known, LiteError):
            known = LiteError(f"Python stopped with an error: {type(error).__name__}: {error}")
        return json.dumps({"error": {**known.to_wire(), "traceback": traceback.format_exc()}})


class BrowserInstance:
    """An instance whose requests and errors come from and go to JavaScript.

    `base_url` is the path that it lives at, `shell_url` that of the site's own scripts.
    """

    def __init__(self, base_url: str, shell_url: str) -> None:
        site.shell_url = shell_url
        self._instance = Instance(base_url)

    async def add_source(
        self, parameter: str, url: str, path: str, report: Callable[[int, int], None]
    ) -> str:
        """See Instance.add_source; return an outcome."""
        return await _outcome(self._instance.add_source(parameter, url, Path(path), report))

    async def open(self, memory: bool) -> str:
        """See Instance.open; return an outcome."""
        return await _outcome(self._instance.open(memory))

    async def handle(self, head: str, body: Any, response: Any) -> None:
        """Answer a request: `head` is a RequestHead as JSON, the others are bridge.js's."""
        await self._instance.handle(
            RequestHead(**json.loads(head)), JsRequestBody(body), JsResponse(response)
        )

    async def close(self) -> None:
        """See Instance.close."""
        await self._instance.close()
