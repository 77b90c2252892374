"""Plugins of links: nothing runs before consent, they work, and one that breaks breaks only itself.

Their wheels are made by the tests; the index is a folder of the site.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.asgi import fetch
from tests.support.browsing import BOOT_TIMEOUT, follow, link, stop_worker, wait_for_datasette
from tests.support.deploys import Host, deploy_host
from tests.support.hosts import DataHost
from tests.support.kept import wait_for_site
from tests.support.plugins import ASK, allow, instance, key_of, notices
from tests.support.sites import BUILDS, PROJECT, build
from tests.support.wheels import add_to_index, native_wheel, repacked, saying, wheel

SITE = BUILDS / "index-site"
LOCKED = BUILDS / "locked-site"
CATALOGUE = json.loads((PROJECT / "plugins" / "catalogue.json").read_text())
[TESTED] = [one["version"] for one in CATALOGUE if one["name"] == "datasette-copyable"]
BREAKS_AT_IMPORT = "import subprocess\nsubprocess.run(['ls'])\n"
BREAKS_AT_STARTUP = """
from datasette import hookimpl
@hookimpl
def startup(datasette):
    async def inner():
        raise KeyError("no such setting")
    return inner
"""
BREAKS_IN_A_REQUEST = """
from datasette import hookimpl
@hookimpl
def register_routes():
    return [("/-/breaks", breaks)]
def breaks(request):
    raise ZeroDivisionError("by zero")
"""
FORGETS_ITS_BASE = """
from datasette import Response, hookimpl
@hookimpl
def register_routes():
    return [("/-/forgets", page), ("/-/forgotten", answer)]
def page():
    return Response.html(
        "<a href='/-/forgotten'>link</a><form action='/-/forgotten' method='post'><button>post"
        "</button></form><p></p><script>fetch('/-/forgotten', {method: 'POST', body: 'a'}).then("
        "(response) => response.text()).then((text) => document.querySelector('p').append(text))"
        "</script>"
    )
async def answer(request):
    return Response.text(f"{request.method} {(await request.post_body()).decode()} came")
"""
DOES_ALL = """
import asyncio
import httpx
from datasette import Response, hookimpl
seen = []
@hookimpl
def asgi_wrapper():
    def wrap(app):
        async def wrapped(scope, receive, send):
            async def sent(message):
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-wrapped", b"yes")]
                await send(message)
            await app(scope, receive, sent)
        return wrapped
    return wrap
@hookimpl
def startup(datasette):
    async def work(datasette):
        while True:
            seen.append(1)
            await asyncio.sleep(0.05)
    datasette.add_background_task(work)
@hookimpl
def register_routes():
    return [("/-/does-all", does_all)]
async def does_all(request):
    async with httpx.AsyncClient() as client:
        response = await client.get(request.args["url"])
    from pyodide.http import pyfetch
    fetched = await (await pyfetch(request.args["url"])).text()
    return Response.json({"httpx": response.text, "pyfetch": fetched, "turns": len(seen)})
