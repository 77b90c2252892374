"""What the owner of a site decides about its launcher, in site.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from datasette_lite import branding
from datasette_lite.settings import SettingsError, read_settings

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The pages of a site that branding changes, as the project has them."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name in (*branding.PAGES, "manifest.webmanifest"):
        shutil.copy(PROJECT / "dist" / name, folder)
    return folder


def test_texts_of_the_launcher(site: Path, tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        'title = "Trees"\nheading = "Our <trees>"\ntext = "All of them."\nexamples = false\n'
        'start = "/trees/trees"\n'
    )
    branding.apply(site, read_settings(tmp_path).branding)
    branding.without_demo(site)
    page = (site / "index.html").read_text()
    assert "<h1>Our &lt;trees&gt;</h1>" in page
    assert '<p class="lead">All of them.</p>' in page
    assert "<title>Trees</title>" in page
    assert 'data-landing="/trees/trees"' in page
    for gone in ("Or look around in an example", "airports", "glimpse"):
        assert gone not in page
    # The rest is whole.
    assert page.count("<section") == page.count("</section>")
    assert page.count("<div") == page.count("</div>")
    assert 'id="open-form"' in page


def test_a_logo_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('logo = "gone.svg"\n')
    with pytest.raises(SettingsError, match="names the logo 'gone.svg', which is not there"):
        read_settings(tmp_path)
