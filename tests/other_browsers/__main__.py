"""Uses the built site in Firefox and WebKitGTK, and says whether it works there.

    python -m tests.other_browsers [firefox] [webkit] [--only visits cross-site embeds]

Each trial is a module here. Neither browser is one that Playwright drives as it is installed, so
this is no part of `make test`; the exit status says whether all of it worked.
"""

from __future__ import annotations

import argparse
import sys

from tests.other_browsers import cross_site, embeds, firefox, visits, webkit
from tests.other_browsers.driving import Missing

BROWSERS = {"firefox": firefox, "webkit": webkit}
TRIALS = {
    "visits": visits.try_visits,
    "cross-site": cross_site.try_cross_site,
    "embeds": embeds.try_embeds,
}


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.other_browsers")
    parser.add_argument("browsers", nargs="*", metavar="BROWSER", help=f"of {', '.join(BROWSERS)}")
    parser.add_argument("--only", nargs="+", choices=TRIALS, default=list(TRIALS))
    wanted = parser.parse_args()
    failed = 0
    for name in wanted.browsers or BROWSERS:
        for trial in wanted.only:
            try:
                print(TRIALS[trial](BROWSERS[name]), flush=True)
            except (Missing, AssertionError) as error:
                print(f"error: {name}, {trial}: {error}", file=sys.stderr)
                failed += 1
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
