"""What came of the cases, kept between runs.

Responsible for the file; how a case is run is runs.py's business, what is made of the outcomes
report.py's.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.compatibility.case import Case

CACHE = Path(__file__).resolve().parents[2] / "build" / "compatibility"
FILE = CACHE / "outcomes.json"


@dataclass
class Outcome:
    """How a case went."""

    works: bool
    reason: str = ""  # why it does not, in a sentence
    #: Hosts that its pages asked for something, sorted.
    hosts: list[str] = field(default_factory=list)


def of(case: Case) -> tuple[Outcome, Outcome] | None:
    """Return the outcomes in a native Datasette and here, None if it was not run with these
    versions of plugin and Datasette.
    """
    kept = _read().get(_key(case))
    return (Outcome(**kept["native"]), Outcome(**kept["here"])) if kept else None


def keep(case: Case, native: Outcome, here: Outcome) -> None:
    """Keep what came of a case, in place of what came of it before."""
    kept = {**_read(), _key(case): {"native": asdict(native), "here": asdict(here)}}
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(kept, indent=2))


def _key(case: Case) -> str:
    return f"{case.requirement} with {version('datasette')}"


def _read() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(FILE.read_text()) if FILE.is_file() else {}
    return kept
