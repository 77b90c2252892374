"""Links to data of every kind, with options; links that fail in part, and files added later."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.asking import VERSION, ask
from tests.support.browsing import BOOT_TIMEOUT, follow, link, stop_worker, wait_for_datasette
from tests.support.databases import sqlite_file
from tests.support.hosts import DataHost
from tests.support.packed_files import PARQUET, workbook, zipped


def rows_of(page: Page, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table of the instance that the page is in, without their rowid."""
    rows: list[dict[str, Any]] = page.evaluate(
        """async (table) => {
          const root = location.pathname.match(/^.*\\/app\\/(@[^/]*\\/)?/)[0];
          const response = await fetch(`${root}${table}.json?_shape=objects&_size=max`);
          return (await response.json()).rows.map(({ rowid, ...row }) => row);
        }""",
        table,
    )
    return rows


def notices(page: Page) -> Locator:
    """Return the page's text about its data."""
    return page.get_by_role("status", name="About this data")


def test_a_link_with_data_of_every_kind(
    page: Page, site: str, files: DataHost, tmp_path: Path
) -> None:
    sources: dict[str, str | list[str]] = {
        "url": files.add("base.db", sqlite_file(tmp_path, "create table t as select 1 as a")),
        "sql": files.add("made.sql", b"create table made (a); insert into made values (7);"),
        "csv": [
            files.add("plain.csv", b"a,b\n1,x\n"),
            files.add("packed.csv.gz", gzip.compress(b"a\n2\n")),
            files.add(
                "several.zip",
                zipped({"README.txt": b"about", "one.csv": b"a\n3\n", "two.json": b'[{"a": 4}]'}),
            ),
            # What a file is counts more than what the link says.
            files.add("really.db", sqlite_file(tmp_path, "create table t as select 9 as a")),
        ],
        "json": [
            files.add("list.json", b'[{"a": 5, "b": {"c": 1}}]'),
            files.add("lines.ndjson", b'{"a": 6}\n{"a": 7}\n'),
        ],
        "parquet": files.add("numbers.parquet", PARQUET),
        "excel": files.add(
            "book.xlsx", workbook({"First": [["a", "b"], [8, "x"]], "Second": [["c"], ["y"]]})
        ),
        "metadata": files.add("metadata.json", b'{"title": "All kinds"}'),
    }
    follow(page, link(site, "", **sources))
    expect(page.get_by_role("heading", name="All kinds")).to_be_visible()
    expect(notices(page)).to_have_count(0)
    expected: dict[str, list[dict[str, Any]]] = {
        "base/t": [{"a": 1}],
        "really/t": [{"a": 9}],
        "data/made": [{"a": 7}],
        "data/plain": [{"a": 1, "b": "x"}],
        "data/packed": [{"a": 2}],
        "data/one": [{"a": 3}],
        "data/two": [{"a": 4}],
        "data/list": [{"a": 5, "b": '{"c": 1}'}],
        "data/lines": [{"a": 6}, {"a": 7}],
        "data/First": [{"a": 8, "b": "x"}],
        "data/Second": [{"c": "y"}],
    }
    for table, rows in expected.items():
        assert rows_of(page, table) == rows, table
    assert [row["n"] for row in rows_of(page, "data/numbers")] == [1, 2, 3] * 50


def test_options_of_a_link(page: Page, site: str, files: DataHost) -> None:
    people = files.add("export.csv", b"made by hand\nid,name,notes\n1,Ann,x\n2,Bob,y\n")
    other = files.add("other.csv", b"a\n1\n")
    query = f"?csv={people}&name=people&skiprows=1&pk=id&fts=name&drop=notes&csv={other}"
    follow(page, f"{site}{query}#/data/people/2")
    expect(page.get_by_role("cell", name="Bob")).to_be_visible()
    assert rows_of(page, "data/people") == [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}]
    assert rows_of(page, "data/other") == [{"a": 1}]
    follow(page, page.url.replace("/people/2", "/people?_search=ann"))
    expect(page.get_by_text("1 row where search matches")).to_be_visible()


LOGIN = "sign-in/form"

