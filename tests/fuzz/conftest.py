"""How many cases are made of each kind: EXAMPLES, or 150."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.support.plugin_registry import plugins_kept

# Each case has a folder of its own, and most of its time would go into waiting for the disk.
if os.path.isdir("/dev/shm"):
    tempfile.tempdir = "/dev/shm"

EXAMPLES = int(os.environ.get("EXAMPLES", "150"))

settings.register_profile(
    "fuzz",
    max_examples=EXAMPLES,
    # Time by the clock says nothing on a machine that is busy; see tests/support/fuzzing.py.
    deadline=None,
    database=None,
    derandomize=EXAMPLES <= 150,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
settings.load_profile("fuzz")


@pytest.fixture(scope="module", autouse=True)
def _plugins_kept() -> Iterator[None]:
    with plugins_kept():
        yield
