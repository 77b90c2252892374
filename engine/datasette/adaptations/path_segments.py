"""Lets scripts count the segments of a page's path as if Datasette were at the root of its host.

`location.pathname.split("/")` is how scripts of many plugins find the database and the table that a
page shows. Below a base URL they would take its segments for these. A browser lets nobody change
`location`, so the base URL is taken off where a script takes the path apart. Scripts that count
from the end find what they found before.
"""

from __future__ import annotations

import json
import re

_SPLIT = re.compile(
    rb"(?<![\w$.])((?:(?:window|document|globalThis|self)\.)?location\.pathname)\.split\("
)
_SCRIPT = re.compile(rb"(<script\b[^>]*>)(.*?)(?=</script[\s/>])", re.IGNORECASE | re.DOTALL)


class SegmentsFromHome:
    """Changes scripts of the instance at `base_url`."""

    def __init__(self, base_url: str) -> None:
        taken_off = f'.replace({json.dumps(base_url)}, "/").split('
        self._replacement = rb"\1" + taken_off.encode().replace(b"\\", rb"\\")

    def in_script(self, script: bytes) -> bytes:
        """Return a script with the base URL taken off the path that it takes apart."""
        if b"location.pathname.split(" not in script:
            return script
        return _SPLIT.sub(self._replacement, script)

    def in_page(self, page: bytes) -> bytes:
        """Return an HTML page with its scripts changed, and nothing else."""
        if b"location.pathname.split(" not in page:
            return page
        return _SCRIPT.sub(lambda found: found[1] + self.in_script(found[2]), page)
