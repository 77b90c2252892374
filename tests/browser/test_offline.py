"""The site without its host: after one visit it works from the files that the browser keeps."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import (
    BOOT_TIMEOUT,
    follow,
    link,
    open_within,
    save_data,
    stop_worker,
    wait_for_datasette,
)
from tests.support.deploys import Host
from tests.support.kept import (
    entries,
    forget_downloads,
    parts,
    see_the_launcher,
    spoil,
    wait_for_entries,
    wait_for_parts,
)
from tests.support.raw_chromium import raw_chromium
from tests.support.shop import fetch_json

pytestmark = pytest.mark.first_visit


def visit(page: Page, host: Host) -> None:
    """See the launcher and one instance, then go back to the launcher, with everything kept."""
    see_the_launcher(page, host)
    follow(page, link(host.address(), memory="1"))
    wait_for_parts(page)
    page.goto(host.address())


def test_launcher_and_instance_open_without_the_host(page: Page, host: Host) -> None:
    visit(page, host)
    stop_worker(page)
    host.unplug()
    page.goto(host.address())
    expect(page.get_by_role("link", name="Palmer penguins")).to_be_visible()
    follow(page, link(host.address(), "_memory?sql=select+40%2B2", memory="1"))
    expect(page.get_by_role("cell", name="42")).to_be_visible()


@pytest.mark.console_errors  # the browser's own, of the question whether there is newer data
def test_saved_data_opens_without_the_host(page: Page, host: Host) -> None:
    see_the_launcher(page, host)
    follow(page, f"{host.address()}app/data/penguins")
    row = {"species": "Emperor", "island": "Snow Hill"}
    status, answer = fetch_json(page, f"{page.url}/-/insert", {"row": row})
    assert status == 201, answer
    wait_for_parts(page)
    stop_worker(page)
    forget_downloads(page)
    host.unplug()
    # By its address, by a link of the launcher, and what is told of it.
    follow(page, f"{host.address()}app/data/penguins")
    open_within(page, f"{host.address()}app/data/penguins?species=Emperor")
    expect(page.locator("td.col-island")).to_have_text("Snow Hill")
    page.goto(link(host.address(), "data/penguins?species=Emperor"))
    page.get_by_role("button", name="Run it").click()
    expect(page.locator("td.col-island")).to_have_text("Snow Hill")
    page.goto(f"{host.address()}saved.html")
    expect(page.get_by_role("list", name="Saved data")).to_contain_text("This site’s data")


def test_a_visit_to_the_launcher_alone_is_enough_for_the_launcher(page: Page, host: Host) -> None:
    see_the_launcher(page, host)
    stop_worker(page)
    host.unplug()
    page.reload()
    expect(page.get_by_role("link", name="Palmer penguins")).to_be_visible()
    expect(page).to_have_url(host.address())


def test_the_browsers_own_cache_is_not_needed(page: Page, host: Host) -> None:
    visit(page, host)
    stop_worker(page)
    forget_downloads(page)
    host.unplug()
    follow(page, link(host.address(), memory="1"))


@pytest.mark.console_errors
def test_what_needs_the_network_says_so(page: Page, host: Host) -> None:
    visit(page, host)
    host.unplug()
    url = f"{host.address()}elsewhere/t.csv"
    page.goto(link(host.address(), "data/t", csv=url.replace("localhost", "127.0.0.1")))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("t.csv was not loaded", timeout=BOOT_TIMEOUT)
    expect(problem).to_contain_text("needs the network")


@pytest.mark.console_errors
def test_a_first_boot_that_needs_the_network_says_so(page: Page, host: Host) -> None:
    save_data(page)  # else the launcher would have it downloaded
    see_the_launcher(page, host)
    host.unplug()
    page.goto(link(host.address(), memory="1"))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("needs the network")
    # And works, from this very page, as soon as there is one.
    host.plug_in()
    problem.get_by_role("button", name="Try again").click()
    wait_for_datasette(page)


@pytest.mark.parametrize("quota", [1, 1_000_000])
def test_a_browser_without_space_still_opens_everything(page: Page, host: Host, quota: int) -> None:
    session = page.context.new_cdp_session(page)
    origin = host.address().rstrip("/")
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": quota})
    page.goto(host.address())
    expect(page.get_by_role("link", name="Palmer penguins")).to_be_visible()
    follow(page, link(host.address(), memory="1"))
    assert [url for url in parts(page) if "wasm" in url] == []
    stop_worker(page)
    page.reload()
    wait_for_datasette(page)


def test_nothing_is_downloaded_twice(page: Page, host: Host) -> None:
    visit(page, host)
    loaded = [path for path in host.requests if path.startswith("/runtime/")]
    assert len(loaded) == len(set(loaded))


@pytest.mark.parametrize("how", ["delete", "truncate"])
@pytest.mark.parametrize("file", ["/page/launcher.js", "/index.html", "/index.json"])
def test_a_damaged_file_is_mended(page: Page, host: Host, file: str, how: str) -> None:
    save_data(page)  # else the parts would come at some time
    see_the_launcher(page, host)
    whole = entries(page)
    spoil(page, file, how)
    forget_downloads(page)
    page.reload()
    expect(page.get_by_role("link", name="Palmer penguins")).to_be_visible()
    wait_for_entries(page, whole)


def test_files_that_were_never_kept_are_mended_together(page: Page, host: Host) -> None:
    visit(page, host)
    whole = entries(page)
    page.evaluate(
        "async () => Promise.all((await caches.keys()).map((name) => caches.delete(name)))"
    )
    stop_worker(page)
    page.reload()
    expect(page.get_by_role("link", name="Palmer penguins")).to_be_visible()
    follow(page, link(host.address(), memory="1"))
    # All but the notes of when this version took over, which only a new installation writes.
    whole = {url: size for url, size in whole.items() if "/record" not in url}
    wait_for_entries(page, whole)


@pytest.mark.parametrize("how", ["delete", "truncate"])
def test_a_damaged_copy_of_a_part_is_mended(page: Page, host: Host, how: str) -> None:
    visit(page, host)
    whole = entries(page)
    [part] = [url for url in whole if "/runtime/packages.pack" in url]
    url = spoil(page, part, how)
    assert entries(page).get(url) != whole[url]
    stop_worker(page)
    follow(page, link(host.address(), memory="1"))
    wait_for_entries(page, whole)


def test_a_part_that_the_host_has_in_another_version_comes_from_the_copy(
    page: Page, host: Host
) -> None:
    visit(page, host)
    stop_worker(page)
    forget_downloads(page)
    host.spoiled["/runtime/site.pack"] = b"the next version's"
    follow(page, link(host.address(), memory="1"))


def test_the_site_can_be_installed_as_an_app(host: Host) -> None:
    # A browser of its own: Chromium installs nothing from private windows, such as other tests use.
    with raw_chromium() as tab:
        tab.goto(host.address())
        tab.wait_for("document.readyState === 'complete' && navigator.serviceWorker.ready && true")
        manifest = tab.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert manifest["url"] == f"{host.address()}manifest.webmanifest"
        assert tab.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
