"""Checks a page's accessibility, as far as a program can."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Frame, Page

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

_SETTLED = """() => Promise.allSettled(
    document.getAnimations()
        .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
        .map((one) => one.finished))"""


def accessibility_problems(page: Page | Frame, host: str = "") -> list[str]:
    """Return what axe finds wrong with a page (https://github.com/dequelabs/axe-core).

    What is in its frames is not looked at, since their policies keep axe out: ask for each frame.

    :param host: selects an element; then only the dialog in its shadow root is looked at.
    """
    # Not as an element of the page, whose policy allows only its own scripts.
    page.evaluate(_AXE.read_text())
    # Elements that are fading in don't have their final colours yet.
    page.evaluate(_SETTLED)
    # To preload stylesheets, axe would add inline styles, which the policy forbids as well.
    include = [{"fromShadowDom": [host, "dialog"]}] if host else [["html"]]
    violations = page.evaluate(
        "async (include) => (await axe.run({ include }, { preload: false })).violations", include
    )
    return [f"{v['id']}: {[n['html'] for n in v['nodes']]}" for v in violations]
