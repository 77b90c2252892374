"""Puts the name, icon, texts and first page of a site into its pages and web app manifest."""

from __future__ import annotations

import html
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Pages that name the site in their title and header.
PAGES = ("index.html", "saved.html", "unresponsive.html")

#: Pages that the worker completes: it replaces ROOT with the path of the site's root.
COMPLETED = ("booting", "consent", "failed", "framed", "question", "stopped")
ROOT = "{{root}}"

DEFAULT_NAME = "Datasette Lite"

_PNG = b"\x89PNG\r\n\x1a\n"
_SMALLEST = 192


class BrandingError(Exception):
    """A name, icon or first page cannot be used; the message says why."""


@dataclass(frozen=True)
class Branding:
    """A site's name, icon, texts and first page; "" and None keep those of the runtime."""

    name: str = ""
    #: A square PNG of at least 192 pixels, or an SVG.
    icon: Path | None = None
    #: The page of Datasette that opens first, such as "/data/trees?_facet=species".
    landing: str = ""
    #: The query of the link to the app that opens first, if one does; `landing` is its first page.
    app: str = ""
    #: The heading of the launcher, and the text below it.
    heading: str = ""
    text: str = ""
    #: Whether the launcher shows cards of what the site ships.
    examples: bool = True


def check(branding: Branding) -> None:
    """Raise BrandingError if something cannot be used."""
    if branding.icon is not None:
        _icon(branding.icon)
    if branding.landing and not branding.landing.startswith("/"):
        raise BrandingError(
            f"The first page {branding.landing!r} does not start with a slash. Give the path of a"
            " page of Datasette, such as /data/trees?_facet=species."
        )


def apply(site: Path, branding: Branding) -> None:
    """Put name, icon and first page into the files of a site.

    Raises:
        BrandingError: something cannot be used, or a page is not as expected.
    """
    check(branding)
    if branding.name:
        for page in PAGES:
            _rename(site / page, html.escape(branding.name))
        _update_manifest(site, {"name": branding.name, "short_name": branding.name})
    if branding.icon is not None:
        _set_icon(site, branding.icon)
    first = branding.landing
    if branding.app:
        first = branding.app + (f"#{first}" if first else "")
    if first:
        page = html.escape(first, quote=True)
        marked = f'<html lang="en" data-landing="{page}">'
        _substitute(site / "index.html", r'<html lang="en">', marked)
    for tag, text in (("h1", branding.heading), ('p class="lead"', branding.text)):
        if text:
            name = tag.split()[0]
            inner = f"<{tag}>{html.escape(text)}</{name}>"
            _substitute(site / "index.html", rf"<{tag}>.*?</{name}>", inner)
    if not branding.examples:
        _substitute(site / "index.html", r'<a href="#examples">[^<]*</a>', "")
        _substitute(site / "index.html", r'<section id="examples".*?</section>', "")


def without_demo(site: Path) -> None:
    """Remove the picture of the project's own example from the launcher, on a site without it.

    Raises:
        BrandingError: the page is not as expected.
    """
    _substitute(
        site / "index.html", r'<!-- A picture.*?<div class="glimpse".*?</table>\s*</div>', ""
    )


def _rename(page: Path, name: str) -> None:
    text = page.read_text()
    head, found, body = text.partition("</head>")
    head = re.sub(r"<title>.*?</title>", lambda _: f"<title>{name}</title>", head, flags=re.S)
    brand = re.compile(rf'(class="brand".*?){re.escape(DEFAULT_NAME)}(\s*</a)', re.S)
    body, count = brand.subn(lambda match: f"{match[1]}{name}{match[2]}", body)
    if not found or count != 1:
        raise BrandingError(f"{page.name} does not name the site where its name is expected.")
    page.write_text(head + found + body)


def _set_icon(site: Path, icon: Path) -> None:
    described = _icon(icon)
    target = site / described["src"]
    shutil.copy(icon, target)
    _update_manifest(site, {"icons": [described]})
    places = [(page, "") for page in PAGES]
    places += [(f"app/{page}.html", ROOT) for page in COMPLETED]
    for page, root in places:
        link = f'<link rel="icon" href="{root}{described["src"]}" type="{described["type"]}" />'
        _substitute(site / page, r'<link\s+rel="icon"\s+href="[^"]*"\s*/>', link)
    touch = f'<link rel="apple-touch-icon" href="{described["src"]}" />'
    _substitute(site / "index.html", r'<link rel="apple-touch-icon" href="[^"]*" />', touch)


def _icon(path: Path) -> dict[str, str]:
    """Return the manifest's entry for an icon.

    Raises:
        BrandingError: it is not an icon.
    """
    head = path.read_bytes()[:1024]
    if b"<svg" in head:
        return {"src": "shell/icons/site.svg", "sizes": "any", "type": "image/svg+xml"}
    if not head.startswith(_PNG):
        raise BrandingError(f"The icon {path.name} is neither a PNG nor an SVG.")
    width, height = int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    if width != height or width < _SMALLEST:
        raise BrandingError(
            f"The icon {path.name} has {width} × {height} pixels. It must be a square of at least"
            f" {_SMALLEST} pixels, so that browsers can install the site as an app."
        )
    return {"src": "shell/icons/site.png", "sizes": f"{width}x{height}", "type": "image/png"}


def _update_manifest(site: Path, values: dict[str, Any]) -> None:
    path = site / "manifest.webmanifest"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}, indent=2) + "\n")


def _substitute(page: Path, pattern: str, text: str) -> None:
    changed, count = re.subn(pattern, lambda _: text, page.read_text(), count=1, flags=re.DOTALL)
    if count != 1:
        raise BrandingError(f"{page.name} has no place for what the build would put there.")
    page.write_text(changed)
