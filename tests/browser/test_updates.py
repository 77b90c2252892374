"""Deploys: after a visit, the host gets another build of the site."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browsing import (
    click_through,
    follow,
    link,
    open_within,
    save_data,
    save_query,
    stop_worker,
    wait_for_datasette,
)
from tests.support.deploys import Host
from tests.support.hosts import DataHost
from tests.support.kept import (
    copies,
    entries,
    forget_downloads,
    parts,
    see_the_launcher,
    spoil,
    wait_for_parts,
    wait_for_site,
)
from tests.support.raw_chromium import PATIENCE, wait_until
from tests.support.shop import fetch_json, shop_database

pytestmark = pytest.mark.first_visit

#: In a page: the versions of which it has loaded files.
VERSIONS_OF_PAGE = """() => [...new Set(performance.getEntriesByType("resource")
  .map(({ name }) => /\\/v\\/(\\w+)\\//.exec(name)?.[1]).filter(Boolean))]"""

#: In a page: look for a new version now, and report what becomes of its worker.
UPDATE = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  const end = new Promise((resolve) => {
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker.addEventListener("statechange", () => {
        if (/activated|redundant/.test(worker.state)) resolve(worker.state);
      });
    });
  });
  await registration.update();
  return end;
}"""

EXAMPLE = "Palmer penguins"


@pytest.fixture
def old(host: Host) -> str:
    """The version that the host has at first."""
    return version(host.sites["/"])


@pytest.fixture
def new(plugin_build: Path) -> str:
    """The version of the other build."""
    return version(plugin_build)


def version(folder: Path) -> str:
    [found] = (folder / "v").iterdir()
    return found.name


def versions_of(page: Page) -> list[str]:
    """Return the versions whose files the page has loaded, once it has loaded them all."""
    page.wait_for_load_state()
    versions: list[str] = page.evaluate(VERSIONS_OF_PAGE)
    return versions


def served(host: Host) -> set[str]:
    """Return the versions of which the host has served files since `host.requests` was cleared."""
    return {found[1] for path in host.requests if (found := re.match(r".*?/v/(\w+)/", path))}


def wait_for_version(page: Page, wanted: str, base: str = "/", scope: str = "") -> None:
    """Wait until the worker of that version has taken over: the root's, or that of a scope.

    Asking it would not do: Chromium puts an update off for as long as its worker has work.
    """
    cache = f"datasette-lite {base} version {wanted}"
    record = "async ([url, cacheName]) => !!(await caches.match(url, { cacheName }))"
    wait_until(
        lambda: page.evaluate(record, [f"{base}record{scope and f'?{scope}'}", cache]),
        PATIENCE,
        "taking over by the new version",
    )


def script(host: Host, name: str) -> str:
    """Return the path of a script of the pages of what `host` serves at its root."""
    [path] = host.sites["/"].glob(f"v/*/shell/page/{name}")
    return f"/{path.relative_to(host.sites['/']).as_posix()}"


def test_a_deploy_reaches_the_next_visit_and_old_pages_go_on(
    visitor: BrowserContext, host: Host, plugin_build: Path, old: str, new: str
) -> None:
    launcher, datasette = visitor.new_page(), visitor.new_page()
    see_the_launcher(launcher, host)
    follow(datasette, link(host.address(), "_memory", memory="1"))
    wait_for_parts(datasette)
    # A download that was broken off long ago, to see it tidied away.
    launcher.evaluate("caches.open('datasette-lite / version 0123456789ab')")

    # The browser looks for a newer version after each visit; that of these must be over.
    launcher.evaluate("async () => void (await (await navigator.serviceWorker.ready).update())")
    dialog = script(host, "import-dialog-*.js")
    host.sites["/"] = plugin_build
    host.requests.clear()
    # A visit as any other. It still sees the old version, whole, and brings the new one in.
    launcher.reload()
    expect(launcher.get_by_role("link", name=EXAMPLE)).to_be_visible()
    wait_for_version(launcher, new)
    assert versions_of(launcher) == [old]
    assert served(host) == {new}

    launcher.reload()
    expect(launcher.get_by_role("link", name=EXAMPLE)).to_be_visible()
    assert versions_of(launcher) == [new]

    # A page that the old version made: it may still import what it had not needed before, although
    # the host has nothing of it any more, and its next click is answered.
    assert versions_of(datasette) == [old]
    forget_downloads(datasette)
    assert datasette.evaluate(
        "(path) => import(path).then((module) => Object.keys(module))", dialog
    )
    # Its own worker follows the launcher's.
    wait_for_version(launcher, new, scope=re.sub(r".*/(app/@[^/]*/).*", r"\1", datasette.url))
    click_through(datasette.get_by_role("link", name="home", exact=True).first)
    wait_for_datasette(datasette)
    assert versions_of(datasette) == [new]
    assert served(host) == {new}

    # Kept are this version and the one before; of the parts, those that either needs.
    names = launcher.evaluate("caches.keys()")
    assert set(names) == {
        f"datasette-lite / {name}" for name in (f"version {old}", f"version {new}", "parts")
    }
    assert len([url for url in parts(launcher) if "site.pack" in url]) == 2
    assert len(parts(launcher)) == 6


def test_a_page_that_waits_for_its_data_across_a_deploy_gets_it(
    visitor: BrowserContext, host: Host, plugin_build: Path, files: DataHost, new: str
) -> None:
    released = threading.Event()
    url = files.add("slow.csv", b"a\nx\n", released=released)
    waiting, other = visitor.new_page(), visitor.new_page()
    waiting.goto(link(host.address(), "data/slow", csv=url))
    waiting.wait_for_selector("#boot[data-stage=fetch]")
    wait_for_site(waiting)
    host.sites["/"] = plugin_build
    other.goto(host.address())
    other.evaluate("async () => void (await (await navigator.serviceWorker.ready).update())")
    released.set()
    wait_for_datasette(waiting)
    expect(waiting.get_by_role("cell", name="x")).to_be_visible()
    wait_for_version(other, new)


def test_what_the_version_before_has_saved_opens_with_its_changes(
    page: Page, host: Host, plugin_build: Path, files: DataHost, new: str
) -> None:
    url = files.add("shop.db", shop_database())
    follow(page, link(host.address(), "shop/items", url=url))
    table = page.url
    status, answer = fetch_json(page, f"{table}/-/insert", {"row": {"id": 77, "name": "Lamp"}})
    assert status == 201, answer
    open_within(page, table.replace("/items", "/-/query?sql=select+name+from+items+where+id+=+77"))
    save_query(page, "Lamps")
    files.files.clear()
    wait_for_site(page)

    host.sites["/"] = plugin_build
    # The launcher brings in the new version, for all workspaces.
    page.goto(host.address())
    wait_for_version(page, new)
    wait_for_version(page, new, scope=re.sub(r".*/(app/@[^/]*/).*", r"\1", table))
    for go, address in (
        (follow, table.replace("/items", "/lamps")),
        (open_within, f"{table}?id=77"),
    ):
        go(page, address)
        expect(page.locator("td.col-name")).to_have_text("Lamp")
        assert versions_of(page) == [new]


def test_workspaces_of_several_versions_run_side_by_side(
    visitor: BrowserContext, host: Host, plugin_build: Path, files: DataHost, old: str, new: str
) -> None:
    """Each goes on with its own files, and loses nothing, until its own next visit."""
    pages = [visitor.new_page() for _ in range(3)]
    for number, page in enumerate(pages):
        rows = f"a\n{number}\n".encode()
        follow(page, link(host.address(), "data/t", csv=files.add(f"{number}/t.csv", rows)))
    wait_for_parts(pages[0])
    addresses = [page.url for page in pages]

    host.sites["/"] = plugin_build
    scope = re.sub(r".*/(app/@[^/]*/).*", r"\1", addresses[0])
    pages[0].reload()  # brings the new version in, for this workspace alone
    wait_for_version(pages[0], new, scope=scope)
    pages[0].reload()
    wait_for_datasette(pages[0])
    assert versions_of(pages[0]) == [new]
    # The others still run the old one, and can be written to.
    for page in pages:
        status, answer = fetch_json(page, f"{page.url}/-/insert", {"row": {"a": 77}})
        assert status == 201, answer
    forget_downloads(pages[1])
    script = f"{host.address()}v/{old}/shell/page/launcher.js"
    assert pages[1].evaluate("async (url) => (await fetch(url)).status", script) == 200
    stop_worker(pages[1])
    for page, address in zip(pages, addresses, strict=True):
        open_within(page, f"{address}?a=77")
        expect(page.locator("td.col-a")).to_have_text("77")
        wait_for_version(page, new, scope=re.sub(r".*/(app/@[^/]*/).*", r"\1", address))
        page.reload()
        wait_for_datasette(page)
        assert versions_of(page) == [new]


def test_a_worker_whose_parts_are_gone_makes_way_for_the_new_one(
    page: Page, host: Host, plugin_build: Path, new: str
) -> None:
    save_data(page)
    see_the_launcher(page, host)
    # Python was never loaded, so there is no copy of the old version's either.
    host.sites["/"] = plugin_build
    follow(page, link(host.address(), memory="1"))
    assert versions_of(page) == [new]


def test_a_booting_page_whose_parts_are_gone_gets_through(
    page: Page, host: Host, plugin_build: Path, new: str
) -> None:
    save_data(page)
    see_the_launcher(page, host)
    host.sites["/"] = plugin_build
    follow(page, f"{host.address()}app/")
    assert page.url == f"{host.address()}app/"
    assert versions_of(page) == [new]


#: In a page: delete the caches whose name contains a word.
DELETE_CACHES = """async (word) => {
  const names = (await caches.keys()).filter((name) => name.includes(word));
  await Promise.all(names.map((name) => caches.delete(name)));
}"""


@pytest.mark.parametrize("lost", [" parts", "datasette-lite"])  # the latter are all of them
def test_a_workspace_whose_parts_are_gone_gets_through(
    page: Page, host: Host, plugin_build: Path, new: str, lost: str
) -> None:
    follow(page, link(host.address(), memory="1"))
    home = page.url
    wait_for_parts(page)
    stop_worker(page)
    page.evaluate(DELETE_CACHES, lost)
    forget_downloads(page)
    host.sites["/"] = plugin_build
    page.goto(home)
    wait_for_datasette(page)
    assert page.url == home
    assert versions_of(page) == [new]


def test_a_deploy_in_progress_changes_nothing_until_it_is_done(
    page: Page, host: Host, plugin_build: Path, old: str, new: str
) -> None:
    see_the_launcher(page, host)
    follow(page, link(host.address(), memory="1"))
    wait_for_parts(page)
    page.goto(host.address())
    kept = copies(page)

    host.sites["/"] = plugin_build
    for path in ("shell/page/site.css", "kept.txt"):
        host.spoiled[f"/v/{new}/{path}"] = b"/* half a file"
    assert page.evaluate(UPDATE) == "redundant"
    page.reload()
    expect(page.get_by_role("link", name=EXAMPLE)).to_be_visible()
    assert versions_of(page) == [old]
    assert kept <= copies(page)
    stop_worker(page)
    follow(page, link(host.address(), memory="1"))
    assert versions_of(page) == [old]

    host.spoiled.clear()
    page.goto(host.address())
    wait_for_version(page, new)
    page.reload()
    expect(page.get_by_role("link", name=EXAMPLE)).to_be_visible()
    assert versions_of(page) == [new]


@pytest.mark.console_errors
def test_a_first_visit_in_the_middle_of_a_deploy_works(page: Page, host: Host, old: str) -> None:
    """What the page does not need may be missing, and is kept once it is there."""
    for path in ("shell/page/booting.js", "kept.txt"):
        host.spoiled[f"/v/{old}/{path}"] = b"// half a file"
    follow(page, link(host.address(), memory="1"))
    host.spoiled.clear()
    stop_worker(page)
    page.reload()
    wait_for_datasette(page)
    wait_for_parts(page)


@pytest.mark.console_errors
def test_the_launcher_in_the_middle_of_a_deploy_works_when_it_is_done(
    page: Page, host: Host, old: str
) -> None:
    for path in ("shell/page/booting.js", "kept.txt"):
        host.spoiled[f"/v/{old}/{path}"] = b"// half a file"
    page.goto(host.address())
    page.get_by_role("link", name=EXAMPLE).click()
    wait_for_datasette(page)
    host.spoiled.clear()
    stop_worker(page)
    page.goto(host.address())
    wait_for_site(page)


@pytest.mark.console_errors
@pytest.mark.parametrize("path", ["", "app/world"])
def test_an_old_page_in_the_browsers_cache_finds_the_new_one(
    page: Page, host: Host, plugin_build: Path, path: str, new: str
) -> None:
    host.max_age = 3600
    page.goto(f"{host.address()}data/README.md")
    # The page alone, as a cache may have it when the files that it names have long been dropped.
    page.evaluate("(url) => fetch(url, { cache: 'reload' })", f"{host.address()}{path}")
    host.sites["/"] = plugin_build
    host.requests.clear()
    page.goto(f"{host.address()}{path}")
    if path:
        wait_for_datasette(page)
    else:
        expect(page.get_by_role("link", name=EXAMPLE)).to_be_visible()
    assert page.url == f"{host.address()}{path}"
    assert versions_of(page) == [new]


@pytest.mark.console_errors
@pytest.mark.parametrize("lost", ["launcher.js", "home-extras-*.js"])  # the latter comes later
def test_a_damaged_cache_that_the_host_cannot_mend_any_more_gives_way(
    page: Page, host: Host, plugin_build: Path, lost: str, new: str
) -> None:
    see_the_launcher(page, host)
    spoil(page, script(host, lost), "delete")
    forget_downloads(page)
    host.sites["/"] = plugin_build
    page.reload()
    page.wait_for_function(f"() => ({VERSIONS_OF_PAGE})().includes({new!r})")
    expect(page.get_by_role("link", name=EXAMPLE)).to_be_visible()
    assert versions_of(page) == [new]


@pytest.mark.console_errors  # /favicon.ico, which browsers look for at the origin's root
def test_two_sites_on_one_origin_leave_each_other_alone(
    visitor: BrowserContext, host: Host, plugin_build: Path, old: str, new: str
) -> None:
    host.sites = {"/a/": host.sites["/"], "/b/": host.sites["/"]}
    one, two = visitor.new_page(), visitor.new_page()
    for page, base in ((one, "/a/"), (two, "/b/")):
        page.goto(host.address(base))
        follow(page, link(host.address(base), memory="1"))
        wait_for_parts(page, base)
        page.goto(host.address(base))

    def of_site(base: str) -> dict[str, int]:
        return {url: size for url, size in entries(one).items() if f"{base}" in url}

    before = of_site("/b/")
    host.sites["/a/"] = plugin_build
    one.reload()
    wait_for_version(one, new, "/a/")
    assert of_site("/b/") == before

    stop_worker(one)
    host.unplug()
    for page, base, wanted in ((one, "/a/", new), (two, "/b/", old)):
        page.goto(host.address(base))
        expect(page.get_by_role("link", name=EXAMPLE)).to_be_visible()
        assert versions_of(page) == [wanted]
    follow(two, link(host.address("/b/"), memory="1"))


def test_a_host_that_goes_back_to_the_version_before(
    page: Page, host: Host, plugin_build: Path, old: str, new: str
) -> None:
    first = host.sites["/"]
    see_the_launcher(page, host)
    for folder, wanted in ((plugin_build, new), (first, old)):
        host.sites["/"] = folder
        assert page.evaluate(UPDATE) == "activated"
        page.reload()
        expect(page.get_by_role("link", name=EXAMPLE)).to_be_visible()
        assert versions_of(page) == [wanted]


def test_without_service_workers_a_deploy_is_seen_at_once(
    browser: Browser, host: Host, plugin_build: Path, new: str
) -> None:
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.goto(host.address())
    # What the launcher imports later as well: were that gone, the page would load itself again.
    page.evaluate("(path) => import(path)", script(host, "home-extras-*.js"))
    host.sites["/"] = plugin_build
    page.reload()
    expect(page.get_by_role("link", name=EXAMPLE)).to_be_visible()
    assert versions_of(page) == [new]
    context.close()
