"""A Datasette plugin for the tests of failed starts: no start comes to its end with a database
called `refused`."""

from __future__ import annotations

from datasette import hookimpl
from datasette.app import Datasette


@hookimpl
def startup(datasette: Datasette) -> None:
    """Refuse."""
    if "refused" in datasette.databases:
        raise RuntimeError("the database refused is refused")