"""


@pytest.fixture(scope="module")
def built() -> Path:
    """A site whose package index is its folder wheels/."""
    build(SITE, index="wheels/")
    index = SITE / "wheels"
    shutil.rmtree(index, ignore_errors=True)
    [datasette] = (PROJECT / "build" / "wheels").glob("datasette-*.whl")
    add_to_index(
        index,
        wheel(
            "datasette-one",
            code="import a_library\n" + saying("one works"),
            requires=("a-library>=1", "datasette>=0.50"),
        ),
        wheel("a-library", plugin=False),
        wheel(
            "datasette-two",
            code=saying("two, the first, works"),
            files={"static/which.txt": "the first's file"},
        ),
        wheel(
            "datasette-two",
            "2.0a1",
            code=saying("two, the second, works"),
            files={"static/which.txt": "the second's file"},
        ),
        wheel("datasette-three", "1.0", requires=("datasette<1.0",)),
        wheel("datasette-four", "1.0"),
        wheel("datasette-four", "1.1", code=saying("the newer four works")),
        wheel("datasette-copyable", TESTED, code=saying("the tested one works")),
        wheel("datasette-copyable", "99.0"),
        wheel(
            "datasette-three", "2.0a0", code=saying("three works"), requires=("datasette>=1.0a",)
        ),
        wheel("datasette-breaks-at-import", code=BREAKS_AT_IMPORT),
        wheel("datasette-breaks-at-startup", code=BREAKS_AT_STARTUP),
        wheel("datasette-breaks-in-a-request", code=BREAKS_IN_A_REQUEST),
        wheel("datasette-forgets", code=FORGETS_ITS_BASE),
        wheel("datasette-does-all", code=DOES_ALL, requires=("httpx",)),
        wheel("datasette-old", requires=("datasette<1.0",)),
        wheel("datasette-native", requires=("native-library",)),
        wheel(
            "datasette-compiled",
            code="from compiled._python_calamine import CalamineWorkbook\n"
            + saying("compiled works"),
            requires=("compiled",),
        ),
        native_wheel("compiled"),
        wheel("native-library", plugin=False, tag="cp314-cp314-manylinux_2_17_x86_64"),
        repacked(datasette, "datasette", "1.0a99"),
    )
    return SITE


@pytest.fixture
def host(built: Path) -> Iterator[Host]:
    with deploy_host(built) as running:
        yield running


@pytest.mark.console_errors  # the browser logs the 403
def test_nothing_is_fetched_before_consent(page: Page, host: Host, files: DataHost) -> None:
    elsewhere = files.add(*wheel("datasette-elsewhere", code=saying("elsewhere works")))
    page.goto(link(host.address(), "world", install=[elsewhere, "datasette-one"]))
    expect(page.get_by_text("datasette-one")).to_be_visible()
    expect(page.get_by_text(elsewhere)).to_be_visible()
    status = page.evaluate("fetch('-/versions.json').then((response) => response.status)")
    assert status == 403
    assert files.requests == []
    assert not [path for path in host.requests if path.startswith("/wheels/")]
    allow(page)
    expect(page.get_by_text("elsewhere works")).to_be_visible()
    expect(page.get_by_text("one works", exact=True)).to_be_visible()
    expect(notices(page)).to_have_count(0)


def test_packages_with_native_code_for_pyodide(page: Page, host: Host) -> None:
    page.goto(link(host.address(), "world", install="datasette-compiled"))
    expect(page.get_by_text("datasette-compiled")).to_be_visible()
    assert not [path for path in host.requests if path.startswith("/wheels/")]
    allow(page)
    expect(page.get_by_text("compiled works", exact=True)).to_be_visible()
    stop_worker(page)
    page.reload()
    expect(page.get_by_text("compiled works", exact=True)).to_be_visible()
    expect(notices(page)).to_have_count(0)


def test_three_plugins_restart_without_a_network(page: Page, host: Host) -> None:
    three = ["datasette-one", "datasette-two==1.0", "datasette-three"]
    page.goto(link(host.address(), "world", install=three))
    allow(page)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    wait_for_site(page)  # else its files are asked for until the host is gone
    stop_worker(page)
    host.requests.clear()
    host.unplug()
    page.goto(address)
    wait_for_datasette(page)
    for text in ("one works", "two, the first, works", "three works"):
        expect(page.get_by_text(text, exact=True)).to_be_visible()
    # The browser itself looks for a newer worker, all of whose code is below v/.
    assert [path for path in host.requests if not re.match(r"/(v/|sw\.js)", path)] == []


def test_refused_code_does_not_run_and_can_be_allowed_later(page: Page, host: Host) -> None:
    page.goto(link(host.address(), "world", install="datasette-one"))
    page.get_by_role("button", name="Open without").click()
    wait_for_datasette(page)
    notice = notices(page).filter(has_text="datasette-one was not installed")
    expect(notice).to_be_visible()
    assert not [path for path in host.requests if path.startswith("/wheels/")]
    page.reload()
    wait_for_datasette(page)
    expect(page.get_by_text("one works", exact=True)).to_have_count(0)


def test_one_that_breaks_breaks_nothing_else(page: Page, host: Host) -> None:
    broken = ["import", "startup"]
    install = [f"datasette-breaks-at-{when}" for when in broken]
    install += ["datasette-one", "datasette-old", "datasette-native", "datasette-nowhere"]
    page.goto(link(host.address(), "world", install=install))
    allow(page)
    expect(page.get_by_text("one works", exact=True)).to_be_visible()
    for text in (
        "datasette-breaks-at-import was left out: it failed while it was being imported,",
        "It starts other programs, which a browser does not allow.",
        "datasette-breaks-at-startup was left out: it failed while it was being started,",
        "datasette-old cannot be installed: it needs datasette<1.0, but this site has d",
        "datasette-native cannot be installed: it needs native-library, which has no version w",
        "datasette-nowhere cannot be installed: it is not in the package index.",
    ):
        expect(notices(page).filter(has_text=text)).to_have_count(1)


@pytest.mark.console_errors
def test_error_in_a_request_names_the_plugin(page: Page, host: Host) -> None:
    page.goto(link(host.address(), "world", install="datasette-breaks-in-a-request"))
    allow(page)
    page.goto(f"{instance(page)}-/breaks")
    expect(page.locator("h1")).to_have_text("Error in datasette-breaks-in-a-request")
    expect(page.locator("body")).to_contain_text("failed with ZeroDivisionError: by zero.")
    follow(page, f"{instance(page)}world")


def test_a_bare_name_takes_what_was_tested_with_the_site_s_datasette(
    page: Page, host: Host
) -> None:
    page.goto(link(host.address(), "world", install="datasette-copyable"))
    allow(page)
    expect(page.get_by_text("the tested one works")).to_be_visible()
    question = {"type": "install", "key": key_of(page), "requirement": "datasette-copyable"}
    done = page.evaluate(ASK, {**question, "upgrade": True})
    assert done["value"] == {"added": [{"name": "datasette-copyable", "version": "99.0"}]}


def test_a_link_keeps_its_place_while_it_asks(page: Page, host: Host) -> None:
    place = "world/countries?_sort=name&_size=5"
    page.goto(link(host.address(), place, install="datasette-one", url="data/world.db"))
    allow(page)
    expect(page).to_have_url(f"{instance(page)}{place}")
    expect(page.get_by_text("one works", exact=True)).to_be_visible()


def test_two_tabs_install_at_once(page: Page, host: Host) -> None:
    follow(page, link(host.address(), "world", memory="1", url="data/world.db"))
    key = key_of(page)
    other = page.context.new_page()
    other.goto(page.url)
    ask = f"async ([name, question]) => {{ window[name] = ({ASK})(question); }}"
    wanted = {"type": "install", "key": key, "upgrade": False}
    page.evaluate(ask, ["installed", {**wanted, "requirement": "datasette-one"}])
    other.evaluate(ask, ["installed", {**wanted, "requirement": "datasette-two"}])
    page.evaluate(ask, ["removed", {**wanted, "type": "uninstall", "name": "datasette-one"}])
    assert "value" in page.evaluate("window.installed")
    assert "value" in other.evaluate("window.installed")
    assert page.evaluate("window.removed")["value"] == {"removed": ["a-library", "datasette-one"]}
    page.reload()
    expect(page.get_by_text("two, the first, works")).to_be_visible()
    expect(page.get_by_text("one works", exact=True)).to_have_count(0)


def test_instances_have_plugins_of_their_own(page: Page, host: Host) -> None:
    page.goto(link(host.address(), "world", install="datasette-two==1.0"))
    allow(page)
    first = page.url
    page.goto(link(host.address(), "world", install="datasette-two==2.0a1"))
    allow(page)
    expect(page.get_by_text("two, the second, works")).to_be_visible()
    page.goto(first)
    expect(page.get_by_text("two, the first, works")).to_be_visible()
    follow(page, f"{host.address()}app/world")
    expect(page.get_by_text("two, the")).to_have_count(0)


def test_plugins_reach_out_work_aside_and_wrap(page: Page, host: Host, files: DataHost) -> None:
    url = files.add("x.txt", b"from elsewhere")
    page.goto(link(host.address(), "world", install="datasette-does-all"))
    allow(page)
    expect(notices(page)).to_have_count(0)
    address = f"{instance(page)}-/does-all?url={url}"
    answer = page.evaluate(
        "async (url) => { const response = await fetch(url);"
        " return {...await response.json(), wrapped: response.headers.get('x-wrapped')}; }",
        address,
    )
    assert answer["httpx"] == answer["pyfetch"] == "from elsewhere"
    assert answer["wrapped"] == "yes"
    assert answer["turns"] > 0


def test_requests_that_forget_where_the_instance_lives_find_it(page: Page, host: Host) -> None:
    page.goto(link(host.address(), "world", install="datasette-forgets"))
    allow(page)
    page.goto(f"{instance(page)}-/forgets")
    expect(page.locator("p")).to_have_text("POST a came")
    page.get_by_role("link", name="link").click()
    expect(page.locator("body")).to_have_text("GET  came")
    page.go_back()
    page.get_by_role("button", name="post").click()
    expect(page.locator("body")).to_have_text("POST  came")
    page.goto(host.address())
    expect(page).to_have_title(re.compile("Datasette Lite"))


def test_another_datasette(page: Page, host: Host) -> None:
    page.goto(link(host.address(), "world", ref="pre"))
    expect(page.get_by_text("Datasette, newest pre-release")).to_be_visible()
    allow(page)
    page.goto(f"{instance(page)}-/versions")
    expect(page.locator("body")).to_contain_text("1.0a99")
    page.goto(link(host.address(), "world", ref="0.1"))
    allow(page)
    expect(notices(page).filter(has_text="datasette==0.1 cannot be installed")).to_be_visible()


def test_metadata_with_html_asks_first(page: Page, host: Host, files: DataHost) -> None:
    metadata = files.add("metadata.json", b'{"title": "T", "description_html": "<i>of HTML</i>"}')
    page.goto(link(host.address(), metadata=metadata))
    expect(page.get_by_text("description_html")).to_be_visible()
    page.get_by_role("button", name="Open without").click()
    wait_for_datasette(page)
    expect(page.get_by_text("of HTML")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("T")
    page.evaluate(ASK, {"type": "consent", "key": key_of(page), "allow": None})
    page.reload()
    allow(page)
    expect(page.locator("i", has_text="of HTML")).to_be_visible()


@pytest.mark.parametrize("temporary", ["", "1"])
def test_install_upgrade_and_remove_in_place(page: Page, host: Host, temporary: str) -> None:
    follow(
        page, link(host.address(), "world", temporary=temporary, memory="1", url="data/world.db")
    )
    key = key_of(page)
    install = {"type": "install", "key": key, "upgrade": False}
    failed = page.evaluate(ASK, {**install, "requirement": "datasette-nowhere"})
    assert "it is not in the package index" in failed["error"]["message"]
    done = page.evaluate(ASK, {**install, "requirement": "datasette-two"})
    assert done["value"] == {"added": [{"name": "datasette-two", "version": "1.0"}]}
    assert done["steps"][0] == "resolving" and done["steps"][-1] == "restarting"
    page.reload()
    expect(page.get_by_text("two, the first, works")).to_be_visible()
    file = f"{instance(page)}-/static-plugins/datasette-two/which.txt"
    for _ in range(2):
        assert fetch(page, file).text == "the first's file"
    page.evaluate(ASK, {**install, "requirement": "datasette-two==2.0a1"})
    assert fetch(page, file).text == "the second's file"
    page.reload()
    expect(page.get_by_text("two, the second, works")).to_be_visible()
    listed = page.evaluate(ASK, {"type": "plugins", "key": key})["value"]["plugins"]
    [two] = [one for one in listed if one["name"] == "datasette-two"]
    assert (two["version"], two["from"], two["asked"]) == ("2.0a1", "index", True)
    page.evaluate(ASK, {**install, "requirement": "datasette-four==1.0"})
    done = page.evaluate(ASK, {**install, "requirement": "datasette-four", "upgrade": True})
    assert done["value"] == {"added": [{"name": "datasette-four", "version": "1.1"}]}
    page.reload()
    expect(page.get_by_text("the newer four works")).to_be_visible()
    done = page.evaluate(ASK, {"type": "uninstall", "key": key, "name": "datasette-two"})
    assert done["value"] == {"removed": ["datasette-two"]}
    page.reload()
    wait_for_datasette(page)
    expect(page.get_by_text("two, the")).to_have_count(0)


def test_copy_brings_its_plugins_and_asks_anew(
    page: Page, host: Host, browser: Browser, tmp_path: Path
) -> None:
    page.goto(link(host.address(), "world", install="datasette-one"))
    allow(page)
    address = page.url
    page.goto(f"{host.address()}saved.html")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export all", exact=True).click()
    exported = tmp_path / "export.zip"
    download.value.save_as(exported)
    context = browser.new_context()
    context.set_default_timeout(BOOT_TIMEOUT)
    other = context.new_page()
    other.goto(f"{host.address()}saved.html")
    with other.expect_file_chooser() as chooser:
        other.get_by_role("button", name="Import…").click()
    chooser.value.set_files(exported)
    expect(other.locator("#outcome")).to_contain_text("Imported")
    host.requests.clear()
    other.goto(address)
    expect(other.get_by_text("datasette-one")).to_be_visible()
    allow(other)
    expect(other.get_by_text("one works", exact=True)).to_be_visible()
    assert not [path for path in host.requests if path.startswith("/wheels/")]
    context.close()


def test_locked_site_takes_nothing(page: Page, host: Host) -> None:
    host.sites["/"] = build(LOCKED, index="wheels/", locked=True)
    follow(page, link(host.address(), "world", install="datasette-one"))
    text = "datasette-one was not installed: this site accepts no code from links."
    expect(notices(page).filter(has_text=text)).to_have_count(1)
    wanted = {"type": "install", "key": key_of(page), "requirement": "datasette-one"}
    answer = page.evaluate(ASK, {**wanted, "upgrade": False})
    assert answer["error"]["message"] == "No plugins can be installed here."
    assert not [path for path in host.requests if path.startswith("/wheels/")]
