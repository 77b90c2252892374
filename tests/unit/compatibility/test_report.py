"""Whose fault it is that a plugin does not work, from what the runs of its case came to."""

import pytest

from tests.compatibility import report
from tests.compatibility.outcomes import Outcome

WORKS = Outcome(True)


@pytest.mark.parametrize(
    ("native", "here", "state", "fault"),
    [
        (WORKS, WORKS, "works", ""),
        (Outcome(False, "It stops."), WORKS, "broken-upstream", "the plugin"),
        (WORKS, Outcome(False, "It stops."), "native-only", "this site"),
        (
            WORKS,
            Outcome(False, "It needs x, which has no version with a wheel that runs in a browser."),
            "native-only",
            "a package without a wheel",
        ),
        (
            WORKS,
            Outcome(False, "https://a.test/an_x-1.0-py3-none-any.whl could not be downloaded."),
            "untried",
            "nobody's: not tried",
        ),
    ],
)
def test_whose_fault_it_is(native: Outcome, here: Outcome, state: str, fault: str) -> None:
    assert (report.state(native, here), report.fault(native, here)) == (state, fault)


def test_a_package_that_was_out_of_reach_is_named() -> None:
    here = Outcome(False, "https://a.test/an_x-1.0-py3-none-any.whl could not be downloaded.")
    assert report.reason(WORKS, here).startswith("It needs an-x, from a host that could not be")
