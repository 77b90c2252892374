"""Adds a script to every page, which keeps the service worker running while the page is open and
shows notices about the page's data, such as that another tab has changed it.

Browsers stop a service worker after 30 idle seconds; the next click would then wait for Python to
start again. Without this file everything still works, with those waits and without those notices.
"""

from __future__ import annotations

import json
from typing import Any

from datasette import hookimpl
from jinja2 import Environment
from markupsafe import Markup

from engine.datasette import site


@hookimpl
def prepare_jinja2_environment(env: Environment) -> None:
    """Run it on error pages too, which Datasette renders without the hook below."""
    script = extra_body_script()
    env.globals["body_scripts"] = [{**script, "script": Markup(script["script"])}]


@hookimpl
def extra_body_script() -> dict[str, Any]:
    """Import shell/page/datasette/datasette-page.js, in the same version as this Python."""
    # extra_js_urls() would prefix the path with base_url.
    module = json.dumps(f"{site.shell_url}page/datasette-page.js")
    return {"module": True, "script": f"import {module};"}
