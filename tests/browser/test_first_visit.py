"""The first visit: what is downloaded before the first page, what after, and what if that fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from build_runtime import FIRST_VISIT
from compile_python import read_list
from compile_templates import TEMPLATES
from playwright.sync_api import Page, Route, expect

from tests.support.browsing import BOOT_TIMEOUT, follow, link, save_data, stop_worker
from tests.support.deploys import Host
from tests.support.hosts import DataHost
from tests.support.kept import parts, see_the_launcher, wait_for_parts
from tests.support.packed_files import workbook
from tests.support.plugins import instance
from tests.support.raw_chromium import PATIENCE, wait_until

pytestmark = pytest.mark.first_visit

#: Bytes of the site itself, from a host that compresses nothing.
LIMIT = 9_000_000

LATER = re.compile(r"/runtime/(rest\.pack|pyodide\.asm\.wasm)")


@pytest.fixture
def without_rest(host: Host) -> Iterator[Host]:
    """A host that has lost what comes after the first page."""
    host.spoiled["/runtime/rest.pack"] = b"something else"
    yield host
    host.spoiled.clear()


def requested(host: Host) -> list[str]:
    """Return the large parts that were downloaded, in order."""
    return [path for path in host.requests if path.startswith("/runtime/")]


def test_the_rest_comes_after_the_first_page(page: Page, host: Host) -> None:
    follow(page, link(host.address(), "world/cities", url=f"{host.address()}data/world.db"))
    wait_for_parts(page)
    before = [path for path in host.requests if not LATER.match(path)]
    later = [path for path in host.requests if LATER.match(path)]
    first_page = max(host.requests.index(path) for path in before if "/runtime/" in path)
    assert len(later) == 2 and min(map(host.requests.index, later)) > first_page
    # With what is kept for offline use; on a slow machine while the parts still come.
    kept_from = next(at for at, path in enumerate(host.requests) if path.endswith("/kept.txt"))
    needed = [path for path in before if "/runtime/" in path]
    needed += [path for path in host.requests[:kept_from] if "/runtime/" not in path]
    # Once each: the root's worker, which comes after the page, has the script of the workspace's.
    sent = sum(host.sent.get(path, 0) // host.requests.count(path) for path in set(needed))
    data = host.sent["/data/world.db"]
    print(f"{sent:,} bytes before the first page, {data:,} of them its data")
    assert sent - data <= LIMIT
    assert len(host.requests) <= 40, "so many requests take long on a slow network"
    stop_worker(page)
    host.unplug()
    follow(page, page.url)
    expect(page.get_by_role("heading", name="cities")).to_be_visible()


def test_a_host_that_compresses_sends_what_starts_faster(page: Page, host: Host) -> None:
    host.compresses = True
    follow(page, link(host.address(), "world/cities", url=f"{host.address()}data/world.db"))
    wait_for_parts(page)
    parts = [path.split("?")[0] for path in requested(host)]
    assert parts.count("/runtime/pyodide.asm.wasm") == 1
    assert "/runtime/wasm-packed.pack" not in parts
    later = [path for path in host.sent if path.startswith("/runtime/rest")]
    needed = sum(host.sent[path] // host.requests.count(path) for path in requested(host))
    assert needed - sum(host.sent[path] for path in later) <= LIMIT
    stop_worker(page)
    host.unplug()
    follow(page, page.url)
    expect(page.get_by_role("heading", name="cities")).to_be_visible()


def test_no_page_that_people_see_first_compiles_a_template(page: Page, plugin_site: str) -> None:
    count = "async (url) => Number(await (await fetch(url)).text())"
    follow(page, link(plugin_site, "world/cities", url="data/world.db"))
    home = instance(page)
    before = page.evaluate(count, f"{home}-/test-asgi/compiled-templates")
    assert before == sum(path.startswith(TEMPLATES) for path in read_list(FIRST_VISIT)["packages"])
    for path in ("", "world", "world/countries/FR", "world/-/query?sql=select+1", "-/settings"):
        page.goto(f"{home}{path}")
    page.goto(f"{home}world/cities")
    assert page.evaluate(count, f"{home}-/test-asgi/compiled-templates") == before


def test_excel_files_open_at_the_first_visit(page: Page, host: Host, files: DataHost) -> None:
    book = files.add("book.xlsx", workbook({"Birds": [["name", "legs"], ["wren", 2]]}))
    follow(page, link(host.address(), "data/book", excel=book))
    expect(page.get_by_role("cell", name="wren")).to_be_visible()


def test_the_page_of_plugins_opens_right_after_the_first(page: Page, host: Host) -> None:
    follow(page, link(host.address(), "-/install", memory="1"))
    expect(page.get_by_role("heading", name="Plugins", exact=True)).to_be_visible()


@pytest.mark.console_errors
def test_without_the_rest_pages_still_open(without_rest: Host, page: Page) -> None:
    follow(page, link(without_rest.address(), "_memory?sql=select+40%2B2", memory="1"))
    wait_until(
        lambda: requested(without_rest)[-1].startswith("/runtime/rest"), PATIENCE, "asking for it"
    )
    response = page.goto(page.url.replace("_memory", "no-such-database"))
    assert response is not None and response.status == 404


@pytest.mark.console_errors
def test_what_needs_the_missing_rest_says_so(
    without_rest: Host, page: Page, files: DataHost
) -> None:
    book = files.add("book.xlsx", workbook({"Birds": [["name"], ["wren"]]}))
    page.goto(link(without_rest.address(), "data/book", excel=book))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("A spreadsheet needs a part of this site", timeout=BOOT_TIMEOUT)


def test_the_launcher_has_python_downloaded_meanwhile(page: Page, host: Host) -> None:
    see_the_launcher(page, host)
    wait_until(lambda: len(parts(page)) == 4, PATIENCE, "downloading ahead")
    assert not any(path.startswith("/runtime/rest") for path in requested(host))
    ahead = requested(host)
    follow(page, link(host.address(), memory="1"))
    assert [path for path in requested(host) if not LATER.match(path)] == [
        path for path in ahead if not LATER.match(path)
    ]


def test_nothing_is_downloaded_ahead_for_who_saves_data(page: Page, host: Host) -> None:
    save_data(page)
    see_the_launcher(page, host)
    page.get_by_role("link", name="Palmer penguins").wait_for()
    page.reload()
    page.wait_for_load_state("networkidle")
    assert requested(host) == []


def test_files_can_be_opened_once_the_part_for_them_is_there(page: Page, host: Host) -> None:
    held: list[Route] = []
    page.route(re.compile(r"/home-extras-"), lambda route: held.append(route))
    with page.expect_request(re.compile(r"/home-extras-")):
        page.goto(host.address())
    button = page.get_by_role("button", name="Open files from your computer")
    expect(button).to_be_disabled()
    held[0].continue_()
    expect(button).to_be_enabled()
