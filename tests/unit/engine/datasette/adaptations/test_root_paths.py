"""Addresses that plugins write as if Datasette were at the root of its host."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.asgi.server import Message, Receive, Scope, Send
from engine.datasette.adaptations import root_paths
from engine.datasette.adaptations.root_paths import inside_instance
from tests.support.instances import opened
from tests.support.wire import head

BASE = "/lite/app/@a2V5/"

TABLE = "create table t (id integer primary key, name text); insert into t values (1, 'one')"


def answer(*bodies: bytes, kind: str = "text/html; charset=utf-8", **more: str) -> list[Message]:
    """Return an application's answer to a request through the adaptation."""
    headers = [(b"content-type", kind.encode())]
    headers += [(name.encode(), value.encode()) for name, value in more.items()]
    headers += [(b"content-length", str(len(b"".join(bodies))).encode())]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, body in enumerate(bodies, start=1):
            last = number == len(bodies)
            await send({"type": "http.response.body", "body": body, "more_body": not last})

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    asyncio.run(inside_instance(app, BASE)({"type": "http"}, receive, send))
    return sent


@pytest.mark.parametrize(
    ("written", "led"),
    [
        (
            '<form action="/-/upload-csvs" method=post>',
            f'<form action="{BASE}-/upload-csvs" method=post>',
        ),
        ("<a href='/data/t?a=1&amp;b=2'>", f"<a href='{BASE}data/t?a=1&amp;b=2'>"),
        ("<img src=/-/static-plugins/x.png>", f"<img src={BASE}-/static-plugins/x.png>"),
        (f'<a href="{BASE}data">', f'<a href="{BASE}data">'),
        ('<a href="/lite/app/@other/data">', '<a href="/lite/app/@other/data">'),
        ('<a href="/lite/saved.html">', '<a href="/lite/saved.html">'),
        ('<script src="/lite/v/1/shell/a.js">', '<script src="/lite/v/1/shell/a.js">'),
        ('<a href="/lite/">', '<a href="/lite/">'),
        ("<a HREF = '/x'>", f"<a HREF = '{BASE}x'>"),
        ('<button formaction="/x">', f'<button formaction="{BASE}x">'),
        ('<p title="/x" data-href="/x">', '<p title="/x" data-href="/x">'),
        ('href="/x"', 'href="/x"'),
        ('<a href="//example.org/x">', '<a href="//example.org/x">'),
        ('<a href="https://example.org/x">', '<a href="https://example.org/x">'),
        ("<pre>href=&quot;/x&quot;</pre>", "<pre>href=&quot;/x&quot;</pre>"),
        ('<script>x = {"href": "/x"}</script>', '<script>x = {"href": "/x"}</script>'),
        # Only what is a tag's attribute is an address
        ("<td>mount src=/dev/sda1</td>", "<td>mount src=/dev/sda1</td>"),
        (
            "<textarea>select ' href=/x ' as a</textarea><a href=/x>",
            f"<textarea>select ' href=/x ' as a</textarea><a href={BASE}x>",
        ),
        ("<textarea><a href=/x></textarea>", "<textarea><a href=/x></textarea>"),
        ("<script>'<a href=/x>'</script>", "<script>'<a href=/x>'</script>"),
        ("<style>a[ href=/x] {}</style>", "<style>a[ href=/x] {}</style>"),
        ("<title>a href=/x</title>", "<title>a href=/x</title>"),
        ("<!-- <a href=/x> > --><b>", "<!-- <a href=/x> > --><b>"),
        ('<p title="a href=/x">', '<p title="a href=/x">'),
        ("<p title=\"it's\"> href=/x ' <b>", "<p title=\"it's\"> href=/x ' <b>"),
        ("<p title='>' id=a><a href=/x>", f"<p title='>' id=a><a href={BASE}x>"),
        ("1 < 2 href=/x", "1 < 2 href=/x"),
        ("</a href=/x>", "</a href=/x>"),
        ("<SCRIPT>a = ' src=/x'</SCRIPT ><img src=/x>", None),
        ("<textarea>never closed <a href=/x>", "<textarea>never closed <a href=/x>"),
        ('<a href="/never closed', f'<a href="{BASE}never closed'),
        ("<a\nhref\n=\n'/x'\n>", f"<a\nhref\n=\n'{BASE}x'\n>"),
        ("<img/src=/x>", f"<img/src={BASE}x>"),
        ("<plaintext><a href=/x>", "<plaintext><a href=/x>"),
    ],
)
def test_links_and_forms_stay_in_the_instance(written: str, led: str | None) -> None:
    led = led or written.replace("<img src=/x>", f"<img src={BASE}x>")
    start, body = answer(written.encode())
    assert body["body"].decode() == led
    assert (b"content-length", str(len(led)).encode()) in start["headers"]


