"""Has Datasette write sizes as the site's own pages and browsers' lists of downloads do: in decimal
units. Datasette counts 1,024 bytes as a kilobyte, so the same file had two sizes.
"""

from __future__ import annotations

import datasette.app
import datasette.views.database
import datasette.views.table

_UNITS = ((1e9, "GB", 1), (1e6, "MB", 1), (1e3, "kB", 0))


def format_bytes(bytes: int) -> str:
    """Return a size as shell/page/ui/dom.js writes it.

    >>> format_bytes(999), format_bytes(238_400), format_bytes(4_834_000)
    ('999 bytes', '238 kB', '4.8 MB')
    """
    for size, unit, digits in _UNITS:
        if bytes >= size:
            return f"{bytes / size:.{digits}f} {unit}"
    return f"{int(bytes)} bytes"


def install() -> None:
    """Change Datasette's function wherever it is used; doing it again changes nothing."""
    for module in (datasette.app, datasette.views.database, datasette.views.table):
        module.format_bytes = format_bytes
