"""The site of an app, as `datasette-lite build --app` makes it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from datasette_lite.publication import Publication, publish
from tests.browser.test_apps import GUESTBOOK
from tests.browser.test_own_apps import FOLDER, WHEELS
from tests.support.browsing import BOOT_TIMEOUT, follow, link, stop_worker
from tests.support.deploys import Host, deploy_host
from tests.support.hosts import DataHost


def build(folder: Path, out: Path, cache: Path, title: bytes = b"Visits") -> None:
    """Publish FOLDER's app with its packages and a database."""
    for name, content in FOLDER.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.replace(b"<h1>Visits</h1>", b"<h1>%s</h1>" % title))
    if not (folder / "visits.db").exists():
        with contextlib.closing(sqlite3.connect(folder / "visits.db")) as database:
            database.execute("create table visits (id integer primary key)")
    wheels = [next(WHEELS.glob(f"{name}-*.whl")) for name in ("starlette", "anyio")]
    install = [str(wheel) for wheel in wheels]
    publish(Publication([folder], app="main:app", install=install, locked=True, cache=cache), out)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the app in `visits` and its site in `site`."""
    folder = tmp_path_factory.mktemp("app")
    build(folder / "visits", folder / "site", folder / "cache")
    return folder


@pytest.fixture
def host(work: Path) -> Iterator[Host]:
    """A host of that site."""
    with deploy_host(work / "site") as running:
        yield running


def open_site(page: Page, host: Host, title: str = "Visits") -> None:
    """Open the site's first page, which is the app's."""
    page.goto(host.address())
    expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=BOOT_TIMEOUT)


def test_the_first_page_is_the_app_s_and_nobody_is_asked(page: Page, host: Host) -> None:
    open_site(page, host)
    expect(page.get_by_role("status")).to_have_text("1")
    stop_worker(page)
    page.reload()
    expect(page.get_by_role("heading", name="Visits")).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("status")).to_have_text("2")
    # Following the site's address again leads to the same workspace.
    open_site(page, host)
    expect(page.get_by_role("status")).to_have_text("3")
    page.goto(f"{host.address()}#home")
    card = page.get_by_role("main").get_by_role("link", name="visits", exact=True)
    expect(card).to_be_visible()


def test_datasette_is_downloaded_only_by_those_who_open_data(
    page: Page, host: Host, files: DataHost
) -> None:
    open_site(page, host)
    assert not any("application.pack" in path for path in host.requests)
    follow(page, link(host.address(), "data/pets", csv=files.add("pets.csv", b"id,name\n1,cat\n")))
    expect(page.locator("tbody tr")).to_have_count(1)
    assert any("application.pack" in path for path in host.requests)


def test_a_newer_version_asks_those_who_have_data_in_it(
    page: Page, host: Host, work: Path, tmp_path: Path
) -> None:
    open_site(page, host)
    newer = tmp_path / "visits"
    build(newer, tmp_path / "site", work / "cache", b"All visits")
    host.sites["/"] = tmp_path / "site"
    stop_worker(page)
    page.goto(host.address())
    page.get_by_role("button", name="Open the newer version").click(timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("heading", name="All visits")).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("status")).to_have_text("2")


def test_a_locked_site_runs_no_other_app_and_its_own_only_as_published(
    page: Page, host: Host, files: DataHost
) -> None:
    for app, entry in (
        (files.add("guestbook.py", GUESTBOOK), ""),
        ("apps/visits.zip", "shutil:rmtree"),
    ):
        page.goto(link(host.address(), app=app, entry=entry))
        problem = page.get_by_label("What went wrong")
        expect(problem).to_contain_text("accepts no code from links", timeout=BOOT_TIMEOUT)