@pytest.mark.parametrize("path", ["", "data", "data/t", "data/t/1", "data/-/query?sql=select+1"])
def test_pages_of_datasette_are_not_read_tag_by_tag(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> bytes:
        raise AssertionError(f"the page {path!r} is read tag by tag, which takes long")

    monkeypatch.setattr(root_paths, "change_attributes", read)

    async def story() -> None:
        instance = await opened(tmp_path, lambda data: data.executescript(TABLE))
        address, _, query = path.partition("?")
        page = await instance.ask(head(path=f"/app/{address}", query_string=query))
        assert page.status == 200

    asyncio.run(story())


def test_redirects_stay_in_the_instance() -> None:
    for path, led in [("/data/t", f"{BASE}data/t"), (f"{BASE}data", f"{BASE}data"), ("t", "t")]:
        start, _ = answer(b"", location=path)
        assert (b"location", led.encode()) in start["headers"]


def test_what_is_no_page_stays_as_it_is() -> None:
    assert answer(b'<a href="/x">', kind="text/plain")[1]["body"] == b'<a href="/x">'


def test_a_page_in_parts_is_not_held_back() -> None:
    start, *bodies = answer(b'<a href="/x">', b"more")
    assert start["type"] == "http.response.start"
    assert [message["body"] for message in bodies] == [b'<a href="/x">', b"more"]


@pytest.mark.parametrize(
    "part", [b"<a '", b'<a href="/', b"<!--", b"<script>", b"<", b"<a =/", b"= /"]
)
def test_what_is_malformed_takes_no_longer_than_it_is_long(part: bytes) -> None:
    """A quadratic search would take minutes for this."""
    _, body = answer(part * 100_000 + b"=/x")
    assert len(body["body"]) >= 100_000 * len(part)


SCRIPT = b'const parts = location.pathname.split("/").filter(Boolean);'
COUNTED = SCRIPT.replace(b".split(", b'.replace("/lite/app/@a2V5/", "/").split(')


def test_scripts_count_the_segments_of_a_path_from_the_home_page() -> None:
    page = b"<p>%s</p><script>%s</script><SCRIPT type=module>%s</SCRIPT >" % ((SCRIPT,) * 3)
    counted = b"<p>%s</p><script>%s</script><SCRIPT type=module>%s</SCRIPT >"
    start, body = answer(page)
    assert body["body"] == counted % (SCRIPT, COUNTED, COUNTED)
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    for kind in ("text/javascript; charset=utf-8", "application/javascript"):
        start, body = answer(b"let a=1;" + SCRIPT, kind=kind)
        assert body["body"] == b"let a=1;" + COUNTED
        assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    assert answer(SCRIPT, kind="text/plain")[1]["body"] == SCRIPT


@pytest.mark.parametrize(
    "script",
    [
        b"location.pathname",
        b"my.location.pathname.split('/')",
        b"$location.pathname.split('/')",
        b"url.pathname.split('/')",
    ],
)
def test_other_paths_in_scripts_stay(script: bytes) -> None:
    assert answer(script, kind="text/javascript")[1]["body"] == script


@pytest.mark.parametrize("whose", [b"window", b"document", b"globalThis", b"self"])
def test_location_under_its_other_names(whose: bytes) -> None:
    script = whose + b".location.pathname.split('/')[1]"
    changed = answer(script, kind="text/javascript")[1]["body"]
    assert changed == whose + b'.location.pathname.replace("/lite/app/@a2V5/", "/").split(\'/\')[1]'
