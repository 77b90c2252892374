"""Makes every visitor of this site its root user, as `datasette --root` does.

The data is the visitor's own copy in the visitor's own browser, so it needs no protection from
them. Remove this file from plugins/ to build a site where the data is read-only, as it is in
embeds on pages of other sites.
"""

from __future__ import annotations

from datasette import hookimpl
from datasette.app import Datasette

from engine.datasette import site


@hookimpl
def startup(datasette: Datasette) -> None:
    """Switch on the permissions of the root user."""
    datasette.root_enabled = not site.read_only


@hookimpl(trylast=True)
def actor_from_request() -> dict[str, str] | None:
    """Be root, unless another plugin knows who this is."""
    return None if site.read_only else {"id": "root"}
