"""The bridge and links, forms, downloads and other sites, which only navigations can test."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Response, expect

from tests.plugins.asgi_apps import known_bytes
from tests.support.asgi import APPS, MEMORY, fetch
from tests.support.browsing import BOOT_TIMEOUT
from tests.support.hosts import DataHost

FORM = """<!doctype html><meta charset="utf-8"><meta name="referrer" content="{policy}">
<link rel="icon" href="data:,">
<form method="{method}" action="{action}" enctype="{enctype}">
<input name="message" value="café &amp; more"><input name="message_type" value="INFO">
<button>Send</button></form><a href="{action}">Go</a>"""


def form(action: str, method: str = "post", enctype: str = "", policy: str = "default") -> str:
    return FORM.format(action=action, method=method, enctype=enctype, policy=policy)


def send(page: Page, click: str = "button") -> Response:
    """Submit the form of a page, or follow its link; return the answer."""
    with page.expect_navigation() as navigation:
        page.locator(click).click()
    assert navigation.value is not None and navigation.value.from_service_worker
    return navigation.value


def seen(page: Page) -> dict[str, Any]:
    """Return what the application "echo" saw of the navigation that led to this page."""
    fields: dict[str, Any] = json.loads(page.locator("body").inner_text())
    return {**fields, "headers": dict(fields["headers"])}


# Pages


def test_typed_address(here: Page, plugin_site: str) -> None:
    response = here.goto(f"{plugin_site}{APPS}echo/x?y=1")
    assert response is not None and response.from_service_worker
    headers = seen(here)["headers"]
    assert (headers["sec-fetch-site"], headers["sec-fetch-mode"]) == ("none", "navigate")
    assert headers["sec-fetch-dest"] == "document"
    assert "text/html" in headers["accept"] and "origin" not in headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect(here: Page, plugin_site: str, status: int) -> None:
    to = quote("echo?a=b&c", safe="")
    here.goto(f"{plugin_site}{APPS}redirect?status={status}&to={to}#hash")
    assert here.url == f"{plugin_site}{APPS}echo?a=b&c#hash"
    assert seen(here)["query_string"] == "a=b&c"


def test_redirect_to_another_site(here: Page, plugin_site: str, files: DataHost) -> None:
    url = files.add("landed.html", form("x").encode(), headers={"Content-Type": "text/html"})
    here.goto(f"{plugin_site}{APPS}redirect?status=302&to={quote(url, safe='')}")
    assert here.url == url


def test_no_content_leaves_the_page_as_it_is(here: Page) -> None:
    before = here.url
    here.evaluate("location.href = 'status?status=204'")
    assert fetch(here, "echo").status == 200
    assert here.url == before


def test_download(here: Page, tmp_path: Path) -> None:
    data = known_bytes(5 * 1024 * 1024)
    with here.expect_download() as download:
        here.evaluate("size => location.href = `download?pieces&size=${size}`", len(data))
    assert download.value.suggested_filename == "known.bin"
    file = tmp_path / "known.bin"
    download.value.save_as(file)
    assert hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(data).digest()


@pytest.mark.console_errors
@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("raise-before", "ValueError: before <the> start"),
        ("start-twice", "'http.response.start' was sent twice."),
        ("no-start", "The application returned without sending a response."),
    ],
)
def test_error_page(here: Page, plugin_site: str, app: str, said: str) -> None:
    response = here.goto(f"{plugin_site}{APPS}{app}")
    assert response is not None and response.status == 500
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    expect(here.get_by_role("heading", level=1)).to_have_text("Something went wrong")
    expect(here.locator(".message")).to_contain_text(said)
    if app == "no-start":
        expect(here.locator("summary")).to_be_hidden()
    else:
        here.locator("summary").click()
        expect(here.locator("pre")).to_contain_text("Traceback")
    here.goto(f"{plugin_site}{APPS}echo")
    assert seen(here)["method"] == "GET"


# Forms of this site


@pytest.mark.parametrize(
    ("enctype", "body"),
    [
        ("", "message=caf%C3%A9+%26+more&message_type=INFO"),
        ("text/plain", "message=café & more\r\nmessage_type=INFO\r\n"),
    ],
)
def test_form(here: Page, plugin_site: str, enctype: str, body: str) -> None:
    here.set_content(form("echo", enctype=enctype))
    send(here)
    got = seen(here)
    assert (got["method"], got["body"].encode("latin-1").decode()) == ("POST", body)
    headers = got["headers"]
    assert headers["content-type"] == (enctype or "application/x-www-form-urlencoded")
    assert headers["sec-fetch-site"] == "same-origin"
    assert headers["origin"] == plugin_site.rstrip("/")
    assert headers["referer"] == f"{plugin_site}{APPS}page"


def test_form_that_gets(here: Page) -> None:
    here.set_content(form("echo", method="get"))
    send(here)
    got = seen(here)
    assert got["method"] == "GET"
    assert got["query_string"] == "message=caf%C3%A9+%26+more&message_type=INFO"
    assert got["headers"]["sec-fetch-site"] == "same-origin"


def test_form_with_a_file(here: Page, tmp_path: Path) -> None:
    data = known_bytes(1024 * 1024)
    file = tmp_path / "known.bin"
    file.write_bytes(data)
    here.set_content(
        form("echo", enctype="multipart/form-data").replace(
            "<button>", '<input type="file" name="file"><button>'
        )
    )
    here.set_input_files("input[type=file]", file)
    send(here)
    # As text, so that the page shows every byte of it.
    body = here.evaluate("JSON.parse(document.body.innerText).body").encode("latin-1")
    assert b'name="file"; filename="known.bin"' in body and data in body


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST")])
def test_form_that_is_redirected(here: Page, status: int, method: str) -> None:
    here.set_content(form(f"redirect?status={status}&to=echo&cookie=redirected=yes"))
    send(here)
    got = seen(here)
    assert got["method"] == method
    assert got["body"].startswith("message=") == (method == "POST")
    assert got["headers"]["sec-fetch-site"] == "same-origin"
    assert "redirected=yes" in got["headers"]["cookie"]


def test_form_of_datasette(here: Page, plugin_site: str) -> None:
    here.set_content(form("/app/-/messages"))
    send(here)
    expect(here.get_by_text("café & more")).to_be_visible()
    here.goto(f"{plugin_site}app/")
    expect(here.get_by_text("café & more")).to_have_count(0)


def test_form_whose_page_hides_itself(here: Page) -> None:
    """Indistinguishable from another site's, so it counts as that."""
    here.set_content(form("echo", policy="no-referrer"))
    send(here)
    assert seen(here)["headers"]["sec-fetch-site"] == "cross-site"


