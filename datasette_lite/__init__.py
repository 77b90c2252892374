"""Publishes data as a Datasette Lite site: a folder of static files for any web host.

`assembly.py` makes a site of a runtime, which `make site` builds and the wheel of this package
carries, and of what the site's owner brings. The rest prepares that or calls it: the command line
(`commands.py`), the Sphinx extension and the MkDocs plugin.
"""

from __future__ import annotations

__version__ = "1.0a1"
