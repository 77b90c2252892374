"""Publishes data as a Datasette Lite site: a folder of static files for any web host.

`assembly.py` combines a runtime and the site owner's files into a site. `make site` builds the
runtime, and this package's wheel contains it. The other modules prepare or call that: the command
line (`commands.py`), the Sphinx extension and the MkDocs plugin.
"""

from __future__ import annotations

__version__ = "1.0a1"
