"""Apps that are not part of the site: a link runs them, once the person has allowed it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browsing import BOOT_TIMEOUT, HURRIED, follow, link, stop_worker
from tests.support.deploys import Host
from tests.support.hosts import DataHost
from tests.support.raw_chromium import raw_browser

APPS = Path(__file__).parent.parent / "apps"
GUESTBOOK = (APPS / "guestbook.py").read_bytes()


def allow(page: Page) -> None:
    """Allow the code that the page asks about."""
    expect(page.get_by_role("heading", name="Allow this code to run here?")).to_be_visible(
        timeout=BOOT_TIMEOUT
    )
    page.get_by_role("button", name="Allow and open").click()


def open_app(page: Page, address: str, title: str = "Guest book") -> None:
    """Follow a link to an app, allow it, and wait for its first page."""
    page.goto(address)
    allow(page)
    expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=BOOT_TIMEOUT)


def sign(page: Page, name: str) -> None:
    """Fill in the form of the guest book, and wait for the page that it leads to."""
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_role("listitem").filter(has_text=name)).to_be_visible()


def guests(page: Page) -> list[str]:
    """Return what the app says in JSON."""
    names: list[str] = page.evaluate("async () => (await fetch('guests.json')).json()")
    return names


def test_an_app_asks_first_and_then_answers_below_its_address(
    page: Page, site: str, files: DataHost
) -> None:
    page.goto(link(site, app=files.add("guestbook.py", GUESTBOOK)))
    item = page.get_by_role("list", name="The code").get_by_role("listitem")
    expect(item).to_contain_text("guestbook.py", timeout=BOOT_TIMEOUT)
    expect(item).to_contain_text(files.origin.removeprefix("http://"))
    expect(page.get_by_role("button", name="Open without it")).to_have_count(0)
    allow(page)
    expect(page.get_by_role("heading", name="Guest book")).to_be_visible(timeout=BOOT_TIMEOUT)
    home = page.url
    assert re.fullmatch(rf"{site}app/@[\w-]+/", home)
    sign(page, "Ada <b>")
    assert page.url == home  # where the answer to the form, a 303, leads
    assert guests(page) == ["Ada <b>"]
    page.goto(f"{home}-/log")
    expect(page.locator("pre")).to_have_text("Ada <b> has come\n")


def test_what_an_app_writes_survives_its_worker(page: Page, site: str, files: DataHost) -> None:
    open_app(page, link(site, app=files.add("guestbook.py", GUESTBOOK)))
    files.files.clear()  # the code is saved as well
    names = ["Ada", "Grace", "Mary"]
    for count, name in enumerate(names, start=1):
        sign(page, name)
        stop_worker(page)
        page.reload()
        items = page.get_by_role("listitem")
        expect(items).to_have_text(names[:count], timeout=BOOT_TIMEOUT)


@pytest.mark.console_errors  # the answers have status 503 and 500
def test_errors_are_shown_with_the_lines_of_the_app(page: Page, site: str, files: DataHost) -> None:
    broken = b'"""An app."""\n\nimport nothing_of_the_kind  # <script>alert(1)</script>\n'
    page.goto(link(site, app=files.add("broken.py", broken)))
    allow(page)
    problem = page.get_by_label("What went wrong")
    expect(problem).to_contain_text("broken.py could not be imported", timeout=BOOT_TIMEOUT)
    expect(problem).to_contain_text("No module named 'nothing_of_the_kind'")
    problem.get_by_text("Technical details").click()
    expect(problem.locator("pre")).to_contain_text("import nothing_of_the_kind  # <script>alert(1)")
    expect(problem.locator("pre")).not_to_contain_text("engine/apps")

    # Corrected, it asks again, for it is other code, and runs.
    files.add("broken.py", GUESTBOOK)
    problem.get_by_text("Try again").click()
    allow(page)
    expect(page.get_by_role("heading", name="Guest book")).to_be_visible(timeout=BOOT_TIMEOUT)
    page.goto(f"{page.url}crash")
    expect(problem).to_contain_text("ValueError: a <b>guest</b> has left")


def test_an_app_opens_offline(page: Page, host: Host, files: DataHost) -> None:
    open_app(page, link(host.address(), app=files.add("guestbook.py", GUESTBOOK)))
    sign(page, "Ada")
    home = page.url
    stop_worker(page)
    files.files.clear()
    host.unplug()
    page.goto(home)
    expect(page.get_by_role("listitem")).to_have_text("Ada", timeout=BOOT_TIMEOUT)
    sign(page, "Grace")


def test_two_apps_and_datasette_run_side_by_side(
    visitor: BrowserContext, site: str, files: DataHost
) -> None:
    other = GUESTBOOK.replace(b'TITLE = "Guest book"', b'TITLE = "Other book"')
    first, second, third = (visitor.new_page() for _ in range(3))
    open_app(first, link(site, app=files.add("guestbook.py", GUESTBOOK)))
    open_app(second, link(site, app=files.add("other.py", other)), "Other book")
    follow(third, link(site, "data/pets", csv=files.add("pets.csv", b"id,name\n1,cat\n")))
    sign(first, "Ada")
    sign(second, "Grace")
    third.reload()
    expect(third.locator("tbody tr")).to_have_count(1)
    assert (guests(first), guests(second)) == (["Ada"], ["Grace"])


def test_an_app_that_has_changed_is_replaced_and_its_files_stay(
    page: Page, site: str, files: DataHost
) -> None:
    address = link(site, app=files.add("guestbook.py", GUESTBOOK))
    open_app(page, address)
    files.add("guestbook.py", GUESTBOOK.replace(b"Guest book", b"Book of guests"))
    open_app(page, address, "Book of guests")
    sign(page, "Ada")

    # Then it is the person's choice.
    files.add("guestbook.py", GUESTBOOK.replace(b"Guest book", b"All guests"))
    page.goto(address)
    page.get_by_role("button", name="Open the version you have").click()
    expect(page.get_by_role("heading", name="Book of guests")).to_be_visible(timeout=BOOT_TIMEOUT)
    page.goto(address)
    page.get_by_role("button", name="Open the newer version").click()
    allow(page)
    expect(page.get_by_role("heading", name="All guests")).to_be_visible(timeout=BOOT_TIMEOUT)
    expect(page.get_by_role("listitem")).to_have_text("Ada")


def test_killed_at_once_after_a_form_the_app_has_its_data(site: str, files: DataHost) -> None:
    with raw_browser(HURRIED) as browser:
        tab = browser.new_tab()
        address = link(site, app=files.add("guestbook.py", GUESTBOOK))
        tab.send("Emulation.setFocusEmulationEnabled", enabled=True)  # as for a person who looks
        tab.goto(address)
        allow = "document.querySelector('#consent button.primary:not([aria-disabled])')"
        tab.wait_for(f"!!{allow}")
        tab.evaluate(f"{allow}.click()")
        tab.wait_for("document.title === 'Guest book'")
        home = tab.evaluate("location.href")
        names = [f"Guest {n}" for n in range(5)]
        for name in names:
            body = f"new URLSearchParams({{ name: '{name}' }})"
            sent = f"fetch('add', {{ method: 'POST', body: {body} }}).then(r => r.status)"
            assert tab.evaluate(sent) == 200
            browser.kill_renderers()
            tab = browser.new_tab()
            tab.goto(home)
            tab.wait_for("document.title === 'Guest book'")
        assert tab.evaluate("fetch('guests.json').then(r => r.json())") == names


def test_the_fastapi_example_has_a_form_an_api_and_its_documentation(
    page: Page, host: Host
) -> None:
    page.goto(host.address())
    page.get_by_role("link", name="Notes", exact=True).click()
    code = page.get_by_role("list", name="The code")
    expect(code).to_contain_text("Package from this site", timeout=BOOT_TIMEOUT)
    allow(page)
    expect(page.get_by_role("heading", name="Notes")).to_be_visible(timeout=BOOT_TIMEOUT)
    home = page.url
    page.get_by_label("Text").fill("Milk & honey")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("listitem")).to_have_text("Milk & honey")
    assert page.url == home
    add = """async (text) => {
        const headers = { "content-type": "application/json" };
        const body = JSON.stringify({ text });
        const answer = await fetch("api/notes", { method: "POST", headers, body });
        return [answer.status, await answer.json()];
    }"""
    assert page.evaluate(add, "Bread") == [201, {"id": 2, "text": "Bread"}]
    page.get_by_role("button", name="Count").click()
    expect(page.get_by_role("status")).to_have_text("2 notes")

    stop_worker(page)
    host.unplug()
    page.goto(f"{home}docs")
    expect(page.get_by_role("heading", name="Notes")).to_be_visible(timeout=BOOT_TIMEOUT)
    page.locator("#operations-default-list_notes_api_notes_get .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response")).to_contain_text("Milk & honey")


PICTURE = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
    b"\0\0\0\rIDATx\x9cc\xf8\x0f\0\x01\x01\x01\0\x1b\xb6\xeeV\0\0\0\0IEND\xaeB`\x82"
)


def test_the_starlette_example_has_a_session_and_takes_files(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="Album", exact=True).click()
    allow(page)
    expect(page.get_by_text("We have not met.")).to_be_visible(timeout=BOOT_TIMEOUT)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Greet me").click()
    expect(page.get_by_text("Hello, Ada! You have been here 2 times")).to_be_visible()
    page.get_by_label("Picture").set_input_files(
        {"name": "dot.png", "mimeType": "image/png", "buffer": PICTURE}
    )
    page.get_by_role("button", name="Upload").click()
    picture = page.get_by_alt_text("dot.png")
    stop_worker(page)
    page.reload()
    expect(page.get_by_text("Hello, Ada!")).to_be_visible(timeout=BOOT_TIMEOUT)
    assert picture.evaluate("async (image) => (await image.decode(), image.naturalWidth)") == 1


def test_the_flask_example_runs_through_a2wsgi(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="Tally", exact=True).click()
    allow(page)
    expect(page.get_by_role("heading", name="Tally")).to_be_visible(timeout=BOOT_TIMEOUT)
    for count in (1, 2):
        page.get_by_label("Bird").fill("Wren")
        page.get_by_role("button", name="Seen").click()
        expect(page.get_by_role("listitem")).to_have_text(f"Wren: {count}")


def test_the_django_example_has_its_admin_with_a_login(page: Page, host: Host) -> None:
    page.goto(host.address())
    page.get_by_role("link", name="Library", exact=True).click()
    allow(page)
    expect(page.get_by_role("listitem")).to_have_text(
        "The Time Machine, H. G. Wells", timeout=BOOT_TIMEOUT
    )
    home = page.url
    page.get_by_role("link", name="Administration").click()
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("admin")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Books", exact=True).click()
    page.get_by_role("link", name="Add book").last.click()
    page.get_by_label("Title").fill("Orlando")
    page.get_by_label("Author").fill("Virginia Woolf")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    # Its stylesheets have arrived, and the login lasts.
    expect(page.locator("#header")).to_have_css("display", "flex")
    stop_worker(page)
    host.unplug()
    page.goto(f"{home}admin/{page.url.split('/admin/')[1]}")
    expect(page.get_by_role("link", name="Orlando")).to_be_visible(timeout=BOOT_TIMEOUT)


def test_the_chat_example_talks_between_two_tabs_and_says_when_it_was_restarted(
    page: Page, site: str
) -> None:
    open_app(page, link(site, app=f"{site}apps/fastapi_chat.py"), "Chat")
    second = page.context.new_page()
    second.goto(page.url)
    tabs = (page, second)
    for tab in tabs:
        expect(tab.locator("output")).to_have_text("You are connected.")
    for tab, text in zip(tabs, ("Hello", "Hello yourself"), strict=True):
        tab.get_by_label("Message").fill(text)
        tab.get_by_role("button", name="Send").click()
        for other in tabs:
            expect(other.get_by_role("listitem").filter(has_text=text).last).to_be_visible()
    stop_worker(page)
    for tab in tabs:
        expect(tab.locator("output")).to_have_text(
            "The server was restarted; you are connected again.", timeout=BOOT_TIMEOUT
        )
        expect(tab.get_by_role("listitem")).to_have_text(["Hello", "Hello yourself"])
    second.close()
