"""Runs what a test does with a Datasette, in its own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from datasette.app import Datasette

Story = Callable[[Datasette], Coroutine[Any, Any, None]]


def tell_on(datasette: Datasette, story: Story) -> None:
    """Start a Datasette, run a story on it, and close it."""

    async def run() -> None:
        await datasette.invoke_startup()
        try:
            await story(datasette)
        finally:
            datasette.close()

    asyncio.run(run())
