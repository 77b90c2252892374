"""The policy of the site's own pages."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from includes import with_parts

from datasette_lite.page_policy import with_policy
from datasette_lite.versions import REFERRING

PROJECT = Path(__file__).resolve().parents[3]
PAGES = sorted({*REFERRING} - {"404.html", "manifest.webmanifest"})


def page(name: str) -> str:
    """Return a page with the parts that it includes."""
    return with_parts((PROJECT / name).read_text(), PROJECT / "shell" / "page" / "parts")


@pytest.mark.parametrize("name", PAGES)
def test_pages_have_nothing_that_their_policy_forbids(name: str) -> None:
    html = page(name)
    assert re.findall(r"<[^>]*\s(?:on\w+|style)=", html) == []
    assert "javascript:" not in html
    assert "unsafe" not in with_policy(html)


def test_inline_scripts_and_styles_are_named_by_their_hashes() -> None:
    html = (
        '<meta charset="utf-8" /><style>a {}</style><script>b()</script><script src="c"></script>'
    )
    policy = with_policy(html)
    for directive, content in (("style-src", b"a {}"), ("script-src", b"b()")):
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert f"{directive} 'self' 'sha256-{digest}';" in policy


def test_the_policy_comes_before_what_it_is_for() -> None:
    for name in PAGES:
        html = with_policy(page(name))
        policy = html.index("Content-Security-Policy")
        assert all(policy < match.start() for match in re.finditer("<(?:script|link|style)", html))


def test_only_the_launcher_reaches_other_hosts() -> None:
    assert "https:" not in with_policy('<meta charset="utf-8" />')
    assert "https:" in with_policy('<meta charset="utf-8" />', is_launcher=True)
