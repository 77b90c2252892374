"""WebSockets between a workspace's pages and its application, as a page's scripts see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.asgi import APPS, MEMORY, fetch, new_id
from tests.support.asking import VERSION
from tests.support.browsing import follow, stop_worker

#: Opens a socket, and keeps all that happens to it in `window.log`.
OPEN = """([address, protocols]) => {
  window.log = [];
  const socket = (window.socket = new WebSocket(address, protocols ?? undefined));
  for (const type of ["open", "error"]) socket.addEventListener(type, () => log.push([type]));
  socket.onmessage = ({ data }) => log.push(["message", data]);
  socket.onclose = ({ code, reason, wasClean }) => log.push(["close", code, reason, wasClean]);
}"""


def open_socket(page: Page, address: str, protocols: Any = None) -> None:
    page.evaluate(OPEN, [address, protocols])


def log_of(page: Page, length: int) -> list[Any]:
    """Return what has happened once so much has."""
    page.wait_for_function("(length) => window.log.length >= length", arg=length)
    log: list[Any] = page.evaluate("() => window.log")
    return log


@pytest.fixture
def page_with_sockets(here: Page, plugin_site: str) -> Page:
    here.goto(f"{plugin_site}{APPS}socket-page")
    return here


@pytest.fixture
def second(page_with_sockets: Page, plugin_site: str) -> Iterator[Page]:
    """Another tab of the same workspace."""
    page = page_with_sockets.context.new_page()
    page.goto(f"{plugin_site}{APPS}socket-page")
    yield page
    page.close()


def test_text_and_binary_messages(page_with_sockets: Page) -> None:
    got = page_with_sockets.evaluate(
        """async () => {
          const socket = new WebSocket("socket-echo");
          const next = () => new Promise((resolve) => (socket.onmessage = (e) => resolve(e.data)));
          const states = [socket.readyState, socket.url.split("/app/")[0]];
          await new Promise((resolve) => (socket.onopen = resolve));
          states.push(socket.readyState, socket instanceof WebSocket, WebSocket.OPEN);
          const sendAndGet = async (data) => {
            const got = next();
            socket.send(data);
            return got;
          };
          const read = async (data) => [...new Uint8Array(await new Response(data).arrayBuffer())];
          const text = await sendAndGet("café");
          const blob = await sendAndGet(new Uint8Array([0, 255, 7]).subarray(1));
          socket.binaryType = "arraybuffer";
          const buffer = await sendAndGet(new Blob(["ab"]));
          const big = await sendAndGet(new ArrayBuffer(1000000));
          return { states, text, blob: [blob instanceof Blob, await read(blob)],
            buffer: [buffer instanceof ArrayBuffer, await read(buffer)], big: big.byteLength };
        }"""
    )
    host = page_with_sockets.url.split("/app/")[0].replace("http", "ws")
    assert got == {
        "states": [0, host, 1, True, 1],
        "text": "café",
        "blob": [True, [255, 7]],
        "buffer": [True, [97, 98]],
        "big": 1_000_000,
    }


def test_messages_keep_their_order(page_with_sockets: Page) -> None:
    got = page_with_sockets.evaluate(
        """() => new Promise((resolve) => {
          const socket = new WebSocket("socket-echo");
          const got = [];
          socket.onmessage = ({ data }) => {
            got.push(data);
            if (got.length === 200) resolve(got);
          };
          socket.onopen = () => {
            for (let n = 0; n < 200; n++) socket.send(`${n}`);
          };
        })"""
    )
    assert got == [str(number) for number in range(200)]


def test_what_the_application_sees(page_with_sockets: Page, plugin_site: str) -> None:
    open_socket(page_with_sockets, "socket-scope?a=%20b", ["one", "two"])
    seen = json.loads(log_of(page_with_sockets, 3)[1][1])
    assert (seen["type"], seen["scheme"]) == ("websocket", "ws")
    assert seen["path"] == f"/{APPS}socket-scope" and seen["query_string"] == "a=%20b"
    assert seen["subprotocols"] == ["one", "two"]
    assert seen["headers"]["origin"] == plugin_site.rstrip("/")
    assert seen["headers"]["host"] == plugin_site.split("/")[2]
    assert seen["headers"]["sec-websocket-protocol"] == "one, two"


def test_subprotocol(page_with_sockets: Page) -> None:
    open_socket(page_with_sockets, "socket-echo", ["one", "two"])
    log_of(page_with_sockets, 1)
    assert page_with_sockets.evaluate("() => socket.protocol") == "one"


@pytest.mark.console_errors
@pytest.mark.parametrize(
    ("how", "log"),
    [
        ("close", [["open"], ["message", "before"], ["close", 4321, "that is all", True]]),
        ("return", [["open"], ["close", 1000, "", True]]),
        ("raise after", [["open"], ["close", 1011, "", True]]),
        ("raise before", [["error"], ["close", 1006, "", False]]),
        ("refuse", [["error"], ["close", 1006, "", False]]),
        ("deny", [["error"], ["close", 1006, "", False]]),
    ],
)
def test_application_ends_the_socket(page_with_sockets: Page, how: str, log: list[Any]) -> None:
    open_socket(page_with_sockets, f"socket-close?how={how}")
    assert log_of(page_with_sockets, len(log)) == log


def test_page_closes_the_socket(page_with_sockets: Page) -> None:
    key = new_id()
    open_socket(page_with_sockets, f"socket-echo?id={key}")
    log_of(page_with_sockets, 1)
    close = "() => { socket.close(3001, 'enough'); return socket.readyState; }"
    assert page_with_sockets.evaluate(close) == 2
    assert log_of(page_with_sockets, 2)[-1] == ["close", 3001, "enough", True]
    notes = fetch(page_with_sockets, f"notes?id={key}&wait=closed: 3001 enough").text
    assert json.loads(notes) == ["closed: 3001 enough"]


def test_chat_between_two_tabs(page_with_sockets: Page, second: Page) -> None:
    for page in (page_with_sockets, second):
        open_socket(page, "socket-chat")
        log_of(page, 1)
    page_with_sockets.evaluate("() => socket.send('hello')")
    for page in (page_with_sockets, second):
        assert log_of(page, 2)[1] == ["message", "hello"]


@pytest.mark.parametrize("how", ["close", "navigate"])
def test_application_learns_that_the_page_has_gone(
    page_with_sockets: Page, second: Page, plugin_site: str, how: str
) -> None:
    key = new_id()
    open_socket(second, f"socket-echo?id={key}")
    log_of(second, 1)
    if how == "close":
        second.close()
    else:
        second.goto(f"{plugin_site}{APPS}page")
    notes = fetch(page_with_sockets, f"notes?id={key}&wait=closed: 1001").text
    assert json.loads(notes) == ["closed: 1001"]


def test_worker_that_is_stopped_says_restart(page_with_sockets: Page) -> None:
    open_socket(page_with_sockets, "socket-echo")
    log_of(page_with_sockets, 1)
    stop_worker(page_with_sockets)
    restarted = ["close", 1012, "The workspace was restarted.", False]
    assert log_of(page_with_sockets, 3)[1:] == [["error"], restarted]
    # The next one reaches the worker that the browser starts.
    open_socket(page_with_sockets, "socket-echo")
    assert log_of(page_with_sockets, 1) == [["open"]]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ('"socket-echo", "not a token"', "SyntaxError"),
        ('"socket-echo", ["a", "a"]', "SyntaxError"),
    ],
)
def test_wrong_arguments(page_with_sockets: Page, arguments: str, name: str) -> None:
    code = f"try {{ new WebSocket({arguments}); }} catch (error) {{ return error.name; }}"
    assert page_with_sockets.evaluate(f"() => {{ {code} }}") == name


def test_wrong_use(page_with_sockets: Page) -> None:
    names = page_with_sockets.evaluate(
        """() => {
          const socket = new WebSocket("socket-echo");
          const nameOf = (work) => {
            try {
              work();
            } catch (error) {
              return error.name;
            }
          };
          return [() => socket.send("early"), () => socket.close(1001),
            () => socket.close(3000, "x".repeat(124))].map(nameOf);
        }"""
    )
    assert names == ["InvalidStateError", "InvalidAccessError", "SyntaxError"]


@pytest.mark.console_errors
def test_other_addresses_get_the_browsers_own(page_with_sockets: Page, plugin_site: str) -> None:
    """They fail, since nobody is there; what matters is who tries."""
    host = plugin_site.split("/")[2]
    kinds = page_with_sockets.evaluate(
        """(addresses) => addresses.map((address) => {
          const socket = new WebSocket(address);
          const isOwn = Object.getOwnPropertyNames(Object.getPrototypeOf(socket)).includes("leave");
          socket.close();
          return isOwn;
        })""",
        [f"ws://{host}/{APPS}socket-echo", f"ws://{host}/x", f"ws://{host}/{MEMORY}socket-echo"],
    )
    assert kinds == [True, False, False]


@pytest.mark.console_errors
def test_pages_of_other_workspaces_are_refused(page_with_sockets: Page, plugin_site: str) -> None:
    """The worker decides, since any page of this origin can send it messages."""
    other = page_with_sockets.context.new_page()
    follow(other, f"{plugin_site}{MEMORY.split('-/')[0]}")
    news = other.evaluate(
        """async ([url, version]) => {
          const registrations = await navigator.serviceWorker.getRegistrations();
          const { active } = registrations.find(({ scope }) => scope.endsWith("/app/"));
          const { port1, port2 } = new MessageChannel();
          const id = crypto.randomUUID();
          const message = { v: version, type: "websocket", id, url, protocols: [] };
          active.postMessage(message, [port2]);
          return new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
        }""",
        [f"{plugin_site.replace('http', 'ws')}{APPS}socket-echo", VERSION],
    )
    assert news == {"closed": {"code": 1006, "reason": "", "wasClean": False}}
    other.close()
