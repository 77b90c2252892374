"""What the site's own plugins know of what is around them: where its scripts are, and where the
instance keeps its data.

Each instance has a Python of its own, so this is one instance's; bootstrap.py and instance.py set
it.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.folder import Folder
from engine.sqlite.pausing import Pause

#: The path of the site's JavaScript and CSS, with a slash at the end. It changes with each version.
shell_url = ""

#: Whether the instance only shows its data, as one that is embedded in another page does.
read_only = False

#: The instance's folder; None until it is open, and in a Datasette that is not the site's.
folder: Folder | None = None


def root(base_url: str) -> str:
    """Return the path of the site's root, which holds the app/ folder that `base_url` is in."""
    return base_url[: base_url.rindex("/app/") + 1] if "/app/" in base_url else "/"


def _no_pause() -> Pause | None:
    return None


#: Returns what suspends Python in the middle of a call, for others to run; None where the browser
#: cannot do that. Called within a request.
pause: Callable[[], Pause | None] = _no_pause