# What the other host answers to a CSV file's address, and what the person reads.
FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"body": b"no", "status": 404}, r"has no file at .*missing\.csv"),
    "html": ({"body": b"<!doctype html><p>x"}, r"html\.csv is a web page"),
    "cors": (
        {"body": b"a\n1\n", "cors": False},
        r"does not allow other web sites to read .*cors\.csv.*Allow-Origin: \*.*drop",
    ),
    "redirect": (
        {"body": b"", "status": 302, "headers": {"Location": "/elsewhere"}},
        r"redirect\.csv redirects to a host that does not allow other web sites",
    ),
    "login": (
        {"body": b"", "status": 302, "headers": {"Location": f"/{LOGIN}"}},
        r"requires a login for .*login\.csv",
    ),
    "lfs": (
        {"body": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"},
        r"lfs\.csv is only a pointer to the data, which Git LFS keeps elsewhere",
    ),
    "truncated": (
        {"body": b"a\n1\n", "headers": {"Content-Length": "1000", "Connection": "close"}},
        r"download of .*truncated\.csv was interrupted after \d of 1,000 bytes",
    ),
    "large": (
        {"body": b"a\n", "headers": {"Content-Length": "9000000000", "Connection": "close"}},
        r"large\.csv has 9 GB; files of up to .* can be opened here",
    ),
    "pdf": ({"body": b"%PDF-1.7"}, r"pdf\.csv is a PDF document"),
    "gzip": ({"body": gzip.compress(b"a\n" * 9999)[:30]}, r"gzip\.csv cannot be unpacked"),
    "zip": (
        {"body": zipped({"a.png": b"x", "b.png": b"x"})},
        r"zip\.csv is a zip file without data.*a\.png",
    ),
}


@pytest.mark.console_errors
def test_one_source_that_fails_keeps_the_others(page: Page, site: str, files: DataHost) -> None:
    files.add("elsewhere", b"a\n1\n", cors=False)
    files.add(LOGIN, b"<html><form>")
    urls = [files.add(f"{name}.csv", **answer) for name, (answer, _) in FAILURES.items()]
    good = [files.add("first.csv", b"a\n1\n"), files.add("last.csv", b"a\n2\n")]
    address = link(site, "data/last", csv=[good[0], *urls, good[1]])
    follow(page, address)
    assert rows_of(page, "data/first") == [{"a": 1}]
    assert rows_of(page, "data/last") == [{"a": 2}]

    def all_are_told() -> None:
        for sentence in [sentence for _, sentence in FAILURES.values()]:
            told = notices(page).get_by_role("listitem").filter(has_text=re.compile(sentence))
            expect(told).to_have_count(1)

    all_are_told()
    # Saved with the data: the next run of the worker still knows.
    stop_worker(page)
    follow(page, page.url)
    all_are_told()
    # Following the link again tries again; what was there before is not lost meanwhile.
    for name in FAILURES:
        files.add(f"{name}.csv", b"a\n3\n")
    follow(page, address)
    assert rows_of(page, "data/html") == [{"a": 3}]
    assert rows_of(page, "data/login") == [{"a": 3}]
    assert rows_of(page, "data/first") == [{"a": 1}]
    expect(notices(page)).to_have_count(0)


@pytest.mark.console_errors
def test_when_all_sources_fail_each_is_named(page: Page, site: str, files: DataHost) -> None:
    urls = [files.add(name, b"", status=404) for name in ("one.csv", "two.csv")]
    page.goto(link(site, csv=urls))
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("None of the 2 sources", timeout=BOOT_TIMEOUT)
    for url in urls:
        expect(problem).to_contain_text(url)


def test_a_notice_appears_where_it_stays(page: Page, site: str, files: DataHost) -> None:
    page.add_init_script(
        """{
            const attach = Element.prototype.attachShadow;
            Element.prototype.attachShadow = function (init) {
                const root = attach.call(this, init);
                const observer = new MutationObserver(() => {
                    const item = root.querySelector("li");
                    if (item) window.first ??= getComputedStyle(item.parentElement).position;
                });
                observer.observe(root, { childList: true, subtree: true });
                return root;
            };
        }"""
    )
    there, gone = files.add("there.csv", b"a\n1\n"), files.add("gone.csv", b"", status=404)
    follow(page, link(site, csv=[there, gone]))
    expect(notices(page).get_by_role("listitem")).to_be_visible()
    assert page.evaluate("window.first") == "fixed", "its style comes later than the notice"


@pytest.mark.console_errors
def test_newer_data_that_fails_does_not_replace_what_is_saved(
    page: Page, site: str, files: DataHost
) -> None:
    kept = files.add("kept.csv", b"a\n1\n", headers={"ETag": '"1"'})
    other = files.add("other.csv", b"a\n1\n", headers={"ETag": '"1"'})
    address = link(site, "data/kept", csv=[kept, other])
    follow(page, address)
    files.add("kept.csv", b"<!doctype html>", headers={"ETag": '"2"'})
    page.goto(address)
    problem = page.get_by_role("region", name="What went wrong")
    expect(problem).to_contain_text("kept.csv is a web page", timeout=BOOT_TIMEOUT)
    problem.get_by_role("button", name="Try again").click()
    wait_for_datasette(page)
    assert rows_of(page, "data/kept") == [{"a": 1}]


