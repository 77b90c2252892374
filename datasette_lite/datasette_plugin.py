"""Adds `datasette publish lite` to Datasette."""

from __future__ import annotations

from typing import Any

import click
from datasette import hookimpl


@hookimpl
def publish_subcommand(publish: click.Group) -> None:
    """Add the command `lite`."""
    # Datasette loads this module while its own are half loaded; other modules need all of them.
    from datasette_lite.commands import publishing_options, run_publish

    @publish.command("lite")
    @publishing_options
    def lite(**options: Any) -> None:
        """Publish as a static site that runs in browsers (Datasette Lite)"""
        run_publish(**options)
