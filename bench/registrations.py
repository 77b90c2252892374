"""Counts how many service workers a browser registers for one origin, and how long each takes.

    python -m bench.registrations [firefox|webkit] [--count 1000]

The workers do nothing: this is about the browser's own list. Without a name in Chromium.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench.many_workspaces import OTHERS, fresh_browser
from tests.other_browsers.driving import awaited
from tests.support.hosts import static_site

#: Registrations between two looks at the clock. Workers that have just been installed still run.
AT_ONCE = 50

REGISTER = """(async () => {{
    for (let number = {start}; number < {end}; number++) {{
        await navigator.serviceWorker.register("worker.js", {{ scope: `app/@${{number}}/` }});
    }}
    return (await navigator.serviceWorker.getRegistrations()).length;
}})()"""


def main() -> None:
    """Register and count."""
    parser = argparse.ArgumentParser()
    parser.add_argument("browser", nargs="?", choices=OTHERS)
    parser.add_argument("--count", type=int, default=1000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "index.html").write_text("<!doctype html><title>registers</title>")
        Path(folder, "worker.js").write_text("self.onfetch = () => {};")
        with static_site(Path(folder)) as site, fresh_browser(wanted.browser) as browser:
            tab = browser.new_tab()
            tab.goto(site)
            while tab.evaluate("document.title") != "registers":
                time.sleep(0.1)  # between two looks
            for start in range(0, wanted.count, AT_ONCE):
                end = min(start + AT_ONCE, wanted.count)
                began = time.monotonic()
                found = awaited(tab.evaluate, REGISTER.format(start=start, end=end))
                each = (time.monotonic() - began) / (end - start) * 1000
                print(f"{found} registered, {each:.0f} ms each", flush=True)
                assert found == end, "the browser has a limit"


if __name__ == "__main__":
    main()
