"""Tests of plugins/save_back.py: the page says which source has what is here."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.support.instances import opened
from tests.support.wire import Wire, head

REVISION = "/app/-/sources/file/revision"
HEADERS = [("content-type", "application/json"), ("sec-fetch-site", "same-origin")]


def post(tmp_path: Path, body: bytes) -> Wire:
    """Return the answer to what a page says."""

    async def story() -> Wire:
        return await (await opened(tmp_path)).ask(head("POST", REVISION, headers=HEADERS), body)

    return asyncio.run(story())


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b'{"source": "1"}', b"[" * 100_000])
def test_what_names_no_source_and_revision_is_refused(tmp_path: Path, body: bytes) -> None:
    answer = post(tmp_path, body)
    assert answer.status == 400
    assert json.loads(answer.body) == {"error": "This needs a source and a revision."}


def test_a_source_that_is_gone_and_an_old_revision_change_nothing(tmp_path: Path) -> None:
    answer = post(tmp_path, b'{"source": "7", "revision": "of another start"}')
    assert answer.status == 200
    assert json.loads(answer.body)["revision"]
