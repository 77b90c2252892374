"""Lets the tests of this folder import the site's micropip."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.packages.wheels import unpack

PROJECT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def _micropip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site's micropip, which an older Python than the site's cannot install."""
    found = [*(PROJECT / "build" / "wheels").glob("micropip-*.whl")]
    assert found, "the site's packages are not here: run `make site`"
    folder = tmp_path_factory.mktemp("micropip")
    unpack(found[0].read_bytes(), folder)
    return folder


@pytest.fixture(autouse=True)
def _path(_micropip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(_micropip)])
