"""Apps that are more than one file, and apps that never finish starting."""

from __future__ import annotations

import io
import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_apps import GUESTBOOK, allow, open_app, sign
from tests.support.browsing import BOOT_TIMEOUT, link, stop_worker
from tests.support.hosts import DataHost
from tests.support.raw_chromium import raw_browser
from tests.support.unfinished_starts import kill_two_starts

METADATA = (
    b"Metadata-Version: 2.4\nName: book\nVersion: 1.0\nRequires-Dist: nowhere; extra == 'x'\n"
)

FACTORY = b"""
from .guests import app


def make_app():
    return app
"""


def packed(files: dict[str, bytes]) -> bytes:
    """Return a zip file of the files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return archive.getvalue()


PACKAGE = {"book/guests.py": GUESTBOOK, "book/site.py": FACTORY, "book/__init__.py": b""}


def test_a_zip_file_with_a_factory_named_in_the_link(
    page: Page, site: str, files: DataHost
) -> None:
    inside = {f"repository-main/{name}": content for name, content in PACKAGE.items()}
    address = files.add("main.zip", packed(inside))
    open_app(page, link(site, app=address, entry="book.site:make_app"))
    sign(page, "Ada")
    stop_worker(page)
    page.reload()
    expect(page.get_by_role("heading", name="Guest book")).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("listitem")).to_have_text("Ada")


def test_a_wheel(page: Page, site: str, files: DataHost) -> None:
    wheel = packed({**PACKAGE, "book-1.0.dist-info/METADATA": METADATA})
    address = files.add("book-1.0-py3-none-any.whl", wheel)
    open_app(page, link(site, app=address, entry="book.guests:app"))
    sign(page, "Ada")


@pytest.mark.console_errors  # the answers have status 503
@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("", "does not say which module the application is in"),
        ("book.guest:app", "No module named 'book.guest'"),
        ("book.guests:site", "has no attribute 'site'"),
        ("book.guests:TITLE", "'Guest book', which is not an ASGI application"),
        ("book guests", "does not name an application"),
    ],
)
def test_an_entry_that_leads_nowhere(
    page: Page, site: str, files: DataHost, entry: str, said: str
) -> None:
    page.goto(link(site, app=files.add("main.zip", packed(PACKAGE)), entry=entry))
    allow(page)
    expect(page.get_by_label("What went wrong")).to_contain_text(said, timeout=BOOT_TIMEOUT)


def test_an_app_whose_starts_never_finish_is_held_back(site: str, files: DataHost) -> None:
    started = files.add("started", b"")
    loops = f"import js\njs.fetch('{started}')\nwhile True:\n    pass\n"
    address = files.add("loops.py", loops.encode())

    def is_running() -> bool:
        return ("GET", "/started") in files.requests

    with raw_browser() as browser:
        tab = kill_two_starts(browser, link(site, app=address), files, is_running)
        said = "loops.py was not started, because its last starts never finished."
        tab.wait_for(f"document.body.innerText.includes({said!r})")
        assert not is_running()
