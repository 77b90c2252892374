"""A site with what its owner put beside site.toml."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import follow, link
from tests.support.hosts import DataHost, static_site
from tests.support.wheels import saying, wheel

PROJECT = Path(__file__).resolve().parents[2]
OWNER = PROJECT / "build" / "test-sites" / "own"

FILES = {
    "site.toml": 'plugins = ["./wheels/lite_greeting-1.0-py3-none-any.whl"]\n',
    "metadata.yaml": "title: The town's data\ndescription_html: <b id=bold>Ours</b>\n",
    "datasette.yaml": (
        "settings:\n  default_page_size: 3\n"
        "extra_css_urls:\n- /static/own.css\n"
        "plugins:\n  lite-greeting:\n    any: thing\n"
    ),
    "plugins/shout.py": (
        "from datasette import hookimpl\n"
        "@hookimpl\n"
        "def prepare_connection(conn):\n"
        "    conn.create_function('shout', 1, lambda text: text.upper() + '!')\n"
    ),
    "templates/index.html": (
        '{% extends "default:index.html" %}\n'
        '{% block content %}<p id="own">Made here</p>{{ super() }}{% endblock %}\n'
    ),
    "templates/pages/about.html": "<p>About us</p>\n",
    "static/own.css": "#own { color: rgb(1, 2, 3); }\n",
}


@pytest.fixture(scope="module")
def own_site() -> Iterator[str]:
    """The address of the launcher of a site that was built from FILES."""
    shutil.rmtree(OWNER, ignore_errors=True)
    name, content = wheel("lite-greeting", code=saying("Good day"))
    for path, text in FILES.items():
        (OWNER / path).parent.mkdir(parents=True, exist_ok=True)
        (OWNER / path).write_text(text)
    (OWNER / "wheels").mkdir()
    (OWNER / "wheels" / name).write_bytes(content)
    site = ["--site", str(OWNER), "--out", str(OWNER.with_name("own-dist"))]
    for command in (["scripts/site_wheels.py", str(OWNER)], ["scripts/build_site.py", *site]):
        subprocess.run([sys.executable, *command], check=True, cwd=PROJECT)
    with static_site(OWNER.with_name("own-dist"), "/town/") as address:
        yield address


def test_what_the_owner_brings_is_in_every_instance(
    page: Page, own_site: str, files: DataHost
) -> None:
    url = files.add("t.csv", b"id,name\n" + b"".join(b"%d,n\n" % n for n in range(5)))
    follow(page, link(own_site, csv=[url]))
    base = page.url[: page.url.index("/", page.url.index("@")) + 1]
    page.goto(base)
    expect(page.locator("h1")).to_have_text("The town's data")
    expect(page.locator("#bold")).to_have_text("Ours")
    expect(page.get_by_text("Good day")).to_be_visible()
    expect(page.locator("#own")).to_have_css("color", "rgb(1, 2, 3)")
    page.goto(f"{base}about")
    expect(page.locator("body")).to_contain_text("About us")
    page.goto(f"{base}data/t")
    expect(page.locator("table.rows-and-columns tbody tr")).to_have_count(3)
    page.goto(f"{base}data/-/query?sql=select+shout('hello')+as+said")
    expect(page.locator("td.col-said")).to_have_text("HELLO!")


def test_the_owners_plugins_are_told_as_the_sites(page: Page, own_site: str) -> None:
    follow(page, f"{own_site}app/")
    page.goto(f"{own_site}app/-/plugins.json")
    expect(page.locator("body")).to_contain_text('"lite-greeting"')
    expect(page.locator("body")).to_contain_text('"shout.py"')
