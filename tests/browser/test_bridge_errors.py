"""The bridge and applications that fail: the answers are readable, and the server goes on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.support.asgi import MEMORY, Fetched, fetch, new_id
from tests.support.browsing import follow


@pytest.mark.console_errors
@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("raise-before", "ValueError: before <the> start"),
        ("raise-after-start", "ValueError: after the start"),
        ("no-start", "returned without sending a response"),
        ("start-twice", "'http.response.start' was sent twice"),
        ("bad-header", "not a name"),
        ("system-exit", "SystemExit: 3"),
        ("recursion", "RecursionError"),
    ],
)
def test_error_instead_of_an_answer(here: Page, app: str, said: str) -> None:
    answer = fetch(here, app)
    assert answer.status == 500
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert said in answer.text
    assert ("Traceback" in answer.text) == (app not in ("no-start", "bad-header"))
    assert works(here).status == 200


@pytest.mark.console_errors
@pytest.mark.parametrize("app", ["raise-mid-stream", "returns-mid-stream"])
def test_error_in_the_middle_is_no_whole_answer(here: Page, app: str) -> None:
    name = here.evaluate(
        """async (path) => {
          const response = await fetch(path);
          return response.text().then((text) => `whole: ${text}`, (error) => error.name);
        }""",
        app,
    )
    assert name == "TypeError"
    assert works(here).status == 200


@pytest.mark.console_errors
def test_what_came_before_the_error_is_readable(here: Page) -> None:
    key = new_id()
    got = here.evaluate(
        """async (id) => {
          const reader = (await fetch(`raise-mid-stream?id=${id}`)).body.getReader();
          const first = new TextDecoder().decode((await reader.read()).value);
          await fetch(`note?id=${id}&note=read`);
          return [first, await reader.read().catch((error) => error.name)];
        }""",
        key,
    )
    assert got == ["the first half, ", "TypeError"]


@pytest.mark.parametrize("app", ["raise-after-end", "body-after-end", "system-exit-in-a-task"])
def test_error_after_the_answer_does_not_hurt(here: Page, app: str) -> None:
    answer = fetch(here, app)
    assert (answer.status, answer.text) == (200, "the answer")
    assert works(here).status == 200


@pytest.mark.console_errors
def test_python_that_breaks_down_starts_anew(here: Page, plugin_site: str) -> None:
    """In a workspace of its own, so that the others can be seen to live on."""
    memory = f"{plugin_site}{MEMORY}"
    other = here.context.new_page()
    follow(other, memory.removesuffix("-/test-asgi/"))
    assert fetch(other, f"{memory}echo").status == 200
    # One request waits while another brings Python down: both have their answer.
    statuses = other.evaluate(
        """async ([memory, id]) => {
          const waiting = fetch(`${memory}waiting?id=${id}`);
          await fetch(`${memory}notes?id=${id}&wait=waits`);
          return [(await fetch(`${memory}abort`)).status, (await waiting).status];
        }""",
        [memory, new_id()],
    )
    assert statuses == [500, 500]
    assert works(here).status == 200
    assert "Load the page again to restart it" in fetch(other, f"{memory}echo").text
    follow(other, memory.removesuffix("-/test-asgi/"))
    assert fetch(other, f"{memory}echo").status == 200
    other.close()


def works(page: Page) -> Fetched:
    return fetch(page, "echo")
