"""A Datasette as it is served here: with those of the adaptations that each one needs for itself.

The others change Datasette's classes, once for all; instance.py installs them.
"""

from __future__ import annotations

from datasette.app import Datasette

from engine.asgi.server import App
from engine.datasette.adaptations import static_files, templates
from engine.datasette.adaptations.referrer import same_origin_referrer
from engine.datasette.adaptations.root_paths import inside_instance


def adapted(datasette: Datasette, base_url: str) -> App:
    """Return the ASGI application of a Datasette that was just made, at the path `base_url`."""
    templates.use_compiled(datasette.get_jinja_environment())
    static_files.last(datasette)
    return inside_instance(same_origin_referrer(datasette.app()), base_url)
