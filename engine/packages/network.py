"""Sends requests for packages, with a time limit, and keeps the reason if one fails."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any, TypeVar

from micropip._compat import compatibility_layer

#: In seconds, after which a server that has not answered counts as out of reach.
METADATA_PATIENCE = 60
_WHEEL_PATIENCE = 600

_T = TypeVar("_T")


class Layer(compatibility_layer):  # type: ignore[misc]
    """micropip's own, but it remembers what the network said."""

    status: int | None = None
    failure: Exception | None = None

    @staticmethod
    async def fetch_string_and_headers(url: str, kwargs: Any) -> tuple[str, dict[str, str]]:
        fetch = compatibility_layer.fetch_string_and_headers(url, kwargs)
        try:
            answer: tuple[str, dict[str, str]] = await in_time(fetch, METADATA_PATIENCE, url)
            return answer
        except Exception as error:
            Layer.failure, Layer.status = error, getattr(error, "status", None)
            raise

    @staticmethod
    async def fetch_bytes(url: str, kwargs: Any) -> bytes:
        try:
            return await in_time(_download(url, kwargs), _WHEEL_PATIENCE, url)
        except OSError as error:
            if not url.endswith(".whl"):
                raise  # micropip does without
            # micropip says this of most hosts, though not of those that it knows.
            raise ValueError(f"Can't fetch wheel from {url!r}.") from error


async def _download(url: str, kwargs: Any) -> bytes:
    if sys.platform != "emscripten" or not url.startswith("http"):
        content: bytes = await compatibility_layer.fetch_bytes(url, kwargs)
        return content
    from engine.environment import download

    # micropip's own takes the page that says "not found" for the wheel.
    return await download(url, kwargs)


async def in_time(fetch: Awaitable[_T], seconds: float, url: str) -> _T:
    """Return what is fetched.

    Raises:
        OSError: it does not come. Browsers wait for some servers without an end.
    """
    try:
        return await asyncio.wait_for(fetch, seconds)
    except TimeoutError as error:
        raise OSError(f"{url} did not answer within {seconds} seconds") from error
