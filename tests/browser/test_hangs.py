"""A workspace that hangs, breaks down or is killed: its pages say so, it is not run into again, and
what is saved can be had. In a browser without a debugger, which would keep the worker running.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest

from tests.support.browsing import HURRIED, link
from tests.support.deploys import Host, deploy_host
from tests.support.hosts import DataHost
from tests.support.raw_chromium import PATIENCE, RawBrowser, RawTab, raw_browser, wait_until
from tests.support.sites import BUILDS, build
from tests.support.wheels import add_to_index, wheel

SITE = BUILDS / "hanging-site"
#: A page of Datasette that has run its scripts.
DATASETTE = "!!document.querySelector('navigation-search') && document.readyState === 'complete'"
NOTICES = "(document.body.lastElementChild?.shadowRoot?.textContent ?? '')"

#: Each notifies a host that it has begun.
ROUTES = """
from datasette import hookimpl
import js

async def hang(request):
    js.fetch("%(begun)s")
    while True:
        pass

async def crash(request):
    import ctypes
    js.fetch("%(begun)s")
    ctypes.string_at(0xfffffff0, 64)

@hookimpl
def register_routes():
    return [(r"^/-/hang$", hang), (r"^/-/crash$", crash)]
"""


@pytest.fixture(scope="module")
def built() -> Path:
    build(SITE, index="wheels/")
    shutil.rmtree(SITE / "wheels", ignore_errors=True)
    return SITE


@pytest.fixture
def host(built: Path, files: DataHost) -> Iterator[Host]:
    address = files.add("begun", b"")
    add_to_index(built / "wheels", wheel("datasette-hangs", code=ROUTES % {"begun": address}))
    with deploy_host(built) as running:
        yield running


def element(text: str) -> str:
    """Return a JavaScript expression: the link or button of that text, also in a notice."""
    return (
        "[document, document.body.lastElementChild?.shadowRoot].filter(Boolean)"
        ".flatMap((root) => [...root.querySelectorAll('a, button')])"
        f".find(({{ textContent }}) => textContent.trim() === {text!r})"
    )


def click(tab: RawTab, text: str) -> None:
    """Click a link or button once it is there and takes clicks."""
    tab.wait_for(f"{element(text)}?.matches(':not(:disabled, [aria-disabled=true])')")
    tab.evaluate(f"void setTimeout(() => {element(text)}.click())")


def click_whenever(tab: RawTab, text: str) -> None:
    """From the tab's next page on, click a link or button once, as soon as it is there.

    While a page waits for the next one, DevTools cannot look into it.
    """
    script = f"""const looking = setInterval(() => {{
        const found = document.body && {element(text)};
        if (found) clearInterval(looking), found.click();
    }}, 200)"""
    tab.send("Page.addScriptToEvaluateOnNewDocument", source=script)


def opened(browser: RawBrowser, host: Host, **options: str) -> tuple[RawTab, str]:
    """Open a workspace with the plugin; return its tab and address."""
    tab = browser.new_tab()
    tab.goto(link(host.address(), "world", install="datasette-hangs", **options))
    click(tab, "Allow and open")
    tab.wait_for(DATASETTE)
    return tab, tab.evaluate("location.href").removesuffix("world")


def leave_for(tab: RawTab, address: str) -> None:
    """Follow a link, without waiting for the page that it leads to."""
    tab.evaluate(f"void setTimeout(() => location.href = {address!r})")


def heading(tab: RawTab, text: str) -> None:
    """Wait for a page by its heading."""
    tab.wait_for(f"document.querySelector('h1')?.textContent === {text!r}")


def arrival(browser: RawBrowser, path: str) -> None:
    """Wait until a tab is at a path, where DevTools cannot look into the page before it."""

    def is_there() -> bool:
        targets = browser.send("Target.getTargets")["targetInfos"]
        return any(urlsplit(target["url"]).path == path for target in targets)

    wait_until(is_there, PATIENCE, f"the way to {path}")


@contextlib.contextmanager
def not_stopped_by_the_browser(browser: RawBrowser, tab: RawTab) -> Iterator[None]:
    """Keep the browser from stopping the tab's worker, however long it does not answer.

    It does not stop one that has a debugger. On a busy machine, it would otherwise stop this one
    before the pages have said everything that a person sees meanwhile.
    """
    worker = browser.attach_to_worker(tab.scope)
    yield
    browser.send("Target.detachFromTarget", sessionId=worker)


STOPPED = "This page stopped the workspace"
UNRESPONSIVE = "This workspace does not answer"


def test_a_page_that_hangs_can_be_left_and_is_not_run_again_unasked(
    host: Host, files: DataHost
) -> None:
    with raw_browser(HURRIED) as browser:
        tab, base = opened(browser, host)
        click_whenever(tab, "See what you can do")
        tab.goto(base)
        tab.wait_for(f"location.href === {base!r} && {DATASETTE}")
        other = browser.new_tab()
        other.goto(base)
        other.wait_for(DATASETTE)

        with not_stopped_by_the_browser(browser, tab):
            leave_for(tab, f"{base}-/hang")
            wait_until(lambda: files.requests, PATIENCE, "the loop")
            other.wait_for(f"{NOTICES}.includes('This workspace does not answer.')")
            tab.send("Page.bringToFront")
            arrival(browser, "/unresponsive.html")
            heading(tab, UNRESPONSIVE)
            tab.wait_for("document.body.innerText.includes('It has not answered for')")
            # Saved data is available meanwhile, without the worker.
            tab.wait_for(f"!!{element('Download')}")
            saved = browser.new_tab()
            saved.goto(f"{host.address()}saved.html")
            saved.wait_for("document.body.innerText.includes('This workspace does not answer.')")
            saved.wait_for(
                f"{element('See what you can do')}.href.includes('/unresponsive.html#workspace=')"
            )
        click(tab, "Restart the workspace")
        saved.wait_for("!document.body.innerText.includes('This workspace does not answer.')")
        saved.close()
        tab.send("Page.bringToFront")
        for one in (tab, other):
            one.wait_for(f"location.href === {base!r} && {DATASETTE}")

        leave_for(tab, f"{base}-/hang")
        heading(tab, STOPPED)
        assert len(files.requests) == 1
        click(tab, "Open this page anyway")
        wait_until(lambda: len(files.requests) == 2, PATIENCE, "the loop")
        arrival(browser, "/unresponsive.html")
        heading(tab, UNRESPONSIVE)
        click(tab, "Restart without plugins")
        tab.wait_for(f"location.href.startsWith({base!r}) && {DATASETTE}")
        tab.wait_for(f"{NOTICES}.includes('This was opened without its plugins, as you chose.')")


def kill_after_a_while(browser: RawBrowser, files: DataHost) -> RawTab:
    """Kill the worker once it has been in the loop for long; return a new tab."""
    wait_until(lambda: files.requests, PATIENCE, "the loop")
    begun = monotonic()
    wait_until(lambda: monotonic() - begun > 5.5, 10, "a long time")
    browser.kill_renderers()
    return browser.new_tab()


@pytest.mark.parametrize("options", [{}, {"temporary": "1"}])
def test_a_page_that_was_being_made_when_the_browser_stopped_the_worker(
    host: Host, files: DataHost, options: dict[str, str]
) -> None:
    with raw_browser() as browser:
        tab, base = opened(browser, host, **options)
        leave_for(tab, f"{base}-/hang")
        tab = kill_after_a_while(browser, files)
        tab.goto(f"{base}-/hang")
        heading(tab, STOPPED)
        click(tab, "Open the workspace’s home page")
        tab.wait_for(DATASETTE)
        assert len(files.requests) == 1


SEND = """fetch(new URL("-/hang", "BASE"), { method: "POST", body: "1" })
    .then((response) => response.text())"""


def test_a_request_that_changes_something_is_refused_once_when_it_comes_again(
    host: Host, files: DataHost
) -> None:
    with raw_browser() as browser:
        tab, base = opened(browser, host)
        send = SEND.replace("BASE", base)
        tab.evaluate(f"void {send}")
        tab = kill_after_a_while(browser, files)
        tab.goto(base)
        tab.wait_for(DATASETTE)
        refused = tab.evaluate(send)
        assert "This request stopped the workspace before, so it was not run again." in refused
        assert len(files.requests) == 1
        # A person who sends it again means it.
        tab.evaluate(f"void {send}")
        wait_until(lambda: len(files.requests) == 2, PATIENCE, "the loop")


def test_a_page_that_breaks_python_is_not_made_again(host: Host, files: DataHost) -> None:
    with raw_browser() as browser:
        tab, base = opened(browser, host)
        tab.goto(f"{base}-/crash")
        tab.wait_for("document.body.innerText.includes('Python crashed')")
        tab.goto(f"{base}-/crash")
        heading(tab, STOPPED)
        assert len(files.requests) == 1
        tab.goto(base)
        tab.wait_for(DATASETTE)
