"""Prints how much of the worker's code the unit tests in Node run, by folder.

    python -m tests.support.coverage_by_folder FILE

FILE is what Node's lcov reporter has written. Modules that no test loads are not in it; they count
with all of their lines.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
WORKER = Path("shell/worker")


def lines_run(report: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return how many lines of each module were run, and how many it has."""
    found: dict[str, tuple[int, int]] = {}
    about: dict[str, str] = {}
    for line in report:
        key, _, value = line.strip().partition(":")
        about[key] = value
        if key == "end_of_record":
            found[about["SF"]] = int(about["LH"]), int(about["LF"])
    return found


def by_folder(report: Iterable[str], project: Path) -> dict[str, tuple[int, int]]:
    """Return the sums of that for each folder of the worker."""
    known = lines_run(report)
    run: Counter[str] = Counter()
    all_: Counter[str] = Counter()
    for path in sorted((project / WORKER).rglob("*.js")):
        lines = len(path.read_text().splitlines())
        hit, lines = known.get(path.relative_to(project).as_posix(), (0, lines))
        folder = path.parent.relative_to(project).as_posix()
        run[folder] += hit
        all_[folder] += lines
    return {folder: (run[folder], all_[folder]) for folder in all_}


def main() -> None:
    """Run the command line."""
    with Path(sys.argv[1]).open() as report:
        folders = by_folder(report, PROJECT)
    run, lines = zip(*folders.values(), strict=True)
    folders["all of the worker"] = sum(run), sum(lines)
    print("Lines of the worker that the unit tests run:")
    for folder, (hit, count) in folders.items():
        print(f"  {folder:32}{hit / count:>5.0%} of {count:,}")


if __name__ == "__main__":
    main()
