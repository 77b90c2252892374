"""Adds a script to every page, which keeps the service worker running while the page is open and
tells what concerns the page's data, such as that another tab has changed it.

Browsers stop a service worker after 30 idle seconds; the next click would then wait for Python to
start again. Without this file everything still works, with those waits and without those notices.
"""

from __future__ import annotations

import json
from typing import Any

from datasette import hookimpl
from datasette.app import Datasette


@hookimpl
def extra_body_script(datasette: Datasette) -> dict[str, Any]:
    """Import shell/page/datasette-page.js, which lies beside the app/ folder of base_url."""
    # extra_js_urls() would prefix the path with base_url.
    base_url: str = datasette.setting("base_url")
    site_root = base_url[: base_url.rindex("/app/") + 1]
    module = json.dumps(f"{site_root}shell/page/datasette-page.js")
    return {"module": True, "script": f"import {module};"}
