"""Runs cases and writes docs/plugins.md, plugins/catalogue.json and subset.lock.

    python -m tests.compatibility [PLUGIN ...]

With names, only these are run. What came of the others is taken from the runs before, so that all
can be run in pieces; the files are written once every case has been.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

from playwright.sync_api import expect

from tests.compatibility import outcomes, report, wheels
from tests.compatibility.case import Case
from tests.compatibility.cases import CASES
from tests.compatibility.outcomes import CACHE, Outcome
from tests.compatibility.runs import closure, run_here, run_natively
from tests.support.browsing import chromium
from tests.support.hosts import data_host, static_site

FOLDER = CACHE / "all"


def main(names: list[str]) -> int:
    """Run the command line; return the exit status: 2 if it makes no sense."""
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"error: there is no case for {', '.join(unknown)}", file=sys.stderr)
        return 2
    cases = [CASES[name] for name in names] if names else list(CASES.values())
    expect.set_options(timeout=15_000)
    closures = _closures(cases)
    missing = wheels.download(
        sorted({pin for pins in closures.values() for pin in pins}), FOLDER / "wheels"
    )
    wheels.owner_files(FOLDER)
    wheels.build(FOLDER, CACHE / "dist")
    with chromium() as browser, static_site(CACHE / "dist") as site, data_host() as files:
        for case in cases:
            native = run_natively(case, browser)
            here = run_here(case, browser, site, files)
            _name_missing(here, missing)
            outcomes.keep(case, native, here)
            state = report.state(native, here)
            print(f"  {case.name}: {state} {report.reason(native, here)}"[:200], flush=True)
    return _write()


def _closures(cases: list[Case]) -> dict[str, list[str]]:
    """Return what is to be had for each case, by the names of their plugins."""
    print("Setting up the native environments", flush=True)
    closures = {}
    for case in cases:
        try:
            closures[case.name] = closure(case)
        except subprocess.CalledProcessError as error:
            print(f"  {case.requirement}: {error.stderr.strip().splitlines()[-1]}")
            closures[case.name] = [case.requirement]
    return closures


def _name_missing(here: Outcome, missing: list[str]) -> None:
    """Say of packages without a wheel that they have none; the index of the tests has them not."""
    for name in (pin.partition("==")[0] for pin in missing):
        if f"it needs {name}" in here.reason.lower():
            here.reason = f"It needs {name}, of which there is no wheel."


def _write() -> int:
    """Write the files, if every case has been run."""
    results = [(case, *found) for case in CASES.values() if (found := outcomes.of(case))]
    waiting = set(CASES) - {case.name for case, *_ in results}
    if waiting:
        print(f"Nothing is written yet: {len(waiting)} are to be run: {' '.join(sorted(waiting))}")
        return 0
    report.write(results, version("datasette"))
    wheels.write_subset_lock(_closures([CASES[name] for name in wheels.SUBSET]), FOLDER / "wheels")
    print(f"{report.path_of_table()} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
