"""Tests of scripts/includes.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from includes import with_parts


def test_a_part_stands_where_it_is_included(tmp_path: Path) -> None:
    (tmp_path / "head.html").write_text("<a>\n  <b>\n\n</a>\n")
    page = "<head>\n    <!-- include head.html -->\n</head>\n<p><!-- include head.html --></p>\n"
    assert with_parts(page, tmp_path) == (
        "<head>\n    <a>\n      <b>\n\n    </a>\n</head>\n<p><a>\n  <b>\n\n</a></p>\n"
    )


def test_a_part_that_is_missing_ends_the_build(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone.html"):
        with_parts("<!-- include gone.html -->", tmp_path)
