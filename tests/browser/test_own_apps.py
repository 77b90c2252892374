"""Apps from a person's own computer: a file or a folder that is dropped on the launcher."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_apps import GUESTBOOK, allow, guests, sign
from tests.support.bringing import drop, drop_from_disk, import_dialog
from tests.support.browsing import BOOT_TIMEOUT, stop_worker
from tests.support.hosts import DataHost

WHEELS = Path(__file__).resolve().parent.parent.parent / "build" / "app-wheels"

#: A folder as people have them: a module, and a template that it opens relative to itself.
FOLDER = {
    "main.py": b"""
import sqlite3
from pathlib import Path
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route


async def home(request):
    database = sqlite3.connect("visits.db")
    with database:
        database.execute("insert into visits default values")
    count = database.execute("select count(*) from visits").fetchone()[0]
    return HTMLResponse(Path("templates/home.html").read_text().format(count=count))


app = Starlette(routes=[Route("/", home)])
""",
    "templates/home.html": b"<!doctype html><h1>Visits</h1><output>{count}</output>",
    "__pycache__/main.pyc": b"not code",
}


def open_dropped(page: Page, title: str) -> str:
    """Allow what was dropped; return the address of its first page."""
    allow(page)
    expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=BOOT_TIMEOUT)
    return page.url


def test_a_dropped_file_asks_first_and_keeps_its_data(page: Page, site: str) -> None:
    page.goto(site)
    drop(page, {"guestbook.py": GUESTBOOK})
    item = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(item).to_contain_text("guestbook.py", timeout=BOOT_TIMEOUT)
    expect(item).not_to_contain_text("localhost")
    home = open_dropped(page, "Guest book")
    sign(page, "Ada")
    stop_worker(page)
    page.reload()
    expect(page.get_by_role("heading", name="Guest book")).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("listitem")).to_have_text("Ada")
    sign(page, "Grace")

    # The same file is another workspace when it is dropped again.
    page.goto(site)
    drop(page, {"guestbook.py": GUESTBOOK})
    second = open_dropped(page, "Guest book")
    assert second != home and guests(page) == []
    page.goto(f"{site}saved.html")
    expect(page.get_by_role("heading", name="guestbook")).to_have_count(2)
    expect(page.get_by_text("guestbook.py from your computer").first).to_be_visible()

    # Their databases can be downloaded like any other.
    contents = []
    for button in page.get_by_role("button", name="Download guests.db").all():
        with page.expect_download() as download:
            button.click()
        with contextlib.closing(sqlite3.connect(download.value.path())) as database:
            contents.append(database.execute("select name from guests order by id").fetchall())
    assert sorted(contents) == [[], [("Ada",), ("Grace",)]]


def test_the_address_of_a_dropped_app_is_worth_nothing_elsewhere(page: Page, site: str) -> None:
    page.goto(site)
    drop(page, {"guestbook.py": GUESTBOOK})
    home = open_dropped(page, "Guest book")
    other = page.context.browser.new_context()  # type: ignore[union-attr]
    stranger = other.new_page()
    stranger.goto(home)
    problem = stranger.get_by_label("What went wrong")
    expect(problem).to_contain_text("not in this browser", timeout=BOOT_TIMEOUT)
    other.close()


@pytest.fixture
def folder(tmp_path: Path, files: DataHost) -> Path:
    """A folder on disk with FOLDER's files, the packages it needs, and a database."""
    wheels = [next(WHEELS.glob(f"{name}-*.whl")) for name in ("starlette", "anyio")]
    urls = [files.add(wheel.name, wheel.read_bytes()) for wheel in wheels]
    needed = [f"{url.split('/')[-1].split('-')[0]} @ {url}" for url in urls]
    listed = "\n".join(["# What it needs", *needed, "uvicorn[standard]", ""]).encode()
    for name, content in {**FOLDER, "requirements.txt": listed}.items():
        path = tmp_path / "visits" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with contextlib.closing(sqlite3.connect(tmp_path / "visits" / "visits.db")) as database:
        database.execute("create table visits (id integer primary key)")
    return tmp_path / "visits"


def test_a_dropped_folder_runs_with_its_packages_and_its_files(
    page: Page, site: str, folder: Path
) -> None:
    page.goto(site)
    drop_from_disk(page, folder)
    # It could be opened as data as well.
    expect(page.get_by_role("heading", name="Open visits")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Open").click()
    expect(page.get_by_role("list", name="The code")).to_contain_text(
        "starlette", timeout=BOOT_TIMEOUT
    )
    open_dropped(page, "Visits")
    expect(page.get_by_role("status")).to_have_text("1")
    stop_worker(page)
    page.reload()
    expect(page.get_by_role("heading", name="Visits")).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("status")).to_have_text("2")


def test_a_dropped_folder_with_data_can_be_imported_instead(
    page: Page, site: str, folder: Path
) -> None:
    (folder / "pets.csv").write_text("id,name\n1,cat\n")
    page.goto(site)
    drop_from_disk(page, folder)
    page.get_by_label("Import the data").check()
    page.get_by_role("dialog").get_by_role("button", name="Open").click()
    expect(import_dialog(page)).to_contain_text("pets.csv", timeout=BOOT_TIMEOUT)


def test_a_zip_file_whose_entry_is_unknown_asks_for_it(page: Page, site: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("book-1.0/pages/guests.py", GUESTBOOK)
        archive.writestr("book-1.0/pages/__init__.py", "")
    page.goto(site)
    drop(page, {"book.zip": packed.getvalue()})
    page.get_by_label("Application").fill("pages.guests:app")
    page.get_by_role("dialog").get_by_role("button", name="Open").click()
    open_dropped(page, "Guest book")
    sign(page, "Ada")
