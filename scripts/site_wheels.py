"""Pins the plugins that site.toml lists in site.lock; datasette_lite/plugin_wheels.py says how.

python scripts/site_wheels.py [FOLDER]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from build_runtime import BuildError, build_runtime
from wheels import PROJECT

from datasette_lite.plugin_wheels import write_lock
from datasette_lite.settings import SettingsError, read_settings


def main() -> int:
    """Write the lock of the site in the folder on the command line; return the exit status."""
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PROJECT
    try:
        count = write_lock(read_settings(folder), build_runtime())
    except (BuildError, SettingsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError:
        return 1  # it has said what it was
    print(f"site.lock: {count} wheels" if count else "site.toml lists no plugins")
    return 0


if __name__ == "__main__":
    sys.exit(main())
