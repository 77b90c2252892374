"""Presses a button as soon as it appears, like a hurried user, or one tricked by another page."""

from __future__ import annotations

from playwright.sync_api import Page

_CLICK = """
(label) => {
  const press = () => {
    const button = [...document.querySelectorAll("dialog button, #consent button")].find(
      ({ textContent }) => textContent === label);
    if (!button || window.hasPressed) return;
    window.hasPressed = true;
    button.click();
    button.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  };
  new MutationObserver(press).observe(document, { childList: true, subtree: true });
}
"""


def press_at_once(page: Page, label: str) -> None:
    """Press the button that says `label` twice as soon as it appears on this page."""
    page.evaluate(f"window.hasPressed = false; ({_CLICK})({label!r})")


def press_at_once_on_any(page: Page, label: str) -> None:
    """Do that on each page that follows."""
    page.add_init_script(f"({_CLICK})({label!r})")


def has_pressed(page: Page) -> bool:
    return page.evaluate("window.hasPressed === true") is True
