"""The site without its host: after one visit it works from what the browser keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import BOOT_TIMEOUT, follow, link, stop_worker, wait_for_datasette
from tests.support.deploys import Host, deploy_host
from tests.support.raw_chromium import raw_chromium

DIST = Path(__file__).resolve().parents[2] / "dist"

#: In a page: the caches' entries as [cache, address, bytes].
ENTRIES = """async () => {
  const entries = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const { url } of await cache.keys()) {
      entries.push([name, url, (await (await cache.match(url)).blob()).size]);
    }
  }
  return entries;
}"""

PARTS_ARE_KEPT = f"""async () => (await ({ENTRIES})())
  .filter(([name]) => name.endsWith(" parts")).length === 4"""


@pytest.fixture
def host() -> Iterator[Host]:
    """A host of the built site that can be taken away."""
    with deploy_host() as running:
        running.sites["/"] = DIST
        yield running


def entries(page: Page) -> dict[str, int]:
    """Return the sizes of what is kept, by address."""
    return {url: size for _, url, size in page.evaluate(ENTRIES)}


def see_the_launcher(page: Page, host: Host) -> None:
    """Open the launcher and wait until the worker has taken charge of it, with its files kept."""
    page.goto(host.address())
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def visit(page: Page, host: Host) -> None:
    """See the launcher and one instance, then go back to the launcher, with everything kept."""
    see_the_launcher(page, host)
    follow(page, link(host.address(), memory="1"))
    page.wait_for_function(PARTS_ARE_KEPT)
    page.goto(host.address())


def spoil(page: Page, ending: str, how: str) -> str:
    """Delete or truncate the one entry of the caches whose address ends so; return the address."""
    url: str = page.evaluate(
        """async ([ending, how]) => {
          for (const name of await caches.keys()) {
            const cache = await caches.open(name);
            for (const { url } of await cache.keys()) {
              if (!url.endsWith(ending)) continue;
              const response = await cache.match(url);
              const bytes = await response.arrayBuffer();
              await cache.delete(url);
              if (how === "truncate") {
                const half = bytes.slice(0, bytes.byteLength / 2);
                await cache.put(url, new Response(half, { headers: response.headers }));
              }
              return url;
            }
          }
          throw new Error(`nothing is kept that ends with ${ending}`);
        }""",
        [ending, how],
    )
    return url


def wait_for_entry(page: Page, url: str, size: int) -> None:
    """Wait until a file is kept with that size."""
    page.wait_for_function(
        "async ([url, size]) => (await (await caches.match(url))?.blob())?.size === size",
        arg=[url, size],
    )


def forget_downloads(page: Page) -> None:
    """Empty the browser's HTTP cache, and its memory of the page's files."""
    session = page.context.new_cdp_session(page)
    session.send("Network.clearBrowserCache")
    session.detach()


def test_launcher_and_instance_open_without_the_host(page: Page, host: Host) -> None:
    visit(page, host)
    stop_worker(page)
    host.unplug()
    page.goto(host.address())
    expect(page.get_by_role("link", name="Palmer penguins")).to_be_visible()
    follow(page, link(host.address(), "_memory?sql=select+40%2B2", memory="1"))
    expect(page.get_by_role("cell", name="42")).to_be_visible()


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
    see_the_launcher(page, host)
    host.unplug()
    page.goto(link(host.address(), memory="1"))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("needs the network")
    # And works, from this very page, as soon as there is one.
    host.plug_in()
    problem.get_by_role("button", name="Try again").click()
    wait_for_datasette(page)


def test_nothing_is_downloaded_twice(page: Page, host: Host) -> None:
    visit(page, host)
    parts = [path for path in host.requests if path.startswith("/runtime/")]
    assert len(parts) == len(set(parts)) == 4


@pytest.mark.parametrize("how", ["delete", "truncate"])
@pytest.mark.parametrize("file", ["/page/launcher.js", "/index.html", "/index.json"])
def test_a_damaged_file_is_mended(page: Page, host: Host, file: str, how: str) -> None:
    see_the_launcher(page, host)
    whole = entries(page)
    url = spoil(page, file, how)
    forget_downloads(page)
    page.reload()
    expect(page.get_by_role("link", name="Palmer penguins")).to_be_visible()
    wait_for_entry(page, url, whole[url])
    assert entries(page) == whole


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
    page.wait_for_function(PARTS_ARE_KEPT)
    page.wait_for_function(f"async (n) => (await ({ENTRIES})()).length >= n", arg=len(whole) - 1)
    # All but the note of when this version took over, which only a new installation writes.
    record = host.address() + "record"
    assert entries(page) == {url: size for url, size in whole.items() if url != record}


@pytest.mark.parametrize("how", ["delete", "truncate"])
def test_a_damaged_copy_of_a_part_is_mended(page: Page, host: Host, how: str) -> None:
    visit(page, host)
    whole = entries(page)
    [part] = [url for url in whole if "/runtime/packages.pack" in url]
    url = spoil(page, part, how)
    assert entries(page).get(url) != whole[url]
    stop_worker(page)
    follow(page, link(host.address(), memory="1"))
    wait_for_entry(page, url, whole[url])
    assert entries(page) == whole


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