def test_a_source_is_fetched_again(page: Page, site: str, files: DataHost) -> None:
    url = files.add("t.csv", b"a\n1\n", headers={"ETag": '"1"'})
    packed = files.add("p.zip", zipped({"x.csv": b"a\n1\n", "y.csv": b"a\n1\n"}))
    follow(page, link(site, "data/t", csv=[url, packed]))
    assert ask(page, "reload", source="1") == {"value": {"changed": False, "path": "data/t"}}
    files.add("t.csv", b"a\n5\n", headers={"ETag": '"2"'})
    files.add("p.zip", zipped({"x.csv": b"a\n6\n", "y.csv": b"a\n7\n"}))
    assert ask(page, "reload", source="1") == {"value": {"changed": True, "path": "data/t"}}
    assert ask(page, "reload", source="3") == {"value": {"changed": True, "path": "data/y"}}
    stop_worker(page)
    follow(page, page.url)
    assert rows_of(page, "data/t") == [{"a": 5}]
    assert rows_of(page, "data/x") == [{"a": 1}]
    assert rows_of(page, "data/y") == [{"a": 7}]


def test_files_are_added_or_not_while_pages_are_answered(
    page: Page, site: str, files: DataHost
) -> None:
    follow(page, link(site, "data/t", csv=files.add("t.csv", b"a\n1\n")))
    # A page is requested in the middle of the import, which is then cancelled.
    found = page.evaluate(
        """async (v) => {
          const line = "abcdefghij,klmnopqrst,1234567,3.5\\n".repeat(20_000);
          const content = new Blob(["a,b,c,d\\n", ...Array(60).fill(line)]);
          const file = new File([content], "large.csv");
          const { port1, port2 } = new MessageChannel();
          const stages = new Set();
          let page;
          const answer = new Promise((resolve) => {
            port1.onmessage = async ({ data }) => {
              if (!data.working) return resolve(data);
              if (!data.progress) return;
              stages.add(data.progress.stage);
              if (data.progress.stage !== "import" || data.progress.rows === 0 || page) return;
              page = fetch("t").then((response) => response.status);
              await page;
              port1.postMessage({ cancel: true });
            };
          });
          const key = location.pathname.match(/@([^/]*)/)[1];
          const add = { v, type: "add", key, files: [{ file, options: {}, kind: "file" }] };
          navigator.serviceWorker.controller.postMessage(add, [port2]);
          const { error } = await answer;
          return [error?.name, await page, [...stages]];
        }""",
        VERSION,
    )
    # So large a file is not read into memory first.
    assert found == ["Cancelled", 200, ["import"]]
    tables = page.evaluate("async () => (await (await fetch('../data.json')).json()).tables")
    assert [table["name"] for table in tables] == ["t"]
    # Nothing is in the way of another one.
    small = [{"name": "small.csv", "content": "a\n2\n"}, {"name": "no.pdf", "content": "%PDF-1"}]
    answer = ask(page, "add", files=small)["value"]
    assert answer["path"] == "data/small"
    assert [problem["source"] for problem in answer["problems"]] == ["no.pdf"]
    stop_worker(page)
    follow(page, page.url)
    assert rows_of(page, "data/small") == [{"a": 2}]


def test_previews(regular_page: Page, site: str) -> None:
    page = regular_page
    follow(page, f"{site}app/")
    seen = ask(page, "preview", file={"name": "x.csv", "content": "a;b\n1;x\n"})["value"]
    [table] = seen["tables"]
    assert (seen["kind"], table["name"], table["rows"]) == ("csv", "x", [[1, "x"]])
    parquet = {"name": "n.parquet", "bytes": list(PARQUET)}
    seen = ask(page, "preview", file=parquet)["value"]
    [table] = seen["tables"]
    assert seen["kindInWords"] == "Parquet, SNAPPY"
    assert (table["count"], table["rows"][:3]) == (150, [[1], [2], [3]])
    several = zipped({"a.csv": b"a\n1\n", "b.csv": b"a\n1\n"})
    seen = ask(page, "preview", file={"name": "z.zip", "bytes": list(several)})["value"]
    assert (seen["kind"], seen["contents"]) == ("zip", ["a.csv", "b.csv"])
    packed = gzip.compress(json.dumps([{"a": 1}]).encode())
    seen = ask(page, "preview", file={"name": "j.json.gz", "bytes": list(packed)})["value"]
    assert (seen["kind"], seen["tables"][0]["name"]) == ("json", "j")
    error = ask(page, "preview", file={"name": "x.pdf", "content": "%PDF-1"})["error"]
    assert error["message"].startswith("x.pdf is a PDF document")
