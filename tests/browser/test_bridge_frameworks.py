"""The bridge and what frameworks need: thread pools, server-sent events, work after the answer."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from tests.support.asgi import fetch, new_id


@pytest.mark.parametrize("way", ["asyncio", "asgiref", "pool", "submit"])
def test_work_for_a_thread_pool_is_done_on_the_only_thread(here: Page, way: str) -> None:
    seen = json.loads(fetch(here, f"threads?way={way}").text)
    assert seen == {"same thread": True, "got": ""}


@pytest.mark.parametrize("way", ["asyncio", "asgiref", "pool", "submit"])
def test_such_work_may_wait_for_the_event_loop(here: Page, way: str) -> None:
    """Other requests are answered meanwhile; one of them ends the wait."""
    text = here.evaluate(
        """async ([id, way]) => {
          const waiting = fetch(`threads?way=${way}&id=${id}&back`);
          await (await fetch("echo")).text();
          await (await fetch(`note?id=${id}&note=go`)).text();
          return (await waiting).text();
        }""",
        [new_id(), way],
    )
    assert json.loads(text) == {"same thread": True, "got": "from the loop"}


def test_two_that_wait_at_once(here: Page) -> None:
    """The one that began first ends first, though it lies below the other on the stack."""
    key = new_id()
    texts = here.evaluate(
        """async (id) => {
          const waiting = [1, 2, 3].map((n) => fetch(`threads?way=pool&id=${id}-${n}&back`));
          for (const n of [2, 1, 3]) {
            await (await fetch(`note?id=${id}-${n}&note=go`)).text();
            await (await waiting[n - 1]).clone().text();
          }
          return Promise.all(waiting.map(async (one) => (await one).text()));
        }""",
        key,
    )
    assert [json.loads(text)["got"] for text in texts] == ["from the loop"] * 3


def test_server_sent_events(here: Page) -> None:
    key = new_id()
    got = here.evaluate(
        """(id) => new Promise((resolve, reject) => {
          const source = new EventSource(`events?id=${id}`);
          const got = [];
          source.onerror = reject;
          source.onmessage = async ({ data, lastEventId }) => {
            got.push(data);
            if (got.length === 5) {
              source.close();
              resolve(got);
            } else await fetch(`note?id=${id}&note=heard ${lastEventId}`);
          };
        })""",
        key,
    )
    assert got == [f"event {number}" for number in range(5)]
    notes = json.loads(fetch(here, f"notes?id={key}&wait=http.disconnect").text)
    assert "http.disconnect" in notes


def test_receive_blocks_until_the_answer_is_sent_and_work_goes_on_after_it(here: Page) -> None:
    key = new_id()
    assert fetch(here, f"after-the-answer?id={key}", method="POST", body="x").text == "the answer"
    notes = json.loads(fetch(here, f"notes?id={key}&wait=http.disconnect").text)
    assert notes == ["blocks: True", "http.disconnect"]
    fetch(here, f"note?id={key}&note=go")
    done = json.loads(fetch(here, f"notes?id={key}&wait=background task done").text)
    assert done[-1] == "background task done"
