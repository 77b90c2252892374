"""Brings files to a page as people do, and uses the dialog that this opens."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.support.browsing import BOOT_TIMEOUT, click_through

_DRAG = """([files, types, times]) => {
    const transfer = new DataTransfer();
    for (const [name, content] of files) {
        const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
        transfer.items.add(new File(Array(times).fill(bytes), name));
    }
    const options = { bubbles: true, cancelable: true, dataTransfer: transfer };
    for (const type of types) document.body.dispatchEvent(new DragEvent(type, options));
}"""

_PASTE = """([selector, content]) => {
    const clipboardData = new DataTransfer();
    for (const [type, text] of Object.entries(content.text)) clipboardData.setData(type, text);
    for (const [name, file] of Object.entries(content.files)) {
        const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
        clipboardData.items.add(new File([bytes], name));
    }
    const options = { bubbles: true, cancelable: true, composed: true, clipboardData };
    document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", options));
}"""


def _encoded(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(content).decode() for name, content in files.items()}


def wait_until_it_takes_files(page: Page) -> None:
    """Wait until the page listens for files that are dropped or pasted."""
    page.wait_for_load_state()
    expect(page.locator("[data-lite-open-files]:disabled")).to_have_count(0)


def _drag(page: Page, files: Mapping[str, bytes], *types: str, times: int = 1) -> None:
    wait_until_it_takes_files(page)
    page.evaluate(_DRAG, [list(_encoded(files).items()), types, times])


def hold_over(page: Page, files: Mapping[str, bytes]) -> None:
    """Drag files over the page without letting go."""
    _drag(page, files, "dragenter", "dragover")


def take_away(page: Page) -> None:
    """Drag them out of the page again."""
    _drag(page, {}, "dragleave")


def drop(page: Page, files: Mapping[str, bytes], times: int = 1) -> Locator:
    """Drop files onto the page, with their content repeated `times` times; return the dialog."""
    _drag(page, files, "dragenter", "dragover", "drop", times=times)
    return import_dialog(page)


def drop_from_disk(page: Page, *paths: Path) -> Locator:
    """Drop files and folders that exist, as the browser's own drag and drop does."""
    wait_until_it_takes_files(page)
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        at = {"type": kind, "x": 100, "y": 100, "data": data}
        session.send("Input.dispatchDragEvent", at)
    session.detach()
    return import_dialog(page)


def paste(page: Page, into: str = "body", **content: str) -> None:
    """Paste into the element that the selector names; content is `plain` and `html`."""
    wait_until_it_takes_files(page)
    text = {f"text/{kind}": text for kind, text in content.items()}
    page.evaluate(_PASTE, [into, {"text": text, "files": {}}])


def paste_file(page: Page, name: str, content: bytes) -> None:
    """Paste a file that was copied in a file manager."""
    wait_until_it_takes_files(page)
    page.evaluate(_PASTE, ["body", {"text": {}, "files": _encoded({name: content})}])


def import_dialog(page: Page) -> Locator:
    """Return the import dialog."""
    return page.locator("dialog[data-state]")


def wait_for_previews(page: Page) -> None:
    """Wait until every file in the dialog has a preview."""
    dialog = import_dialog(page)
    expect(dialog).to_have_attribute("data-state", "choosing", timeout=BOOT_TIMEOUT)
    expect(
        dialog.locator(".files > li:is([data-state=waiting], [data-state=looking])")
    ).to_have_count(0)


def import_button(page: Page) -> Locator:
    """Return the button of the dialog that begins the import."""
    return import_dialog(page).locator("button.primary")


def import_all(page: Page, *, noted: bool = False) -> None:
    """Import the files in the dialog and wait for the page that this leads to.

    `noted`: the dialog shows notes first.
    """
    wait_for_previews(page)
    if noted:
        import_button(page).click()
        click_through(import_dialog(page).get_by_role("button", name="Show the data"))
    else:
        click_through(import_button(page))
