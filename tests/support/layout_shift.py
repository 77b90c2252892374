"""Notes what moves on a page without a person's doing (https://wicg.github.io/layout-instability/)."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Frame, Page

#: The most that may move, as web.dev's “good” pages: a tenth of their limit.
LIMIT = 0.01

# Elements are named by a selector that says enough to find them in the page's source.
_WATCH = """() => {
    const name = (node) => {
        const element = node instanceof Element ? node : node?.parentElement;
        if (!element) return "";
        const names = [element.localName, ...element.classList].join(".");
        return element.id ? `${names}#${element.id}` : names;
    };
    window.layoutShifts = [];
    window.layoutShiftObserver = new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries()) {
            for (const { node, previousRect, currentRect } of sources) {
                const [now, before] = [currentRect, previousRect];
                const by = [now.x - before.x, now.y - before.y];
                const grown = [now.width - before.width, now.height - before.height];
                layoutShifts.push({ value, hadRecentInput, name: name(node), by, grown });
            }
        }
    });
    layoutShiftObserver.observe({ type: "layout-shift", buffered: true });
}"""

# What has moved in the first frame is told in the second.
_READ = """() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
        resolve(layoutShifts);
    })));
})"""


@dataclass(frozen=True)
class Shift:
    """An element that moved."""

    value: float  # the score of everything that moved together with it
    name: str
    by: tuple[float, float]  # CSS pixels to the right and down
    grown: tuple[float, float]


def watch_shifts(of: BrowserContext | Page) -> None:
    """Watch all pages that are loaded from now on."""
    of.add_init_script(f"({_WATCH})()")


def watch_shifts_from_now(page: Page) -> None:
    """Watch the page that is loaded already, but nothing that moved before."""
    page.evaluate(_WATCH.replace(", buffered: true", ""))


def shifts(page: Page | Frame, *, with_answers: bool = False) -> list[Shift]:
    """Return what has moved since.

    `with_answers`: also what moved within half a second of a person's click or key press.
    """
    return [
        Shift(one["value"], one["name"], (*one["by"],), (*one["grown"],))
        for one in page.evaluate(_READ)
        if with_answers or not one["hadRecentInput"]
    ]


def score(moved: list[Shift]) -> float:
    """Return the sum of the scores, at least: those of equal value may have moved together."""
    return sum({one.value for one in moved})
