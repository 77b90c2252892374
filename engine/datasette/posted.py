"""Reads what scripts of the site's pages post to the site's plugins."""

from __future__ import annotations

from typing import Any

from datasette.utils.asgi import Request


async def posted_object(request: Request) -> dict[str, Any] | None:
    """Return the JSON object in the body of a request; None if it contains anything else."""
    try:
        sent = await request.json()
    except (ValueError, RecursionError):
        return None
    return sent if isinstance(sent, dict) else None
