"""The bridge and a page's fetch(): requests reach an ASGI application, answers come back."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.plugins.asgi_apps import PARTS, known_bytes
from tests.support.asgi import APPS, WORKER_HEADERS, fetch, new_id

MIB = 1024 * 1024


def echo(page: Page, path: str = "echo", **init: Any) -> dict[str, Any]:
    """Return what the application saw of a request; its headers as a dictionary."""
    seen: dict[str, Any] = json.loads(fetch(page, path, **init).text)
    assert len(dict(seen["headers"])) == len(seen["headers"])
    return {**seen, "headers": dict(seen["headers"])}


DIGEST = """async (bytes) => {
  const digest = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))];
  return [bytes.byteLength, digest.map((b) => (b + 256).toString(16).slice(1)).join("")];
}"""


# Requests


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
def test_methods(here: Page, method: str) -> None:
    answer = fetch(here, "echo", method=method)
    assert (answer.status, answer.headers["x-seen"]) == (200, method)
    seen = json.loads(answer.text)
    assert (seen["method"], seen["body"]) == (method, "")


def test_head(here: Page) -> None:
    answer = fetch(here, "echo", method="HEAD")
    assert (answer.status, answer.headers["x-seen"], answer.text) == (200, "HEAD", "")


def test_address(here: Page, plugin_site: str) -> None:
    seen = echo(here, "echo/caf%C3%A9%2Fx%20y/é?a=%20b&c=+&é#hash")
    assert seen["path"] == "/app/-/test-asgi/echo/café/x y/é"
    assert seen["raw_path"] == "/app/-/test-asgi/echo/caf%C3%A9%2Fx%20y/%C3%A9"
    assert seen["query_string"] == "a=%20b&c=+&%C3%A9"
    port = urlsplit(plugin_site).port
    assert (seen["scheme"], seen["server"]) == ("http", ["localhost", port])
    assert seen["headers"]["host"] == f"localhost:{port}"


def test_request_headers(here: Page, plugin_site: str) -> None:
    headers = {"X-One": "1", "Authorization": "Bearer x", "Accept": "x/y"}
    seen = echo(here, method="PUT", headers=headers, body="x")["headers"]
    assert {name: seen[name.lower()] for name in headers} == headers
    assert seen["sec-fetch-site"] == "same-origin"
    assert (seen["sec-fetch-mode"], seen["sec-fetch-dest"]) == ("cors", "empty")
    assert seen["origin"] == plugin_site.rstrip("/")
    assert seen["referer"] == f"{plugin_site}{APPS}page"
    assert seen["user-agent"] == here.evaluate("navigator.userAgent")
    assert seen["transfer-encoding"] == "chunked"
    assert "content-length" not in seen


def test_how_an_empty_body_is_announced(here: Page) -> None:
    assert echo(here, method="POST")["headers"]["content-length"] == "0"
    assert {"content-length", "transfer-encoding"}.isdisjoint(echo(here)["headers"])


def test_repeated_request_headers_arrive_joined(here: Page) -> None:
    answer = here.evaluate(
        """async () => {
          const headers = new Headers([["x-two", "a"], ["x-two", "b"]]);
          return (await fetch("echo", { headers })).json();
        }"""
    )
    assert ["x-two", "a, b"] in answer["headers"]


def test_text_body(here: Page) -> None:
    seen = echo(here, method="POST", body="plain café")
    assert seen["body"].encode("latin-1").decode() == "plain café"
    assert seen["headers"]["content-type"] == "text/plain;charset=UTF-8"


def test_five_megabytes_there(here: Page) -> None:
    sent, got = here.evaluate(
        f"""async (size) => {{
          const body = Uint8Array.from({{ length: size }}, (_, n) => (n * 31 + (n >> 8)) & 255);
          const response = await fetch("upload", {{ method: "POST", body }});
          return [await ({DIGEST})(body), await response.json()];
        }}""",
        5 * MIB,
    )
    assert [got["size"], got["sha256"]] == sent
    assert sent[0] == 5 * MIB


@pytest.mark.parametrize("query", ["", "&pieces"])
def test_five_megabytes_back(here: Page, query: str) -> None:
    data = known_bytes(5 * MIB)
    got = here.evaluate(
        f"async (path) => ({DIGEST})(await (await fetch(path)).arrayBuffer())",
        f"download?size={len(data)}{query}",
    )
    assert got == [len(data), hashlib.sha256(data).hexdigest()]


def test_bytes_of_every_value_both_ways(here: Page) -> None:
    data = bytes(range(256)) * 3
    got = here.evaluate(
        """async () => {
          const body = Uint8Array.from({ length: 768 }, (_, index) => index % 256);
          const response = await fetch("echo-bytes", { method: "POST", body });
          return [...new Uint8Array(await response.arrayBuffer())];
        }"""
    )
    assert bytes(got) == data


def test_multipart_form_with_a_file(here: Page) -> None:
    seen = here.evaluate(
        """async () => {
          const body = new FormData();
          body.append("name", "café");
          body.append("file", new File(["a,b\\r\\n1,2\\r\\n"], "t.csv", { type: "text/csv" }));
          return (await fetch("echo", { method: "POST", body })).json();
        }"""
    )
    kind = dict(seen["headers"])["content-type"]
    boundary = kind.partition("boundary=")[2]
    assert kind.startswith("multipart/form-data") and seen["body"].count(boundary) == 3
    assert 'filename="t.csv"\r\nContent-Type: text/csv\r\n\r\na,b\r\n1,2\r\n' in seen["body"]


def test_streamed_request_body(here: Page) -> None:
    """The application reads what the page has written before the page writes more."""
    got = here.evaluate(
        """async () => {
          const encoder = new TextEncoder();
          let number = 0;
          const body = new ReadableStream({
            pull(controller) {
              if (number === 1000) controller.close();
              else controller.enqueue(encoder.encode(`chunk ${number++}\\n`));
            },
          });
          return (await fetch("upload", { method: "POST", body, duplex: "half" })).json();
        }"""
    )
    data = b"".join(b"chunk %d\n" % number for number in range(1000))
    assert (got["size"], got["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())


# Answers


def test_answer_headers(here: Page) -> None:
    headers = fetch(here, "headers").headers
    assert headers == {"x-one": "1", "x-two": "a, b", **WORKER_HEADERS}


@pytest.mark.parametrize("status", [204, 205, 304])
def test_status_without_a_body(here: Page, status: int) -> None:
    answer = fetch(here, f"status?status={status}")
    assert (answer.status, answer.text) == (status, "")
    assert answer.headers == {"x-here": "yes", **WORKER_HEADERS}


@pytest.mark.console_errors
@pytest.mark.parametrize("status", [201, 299, 400, 404, 418, 500, 599])
def test_status_with_a_body(here: Page, status: int) -> None:
    answer = fetch(here, f"status?status={status}")
    assert (answer.status, answer.text) == (status, "a body")


def test_compressed_answer_is_readable(here: Page) -> None:
    answer = fetch(here, "gzipped")
    assert answer.text == "as it was before"
    assert answer.headers == {"content-type": "text/plain", **WORKER_HEADERS}


@pytest.mark.parametrize("to", ["echo?x=1", "/app/-/test-asgi/echo?x=1", "../test-asgi/echo?x=1"])
def test_redirect(here: Page, plugin_site: str, to: str) -> None:
    answer = fetch(here, f"redirect?status=302&to={to}")
    assert (answer.redirected, answer.url) == (True, f"{plugin_site}{APPS}echo?x=1")
    assert json.loads(answer.text)["query_string"] == "x=1"


@pytest.mark.parametrize(
    ("status", "method", "seen_method", "seen_body"),
    [
        (301, "POST", "GET", ""),
        (302, "POST", "GET", ""),
        (303, "POST", "GET", ""),
        (303, "PUT", "GET", ""),
        (302, "PUT", "PUT", "body"),
        (307, "POST", "POST", "body"),
        (308, "POST", "POST", "body"),
    ],
)
def test_redirect_of_a_body(
    here: Page, status: int, method: str, seen_method: str, seen_body: str
) -> None:
    path = f"redirect?status={status}&to=echo"
    seen = echo(here, path, method=method, body="body")
    assert (seen["method"], seen["body"]) == (seen_method, seen_body)
    assert seen["headers"]["sec-fetch-site"] == "same-origin"


def test_redirect_may_be_refused(here: Page) -> None:
    kind = here.evaluate(
        """async () => (await fetch("redirect?status=302&to=echo", { redirect: "manual" })).type"""
    )
    assert kind == "opaqueredirect"


# Streams


def test_a_thousand_chunks_arrive_as_they_are_sent(here: Page) -> None:
    """The application sends no more until the page has told that it got the chunk before."""
    text = here.evaluate(
        """async (id) => {
          const response = await fetch(`thousand?id=${id}`);
          let text = "";
          for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
            text += part;
            const number = text.split("\\n").length - 2;
            if (number < 20) await fetch(`note?id=${id}&note=got ${number}`);
          }
          return text;
        }""",
        new_id(),
    )
    assert text == "".join(f"chunk {number}\n" for number in range(1000))


def test_application_does_not_run_ahead_of_its_reader(here: Page) -> None:
    """Nobody reads: the application gets to send what the browser buffers, and then waits."""
    key = new_id()
    here.evaluate("async (id) => { window.response = await fetch(`endless?id=${id}`); }", key)
    # It waits once it has sent nothing more while all of these were answered.
    sent = [-1, 0]
    while sent[-1] != sent[-2]:
        for _ in range(20):
            fetch(here, "echo")
        sent.append(len(json.loads(fetch(here, f"notes?id={key}").text)))
    assert sent[-1] < PARTS / 2
    here.evaluate("async () => { window.response.body.cancel(); }")
    assert "OSError" in fetch(here, f"notes?id={key}&wait=http.disconnect").text


@pytest.mark.parametrize("app", ["endless", "waiting"])
def test_application_learns_that_its_reader_went(here: Page, app: str) -> None:
    key = new_id()
    here.evaluate(
        """async (path) => {
          window.reader = (await fetch(path)).body.getReader();
          await window.reader.read();
        }""",
        f"{app}?id={key}&chunk",
    )
    if app == "waiting":  # else its reader may go while it still sends
        fetch(here, f"notes?id={key}&wait=waits")
    here.evaluate("() => window.reader.cancel()")
    notes = json.loads(fetch(here, f"notes?id={key}&wait=http.disconnect").text)
    assert ("OSError" in notes) == (app == "endless")


def test_application_learns_that_its_page_was_closed(here: Page, plugin_site: str) -> None:
    key = new_id()
    other = here.context.new_page()
    other.goto(f"{plugin_site}{APPS}page")
    other.evaluate("async (id) => { window.got = await fetch(`endless?id=${id}`); }", key)
    other.close()
    assert "OSError" in fetch(here, f"notes?id={key}&wait=http.disconnect").text


def test_request_that_is_aborted_before_its_answer(here: Page) -> None:
    """Chromium does not notify the worker, so the application only notices when it answers."""
    key = new_id()
    name = here.evaluate(
        """async (id) => {
          const aborter = new AbortController();
          const fetched = fetch(`endless?id=${id}&wait`, { signal: aborter.signal });
          await fetch(`notes?id=${id}&wait=waits`);
          aborter.abort();
          const name = await fetched.catch((error) => error.name);
          await fetch(`note?id=${id}&note=go`);
          return name;
        }""",
        key,
    )
    assert name == "AbortError"
    assert "OSError" in fetch(here, f"notes?id={key}&wait=http.disconnect").text
