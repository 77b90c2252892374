"""Draws the PNG files of shell/icons/ from icon.svg there. Run it again when that is changed.

    python scripts/make_icons.py

Systems that install the site as an app want PNGs. They cut the maskable one to any shape, so it has
no corners of its own; what the picture shows lies within the circle that always stays visible.
"""

from __future__ import annotations

from pathlib import Path

from find_browser import find_browser
from playwright.sync_api import sync_playwright

ICONS = Path(__file__).resolve().parent.parent / "shell" / "icons"


def main() -> None:
    """Draw all of them."""
    svg = (ICONS / "icon.svg").read_text()
    pictures = [("icon-192", 192, svg), ("icon-512", 512, svg)]
    pictures.append(("maskable-512", 512, svg.replace(' rx="7"', "")))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        for name, size, picture in pictures:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>body {{ margin: 0 }}</style>{picture}")
            page.screenshot(path=ICONS / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
