"""Notices when a test's browser has crashed as a whole.

Chromium does so once in thousands of stopped workers, with or without the site's help; every test
of the same browser would fail after it. The tests' conftest.py runs such a test again.
"""

from __future__ import annotations

#: Crashes so far, with what is known of each.
seen: list[str] = []


def note(what: str) -> None:
    """Remember a crash."""
    seen.append(what)
