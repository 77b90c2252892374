"""A site published by a person with only pip, as its visitors see it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import follow, link, stop_worker, wait_for_datasette
from tests.support.deploys import Host, deploy_host
from tests.support.kept import wait_for_parts
from tests.support.published import install_wheel, run
from tests.support.wheels import saying, wheel

#: In bytes, so that a small database has to be split.
PART = 0.05

METADATA = {
    "title": "The town's trees",
    "databases": {"parks": {"description": "Where people sit", "tables": {}}},
}
SHOUT = (
    "from datasette import hookimpl\n"
    "@hookimpl\n"
    "def prepare_connection(conn):\n"
    "    conn.create_function('shout', 1, lambda text: text.upper() + '!')\n"
)
TEMPLATE = (
    '{% extends "default:index.html" %}\n'
    '{% block content %}<p id="own">Counted in spring</p>{{ super() }}{% endblock %}\n'
)


def database(path: Path, table: str, rows: int) -> None:
    """Write a database with one table."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"create table {table} (id integer primary key, name text)")
        names = [(f"{table} {number} {number * 7919 % 10007:x}",) for number in range(rows)]
        connection.executemany(f"insert into {table} (name) values (?)", names)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which somebody has published a site as `site`."""
    folder = tmp_path_factory.mktemp("published")
    install_wheel(folder / "installed")
    work = folder / "work"
    work.mkdir()
    database(work / "parks.db", "benches", 20)
    database(work / "big trees.db", "trees", 9_000)
    (work / "planted.csv").write_text("species,planted\noak,2019\nlime,2021\n")
    (work / "metadata.json").write_text(json.dumps(METADATA))
    for path, text in {"plugins/shout.py": SHOUT, "templates/index.html": TEMPLATE}.items():
        (work / path).parent.mkdir()
        (work / path).write_text(text)
    name, content = wheel("lite-greeting", code=saying("Good day"), requires=("jinja2>=3",))
    (work / name).write_bytes(content)
    done = run(
        folder / "installed",
        *("publish", "lite", "parks.db", "big trees.db", "planted.csv", "-o", "site"),
        *("--metadata", "metadata.json", "--plugins-dir", "plugins", "--template-dir", "templates"),
        *("--install", f"./{name}", "--name", "Town trees", "--split-at", str(PART)),
        *("--landing", "/data/planted?_sort_desc=planted"),
        cwd=work,
    )
    assert done.returncode == 0, done.stderr
    return work


@pytest.fixture
def host(published: Path) -> Iterator[Host]:
    """A host of that site."""
    with deploy_host(published / "site") as running:
        yield running


def test_a_visitor_sees_what_was_published_online_and_offline(page: Page, host: Host) -> None:
    # The site opens at the page that was chosen.
    page.goto(host.address())
    wait_for_datasette(page)
    expect(page.locator("td.col-species").first).to_have_text("lime")
    expect(page.get_by_text("Good day")).to_be_visible()
    home = f"{host.address()}app/"

    def look_around() -> None:
        page.goto(home)
        expect(page.locator("h1")).to_have_text("The town's trees")
        expect(page.locator("#own")).to_have_text("Counted in spring")
        page.get_by_role("link", name="big trees").first.click()
        page.get_by_role("link", name="trees", exact=True).first.click()
        expect(page.locator("h3").first).to_contain_text("9,000 rows")
        page.goto(f"{home}parks")
        expect(page.get_by_text("Where people sit")).to_be_visible()
        page.goto(f"{home}parks/-/query?sql=select+shout('hello')+as+said")
        expect(page.locator("td.col-said")).to_have_text("HELLO!")

    look_around()
    wait_for_parts(page)
    stop_worker(page)
    host.unplug()
    look_around()


def test_the_launcher_carries_the_sites_name_and_its_data(page: Page, host: Host) -> None:
    page.goto(f"{host.address()}#home")
    expect(page).to_have_title("Town trees")
    expect(page.get_by_role("banner").get_by_role("link", name="Town trees")).to_be_visible()
    cards = page.locator("#examples-list h3")
    expect(cards).to_have_text(["parks", "big trees", "planted"])
    # A database whose file has another name, and comes in parts, opens by itself under its own.
    address = cards.nth(1).get_by_role("link").evaluate("link => link.href")
    follow(page, address)
    expect(page.locator("h1")).to_have_text("big trees")
    assert "/app/@" in page.url
    parts = [path for path in host.requests if path.startswith("/data/big-trees.db.gz.")]
    assert len(set(parts)) == len(parts) > 1
    # The site says by itself whether they have changed.
    follow(page, address)
    expect(page.locator("h1")).to_have_text("big trees")
    page.wait_for_load_state("networkidle")
    again = [path for path in host.requests if path.startswith("/data/big-trees.db.gz.")]
    assert again == parts


@pytest.mark.console_errors  # the refusal of a write
def test_a_configuration_directory_becomes_a_site_where_nothing_can_be_changed(
    page: Page, published: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "town"
    folder.mkdir()
    shutil.copy(published / "parks.db", folder)
    shutil.copytree(published / "plugins", folder / "plugins")
    (folder / "static").mkdir()
    (folder / "static" / "own.css").write_text("h1 { color: rgb(1, 2, 3) }\n")
    (folder / "datasette.yaml").write_text(
        "extra_css_urls: [/static/own.css, /more/other.css]\n"
        "settings:\n  default_page_size: 3\n  num_sql_threads: 2\n  base_url: /town/\n"
    )
    more = tmp_path / "more"
    more.mkdir()
    (more / "other.css").write_text("h1 { background-color: rgb(4, 5, 6) }\n")
    (folder / "inspect-data.json").write_text("{}")
    done = run(
        published.with_name("installed"),
        *("build", "town", "--read-only", "--locked", "--static", "more:more", "-o", "out"),
        *("--title", "Our town", "--cache", "cache"),
        cwd=tmp_path,
        module="datasette_lite",
    )
    assert done.returncode == 0, done.stderr
    assert "The setting num_sql_threads was left out" in done.stderr
    with deploy_host() as running:
        running.sites["/below/"] = tmp_path / "out"
        follow(page, link(running.address("/below/"), "parks/benches"))
        expect(page.locator("table.rows-and-columns tbody tr")).to_have_count(3)
        expect(page.locator("h1")).to_have_css("color", "rgb(1, 2, 3)")
        expect(page.locator("h1")).to_have_css("background-color", "rgb(4, 5, 6)")
        expect(page.get_by_role("button", name="Insert row")).to_have_count(0)
        answer = page.evaluate(
            "async () => (await fetch(location.pathname + '/-/insert', {method: 'POST',"
            " headers: {'content-type': 'application/json'},"
            " body: JSON.stringify({row: {name: 'x'}})})).status"
        )
        assert answer == 403
        page.goto(f"{running.address('/below/')}app/")
        expect(page.locator("h1")).to_have_text("Our town")
