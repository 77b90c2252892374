"""What Python knows of the site around it, for plugins that put the site's own scripts into pages.

Each instance has a Python of its own, so this is one instance's; bootstrap.py sets it.
"""

from __future__ import annotations

#: The path of the site's JavaScript and CSS, with a slash at the end. It changes with each version.
shell_url = ""
