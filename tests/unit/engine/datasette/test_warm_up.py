"""Tests of engine.datasette.warm_up: pages are rendered, and leave no traces."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from engine.datasette import site, warm_up

BASE = "/some/sub/path/app/@key/"


def test_every_page_is_there_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = site.folder

    async def statuses() -> list[int]:
        return [status async for status in warm_up.pages(BASE)]

    found = asyncio.run(statuses())
    assert len(found) > 20
    assert set(found) == {200}
    assert list(tmp_path.iterdir()) == []
    assert site.folder is folder


def test_nothing_is_left_of_what_was_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def first() -> None:
        pages = warm_up.pages(BASE)
        assert await anext(pages) == 200
        assert len(list(tmp_path.iterdir())) == 1
        await pages.aclose()  # type: ignore[attr-defined]

    asyncio.run(first())
    assert list(tmp_path.iterdir()) == []
