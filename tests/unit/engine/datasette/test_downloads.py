"""Databases that are sent as files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.datasette.downloads import database_file
from engine.errors import LiteError
from engine.sqlite import faults


class BeingSaved:
    """The blocks of a large file of which there is no saved copy yet."""

    is_used = True

    def has(self, _path: str) -> bool:
        return True

    stays_partial = is_on_device = has

    async def saved_copy(self, _path: str) -> None:
        return None


def test_a_large_database_that_is_not_saved_yet_can_be_had_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocks: Any = BeingSaved()
    monkeypatch.setattr(faults, "_blocks", blocks)

    async def download() -> None:
        async with database_file(tmp_path / "x.db"):
            pass

    with pytest.raises(LiteError, match="x.db is not saved in this browser yet"):
        asyncio.run(download())
