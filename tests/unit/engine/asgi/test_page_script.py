"""Tests of engine.asgi.page_script: where the script is put, and where none is."""

from __future__ import annotations

import asyncio

import pytest

from engine.asgi.connection import Receive, Scope, Send
from engine.asgi.page_script import with_script
from tests.support.wire import Wire, ask, head

TAG = '<script src="/a.js"></script>'


def answer(*bodies: bytes, kind: str = "text/html; charset=utf-8", **more: str) -> Wire:
    headers = {"content-type": kind, "content-length": str(len(b"".join(bodies))), **more}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        pairs = [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ]
        await send({"type": "http.response.start", "status": 200, "headers": pairs})
        for number, body in enumerate(bodies, start=1):
            more_body = number < len(bodies)
            await send({"type": "http.response.body", "body": body, "more_body": more_body})

    return asyncio.run(ask(with_script(app, "/a.js"), head()))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "<p>a fragment"),
        ("<!doctype html>", "<script>first()</script>"),
        ("<!DOCTYPE html>\n<!-- a > comment -->\n<html lang='en'>\n<head>", "<meta charset=utf-8>"),
        ("\ufeff<!doctype html>\n<HTML>\n<HEAD profile='x'>", "<title>é</title>"),
        ("<html data-note='a \">\" b'><head id=\"'>'\">", "<img alt='it>s'>"),
        ("<!doctype html>", "<html data-note='never closed>"),
        ("<html>", "<header>not the head</header>"),
        ("<!doctype html><html>", "<body onload='run()'>"),
        ("", "text <head> in the middle"),
        ("", "<!-- never closed"),
    ],
)
def test_script_comes_first(before: str, after: str) -> None:
    wire = answer(before.encode() + after.encode())
    assert wire.body.decode() == before + TAG + after
    assert dict(wire.headers)["content-length"] == str(len(wire.body))


def test_page_in_parts() -> None:
    wire = answer(b"", b"<!doctype html><p>one", b"<p>two")
    assert wire.body.decode() == f"<!doctype html>{TAG}<p>one<p>two"


@pytest.mark.parametrize(
    "headers",
    [
        {"kind": "text/plain"},
        {"kind": "application/json"},
        {"content_encoding": "gzip"},
        {"content_range": "bytes 0-2/3"},
    ],
)
def test_everything_else_stays(headers: dict[str, str]) -> None:
    wire = answer(b"<p>", **headers)
    assert wire.body == b"<p>" and dict(wire.headers)["content-length"] == "3"


def test_page_without_a_body() -> None:
    assert answer(b"").body == b""
    assert dict(answer(b"").headers)["content-length"] == "0"


def test_what_a_script_fetches_stays() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        html = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": html})
        await send({"type": "http.response.body", "body": b"<li>one"})

    for destination, body in (("empty", b"<li>one"), ("document", TAG.encode() + b"<li>one")):
        request = head(headers=[["sec-fetch-dest", destination]])
        assert asyncio.run(ask(with_script(app, "/a.js"), request)).body == body
