"""Runs in the worker of the old way: a page of Datasette, without HTTP."""

from __future__ import annotations

from datasette.app import Datasette


async def page(database: str, path: str) -> str:
    """Start Datasette on a database and return the HTML of one of its pages."""
    datasette = Datasette([database], settings={"num_sql_threads": 0})
    await datasette.invoke_startup()
    response = await datasette.client.get(path)
    text: str = response.text
    return text


page  # noqa: B018  the value that runPython returns
