"""The worker restarts, storage goes away, others are busy: the person need not notice."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browsing import (
    click_through,
    follow,
    link,
    open_within,
    stop_worker,
    wait_for_datasette,
)
from tests.support.hosts import DataHost
from tests.support.shop import fetch_json, shop_database


def submit(page: Page, action: str, **fields: str) -> None:
    """Submit a form as a page of Datasette has it, and wait for where it leads."""
    with page.expect_navigation():
        page.evaluate(
            """([action, fields]) => {
              const form = document.createElement("form");
              Object.assign(form, { method: "post", action });
              for (const [name, value] of Object.entries(fields)) {
                form.append(Object.assign(document.createElement("input"), { name, value }));
              }
              document.body.append(form);
              form.submit();
            }""",
            [action, fields],
        )


def test_restart_goes_unnoticed(page: Page, site: str, files: DataHost) -> None:
    url = files.add("shop.db", shop_database())
    csv = files.add("birds.csv", b"name,legs\nwren,2\n")
    follow(page, link(site, "shop", url=url, csv=csv))
    database = page.url
    home = database.removesuffix("shop")
    fetched = list(files.requests)

    # What is in files of its own: the secret, stored queries, a cookie that only its jar knows.
    page.goto(f"{home}-/create-token")
    click_through(page.get_by_role("button", name="Create token"))
    token = page.locator("input.copyable").input_value()
    open_within(page, f"{database}/-/query?sql=select+name+from+items")
    click_through(page.get_by_role("link", name="Save this query"))
    page.get_by_label("Title").fill("Names")
    click_through(page.get_by_role("button", name="Save query"))
    page.goto(f"{database}/items")
    page.evaluate(
        """(url) => fetch(url, {
          method: "POST",
          redirect: "manual",
          body: new URLSearchParams({ message: "from before", message_type: "INFO" }),
        })""",
        f"{home}-/messages",
    )

    stop_worker(page)
    page.reload()
    expect(page.get_by_text("from before")).to_be_visible()

    stop_worker(page)
    click_through(page.get_by_role("link", name="2", exact=True).first)
    expect(page.get_by_role("cell", name="Plate")).to_be_visible()

    stop_worker(page)
    sql = "insert into items (name) values ('Jug')"
    submit(page, f"{database}/-/execute-write", sql=sql)
    wait_for_datasette(page)

    stop_worker(page)
    names = [row["name"] for row in fetch_json(page, f"{database}/names.json?_shape=array")[1]]
    assert names == ["Mug", "Plate", "Bowl", "Jug"]
    bearer = {"headers": {"authorization": f"Bearer {token}"}}
    actor: Any = page.evaluate(
        "async ([url, init]) => (await fetch(url, init)).json()", [f"{home}-/actor.json", bearer]
    )
    assert actor["actor"]["token"] == "dstok", "the secret is another one"
    assert fetch_json(page, f"{home}-/actor.json")[1]["actor"] == {"id": "root"}
    assert fetch_json(page, f"{home}data/birds.json?_shape=array")[1][0]["name"] == "wren"
    assert files.requests == fetched, "something was fetched again"


@pytest.mark.parametrize("way", ["the browser clears it", "a page deletes it"])
@pytest.mark.first_visit  # what is deleted is what a visit has left
def test_storage_that_goes_away_is_filled_again(
    page: Page, site: str, files: DataHost, way: str
) -> None:
    follow(page, link(site, "shop", url=files.add("shop.db", shop_database())))
    database = page.url
    assert fetch_json(page, f"{database}/items/-/insert", {"row": {"name": "Jug"}})[0] == 201
    if way == "a page deletes it":
        page.evaluate(
            """async () => {
              for (const { name } of await indexedDB.databases()) {
                await new Promise((resolve, reject) => {
                  const request = indexedDB.deleteDatabase(name);
                  Object.assign(request, { onsuccess: resolve, onerror: reject });
                });
              }
            }"""
        )
    else:
        session = page.context.new_cdp_session(page)
        origin = page.evaluate("location.origin")
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "indexeddb"})
        session.detach()
    assert fetch_json(page, f"{database}/items/-/insert", {"row": {"name": "Vase"}})[0] == 201
    stop_worker(page)
    page.goto(f"{database}/items")
    wait_for_datasette(page)
    for name in ("Mug", "Jug", "Vase"):
        expect(page.get_by_role("cell", name=name, exact=True)).to_be_visible()
    assert files.requests == [("GET", "/shop.db")], "it was not from what is saved"


def test_an_import_does_not_keep_another_instance_waiting(
    visitor: BrowserContext, site: str, files: DataHost
) -> None:
    lines = "".join(f"{n},name {n},{n / 7:.3f},{n % 97}\n" for n in range(200_000))
    big = files.add("big.csv", b"id,name,price,kind\n" + lines.encode())
    page, importing = visitor.new_page(), visitor.new_page()
    follow(page, link(site, "shop", url=files.add("shop.db", shop_database())))
    importing.goto(link(site, "data/big", csv=big))
    importing.wait_for_selector("#boot[data-stage=import]")
    times = []
    while importing.locator("#boot[data-stage=import]").count() > 0:
        times.append(
            page.evaluate(
                """async () => {
                  const begin = performance.now();
                  const answer = await fetch(location, { cache: "no-store" });
                  await answer.text();
                  return performance.now() - begin;
                }"""
            )
        )
    wait_for_datasette(importing)
    print(f"{len(times)} pages during the import: median {median(times):.0f} ms, "
          f"longest {max(times):.0f} ms")  # fmt: skip
    # Had it waited for the import, there would be one.
    assert len(times) >= 3