# Forms and links of other sites


@pytest.fixture(params=["127.0.0.1", "localhost"])
def elsewhere(request: pytest.FixtureRequest, files: DataHost) -> str:
    """The origin of another site, and one that differs in its port alone."""
    return files.origin.replace("localhost", request.param)


def visit(page: Page, files: DataHost, elsewhere: str, html: str) -> None:
    files.add("page.html", html.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
    page.goto(f"{elsewhere}/page.html")


@pytest.mark.parametrize("policy", ["default", "no-referrer", "unsafe-url"])
@pytest.mark.parametrize("enctype", ["", "text/plain", "multipart/form-data"])
def test_form_of_another_site(
    here: Page, plugin_site: str, files: DataHost, elsewhere: str, policy: str, enctype: str
) -> None:
    visit(here, files, elsewhere, form(f"{plugin_site}{APPS}echo", "post", enctype, policy))
    send(here)
    headers = seen(here)["headers"]
    assert headers["sec-fetch-site"] == "cross-site"
    assert headers["origin"] in (elsewhere, "null")


def test_form_of_another_site_by_way_of_a_redirect(
    here: Page, plugin_site: str, files: DataHost, elsewhere: str
) -> None:
    to = f"{plugin_site}{APPS}echo"
    bounce = files.add("bounce", b"", status=307, headers={"Location": to})
    visit(here, files, elsewhere, form(bounce))
    send(here)
    assert seen(here)["method"] == "POST"
    assert seen(here)["headers"]["sec-fetch-site"] == "cross-site"


@pytest.mark.console_errors
@pytest.mark.parametrize("policy", ["default", "no-referrer"])
@pytest.mark.parametrize(
    "path", ["-/messages", "world/airports/-/insert", "world/-/create", "world/-/execute-write"]
)
def test_datasette_refuses_what_another_site_posts(
    here: Page, plugin_site: str, files: DataHost, elsewhere: str, policy: str, path: str
) -> None:
    visit(here, files, elsewhere, form(f"{plugin_site}app/{path}", "post", "text/plain", policy))
    assert send(here).status == 403
    expect(here.locator("body")).to_contain_text("cross-site")
    here.goto(f"{plugin_site}app/")
    expect(here.get_by_text("café & more")).to_have_count(0)


@pytest.mark.parametrize("policy", ["default", "no-referrer"])
def test_link_of_another_site(
    here: Page, plugin_site: str, files: DataHost, elsewhere: str, policy: str
) -> None:
    visit(here, files, elsewhere, form(f"{plugin_site}app/world", policy=policy))
    assert send(here, "a").status == 200
    visit(here, files, elsewhere, form(f"{plugin_site}{APPS}echo", policy=policy))
    send(here, "a")
    headers = seen(here)["headers"]
    assert headers["sec-fetch-site"] == ("none" if policy == "no-referrer" else "cross-site")


# Cookies


def cookies(page: Page, path: str) -> dict[str, str]:
    """Return the cookies that an application sees."""
    headers = dict(json.loads(fetch(page, path).text)["headers"])
    pairs = filter(None, headers.get("cookie", "").split("; "))
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def set_cookies(page: Page, path: str, *values: str) -> None:
    query = "&".join(f"c={quote(value, safe='')}" for value in values)
    answer = fetch(page, f"{path}set-cookies?{query}")
    assert (answer.status, "set-cookie" in answer.headers) == (200, False)


def test_cookies_come_back_until_they_are_deleted(here: Page) -> None:
    set_cookies(here, "", "one=1; Path=/; HttpOnly; Secure", 'two="a b"; Path=/', "three=3")
    got = cookies(here, "echo")
    assert (got["one"], got["two"], got["three"]) == ("1", '"a b"', "3")
    got = cookies(here, "/app/-/test-asgi/echo/below")
    assert got["three"] == "3", "its path is that of the answer that set it"
    here.reload()
    set_cookies(here, "", "one=; Path=/; Max-Age=0")
    assert {"two", "three"} <= cookies(here, "echo").keys() - {"one"}
    assert "one" not in cookies(here, "echo")
    assert here.context.cookies() == [], "cookies stay in the worker"
    assert here.evaluate("document.cookie") == ""


def test_instances_do_not_see_each_others_cookies(here: Page, plugin_site: str) -> None:
    other = here.context.new_page()
    other.goto(f"{plugin_site}{MEMORY}page")
    expect(other.get_by_text("A page under the worker's control")).to_be_visible(
        timeout=BOOT_TIMEOUT
    )
    set_cookies(here, "", "who=default; Path=/")
    set_cookies(other, "", "who=memory; Path=/")
    assert cookies(here, "echo")["who"] == "default"
    assert cookies(other, "echo") == {"who": "memory"}
    other.close()


def test_cookies_on_the_way_from_another_site(
    here: Page, plugin_site: str, files: DataHost, elsewhere: str
) -> None:
    action = f"{plugin_site}{APPS}echo"
    set_cookies(
        here, "", "lax=1; SameSite=Lax", "strict=1; SameSite=Strict", "any=1; SameSite=None"
    )
    sent = {}
    for click in ("a", "button"):
        visit(here, files, elsewhere, form(action))
        send(here, click)
        header = seen(here)["headers"].get("cookie", "")
        sent[click] = [name for name in ("lax", "strict", "any") if f"{name}=1" in header]
    assert sent == {"a": ["lax", "any"], "button": ["any"]}
