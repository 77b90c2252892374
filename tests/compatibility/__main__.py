"""Runs all cases and writes docs/plugins.md, plugins/catalogue.json and subset.lock.

    python -m tests.compatibility [PLUGIN ...]

With names, only these are run and nothing is written.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

from playwright.sync_api import expect

from tests.compatibility import report, wheels
from tests.compatibility.cases import CASES
from tests.compatibility.runs import CACHE, closure, run_here, run_natively
from tests.support.browsing import chromium
from tests.support.hosts import data_host, static_site


def main(names: list[str]) -> int:
    """Run the command line; return the exit status: 1 if the site is worse than a native one."""
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"error: there is no case for {', '.join(unknown)}", file=sys.stderr)
        return 2
    cases = [CASES[name] for name in names] if names else list(CASES.values())
    expect.set_options(timeout=15_000)
    print("Setting up the native environments")
    closures = {}
    for case in cases:
        try:
            closures[case.name] = closure(case)
        except subprocess.CalledProcessError as error:
            print(f"  {case.requirement}: {error.stderr.strip().splitlines()[-1]}")
            closures[case.name] = [case.requirement]
    folder = CACHE / "all"
    pins = sorted({pin for closure in closures.values() for pin in closure})
    missing = wheels.download(pins, folder / "wheels")
    wheels.owner_files(folder)
    wheels.build(folder, CACHE / "dist")
    results = []
    with chromium() as browser, static_site(CACHE / "dist") as site, data_host() as files:
        for case in cases:
            native = run_natively(case, browser)
            here = run_here(case, browser, site, files)
            for name in (pin.partition("==")[0] for pin in missing):
                # It is in the real index, where it has no wheel at all.
                if f"it needs {name}" in here.reason:
                    here.reason = f"It needs {name}, of which there is no wheel."
            results.append((case, native, here))
            state = report.state(native, here)
            print(f"  {case.name}: {state} {report.reason(native, here)}"[:200], flush=True)
    if not names:
        report.write(results, version("datasette"))
        wheels.write_subset_lock(closures, folder / "wheels")
        print(f"{report.path_of_table()} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
