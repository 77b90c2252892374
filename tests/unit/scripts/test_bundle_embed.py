"""embed.js is one small, self-contained script."""

from __future__ import annotations

from pathlib import Path

import pytest
from bundle_embed import MOST, EmbedError, bundle_embed

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """A part of what a first visit downloads."""
    path = tmp_path / "some.pack"
    path.write_bytes(bytes(1234))
    return path


def test_it_is_a_classic_script_that_knows_the_size_of_a_first_visit(
    tmp_path: Path, part: Path
) -> None:
    entry = tmp_path / "embed.js"
    entry.write_text("console.log(FIRST_DOWNLOAD);")
    target = tmp_path / "made.js"
    bundle_embed(entry, target, tmp_path, [part, part])
    assert "console.log(2468)" in target.read_text()


def test_a_large_one_ends_the_build(tmp_path: Path, part: Path) -> None:
    entry = tmp_path / "embed.js"
    entry.write_text(f"console.log({'x' * MOST!r});")
    with pytest.raises(EmbedError, match="30,000 are allowed"):
        bundle_embed(entry, tmp_path / "made.js", tmp_path, [part])


def test_that_of_the_site_names_no_other_file_of_it() -> None:
    built = (PROJECT / "dist" / "embed.js").read_text()
    assert len(built) < MOST
    assert "import(" not in built and "/shell/" not in built and "/v/" not in built
