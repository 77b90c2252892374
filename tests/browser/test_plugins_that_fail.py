"""Plugins that keep Datasette from starting: it starts all the same, and says without what.

Their wheels are made by the tests; the index is a folder of the site.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import link, wait_for_datasette
from tests.support.deploys import Host, deploy_host
from tests.support.hosts import DataHost
from tests.support.plugins import ASK, allow, key_of, notices
from tests.support.raw_chromium import raw_browser
from tests.support.sites import BUILDS, build
from tests.support.unfinished_starts import BUTTON, kill_two_starts
from tests.support.wheels import add_to_index, saying, wheel

SITE = BUILDS / "failing-plugins-site"
SHORT_OF_PATIENCE = """
from datasette import hookimpl
@hookimpl
def prepare_jinja2_environment(env):
    from engine.packages import plugin_loading
    plugin_loading.STARTUP_SECONDS = 3
"""
NEVER_STARTS = (
    SHORT_OF_PATIENCE
    + """
@hookimpl
def startup():
    async def wait():
        import asyncio
        await asyncio.Event().wait()
    return wait
"""
)
# It waits in a task of its own, so it cannot be identified.
NEVER_COMES_UP = (
    SHORT_OF_PATIENCE
    + """
@hookimpl
def asgi_wrapper():
    def wrap(app):
        async def wrapped(scope, receive, send):
            if scope["type"] == "lifespan":
                import asyncio
                await asyncio.Event().wait()
            await app(scope, receive, send)
        return wrapped
    return wrap
"""
)
SPOILS_DATASETTE = """
from datasette import hookimpl
@hookimpl
def prepare_jinja2_environment(env):
    from datasette.app import Datasette
    Datasette.refresh_schemas = None
"""
ENDS_THE_PROGRAM = """
from datasette import hookimpl
@hookimpl
def startup():
    raise SystemExit(3)
"""
LOOPS = """
from datasette import hookimpl
@hookimpl
def startup():
    import js
    js.fetch("%s")
    while True:
        pass
"""
# Goes before the script of every worker.
DENIES_STORAGE = b"""
IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError"); };
"""


@pytest.fixture(scope="module")
def built() -> Path:
    """A site whose package index is its folder wheels/."""
    build(SITE, index="wheels/")
    index = SITE / "wheels"
    shutil.rmtree(index, ignore_errors=True)
    add_to_index(
        index,
        wheel("datasette-good", code=saying("good works")),
        wheel("datasette-never-starts", code=NEVER_STARTS),
        wheel("datasette-never-comes-up", code=NEVER_COMES_UP),
        wheel("datasette-spoils", code=SPOILS_DATASETTE),
        wheel("datasette-ends", code=ENDS_THE_PROGRAM),
        wheel("datasette", "1.0a98", code="raise ImportError('nothing of it is here')"),
    )
    return SITE


@pytest.fixture
def host(built: Path) -> Iterator[Host]:
    with deploy_host(built) as running:
        yield running


def test_one_that_never_finishes_starting_is_named_and_left_out(page: Page, host: Host) -> None:
    install = ["datasette-never-starts", "datasette-ends", "datasette-good"]
    page.goto(link(host.address(), "world", install=install))
    allow(page)
    expect(page.get_by_text("good works")).to_be_visible()
    expect(notices(page)).to_have_count(2)
    ends = "datasette-ends was left out: it failed while it was being started, with SystemExit: 3."
    expect(notices(page).filter(has_text=ends)).to_have_count(1)
    notice = notices(page).filter(
        has_text="datasette-never-starts was left out: it did not finish within 3 seconds."
    )
    expect(notice).to_have_count(1)
    notice.get_by_role("button", name="Plugins").click()
    listed = page.locator("#lite-installed > li", has_text="it did not finish within")
    expect(listed).to_contain_text("datasette-never-starts")


@pytest.mark.parametrize(
    ("plugin", "reason"),
    [("spoils", "'NoneType' object is not callable."), ("never-comes-up", "it did not finish")],
)
def test_a_start_that_fails_for_a_reason_of_nobody_s_goes_without_plugins(
    page: Page, host: Host, plugin: str, reason: str
) -> None:
    page.goto(link(host.address(), "world", install=["datasette-good", f"datasette-{plugin}"]))
    allow(page)
    notice = notices(page).filter(
        has_text="Datasette did not start with its plugins and was opened without them: "
    )
    expect(notice).to_contain_text(reason)
    expect(page.get_by_text("good works")).to_have_count(0)
    notice.get_by_role("button", name="Plugins").click()
    page.get_by_role("button", name=f"Remove: datasette-{plugin}").click()
    expect(page.locator("#lite-outcome")).to_have_text(f"datasette-{plugin} was removed.")
    expect(page.get_by_text("good works")).to_be_visible()


def test_a_datasette_that_does_not_start_here_gives_way_to_the_site_s(
    page: Page, host: Host
) -> None:
    page.goto(link(host.address(), "world", ref="1.0a98"))
    allow(page)
    notice = notices(page).filter(has_text="This site does not work with Datasette 1.0a98: ")
    expect(notice).to_contain_text("nothing of it is here. The site’s own version was opened")
    # It is known from now on.
    host.requests.clear()
    page.evaluate(ASK, {"type": "install", "key": key_of(page), "upgrade": False, **GOOD})
    page.reload()
    expect(page.get_by_text("good works")).to_be_visible()
    expect(notice).to_have_count(1)
    assert not [path for path in host.requests if path.startswith("/wheels/datasette/")]


GOOD = {"requirement": "datasette-good"}


@pytest.mark.parametrize("how", ["temporary", "denied"])
def test_what_is_not_saved_has_plugins_for_as_long_as_it_lives(
    page: Page, host: Host, how: str
) -> None:
    if how == "denied":
        host.spoiled["/sw.js"] = DENIES_STORAGE + (SITE / "sw.js").read_bytes()
    options = {"temporary": "1"} if how == "temporary" else {}
    address = link(host.address(), "world", install=["datasette-good", "datasette-gone"], **options)
    page.goto(address)
    allow(page)
    expect(page.get_by_text("good works")).to_be_visible()
    expect(notices(page).filter(has_text="Nothing you change here is saved")).to_have_count(1)
    expect(notices(page).filter(has_text="datasette-gone cannot be installed")).to_have_count(1)
    page.reload()
    expect(page.get_by_text("good works")).to_be_visible()
    page.evaluate(ASK, {"type": "uninstall", "key": key_of(page), "name": "datasette-good"})
    page.reload()
    wait_for_datasette(page)
    expect(page.get_by_text("good works")).to_have_count(0)


def test_an_endless_loop_is_noticed_once_it_has_stopped_the_worker_twice(
    built: Path, host: Host, files: DataHost
) -> None:
    address = files.add("started", b"")
    add_to_index(built / "wheels", wheel("datasette-loops", code=LOOPS % address))

    def is_running() -> bool:
        return len(files.requests) > 0

    with raw_browser() as browser:
        address = link(host.address(), "world", install="datasette-loops")
        tab = kill_two_starts(browser, address, files, is_running)
        listed = "document.body.lastElementChild.shadowRoot?.textContent"
        said = "This was opened without its plugins, because two starts with them never finished"
        tab.wait_for(f"({listed} ?? '').includes({said!r})")
        assert not is_running()
        again = "document.body.lastElementChild.shadowRoot.querySelector('li button')"
        tab.evaluate(f"{again}.click()")
        tab.wait_for(f"!!{BUTTON % 'Open without it'}")
