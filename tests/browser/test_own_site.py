"""A site with the files that its owner put beside site.toml."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import follow, link
from tests.support.hosts import DataHost, data_host, static_site
from tests.support.sites import BUILDS, PROJECT
from tests.support.wheels import native_wheel, saying, wheel

OWNER = BUILDS / f"own-{BUILDS.name}"  # the build keeps what it made by this name

FILES = {
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


def lock_plugins(folder: Path) -> subprocess.CompletedProcess[str]:
    """Do what `make lock-plugins` does, for the site whose owner's files are in `folder`."""
    command = [sys.executable, "scripts/site_wheels.py", str(folder)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def own_site() -> Iterator[str]:
    """The address of the launcher of a site that was built from FILES, with a plugin by its
    address, one by its path, which the first needs, and one by its name, from a folder that is an
    index. That one needs a package with native code.
    """
    shutil.rmtree(OWNER, ignore_errors=True)
    name, content = wheel("lite-greeting", code=saying("Good day"), requires=("jinja2>=3",))
    for path, text in FILES.items():
        (OWNER / path).parent.mkdir(parents=True, exist_ok=True)
        (OWNER / path).write_text(text)
    (OWNER / "wheels").mkdir()
    (OWNER / "wheels" / name).write_bytes(content)
    (OWNER / "pyodide").mkdir()
    uses = "from compiled._python_calamine import CalamineWorkbook\n" + saying("Compiled")
    for file, packed in (
        wheel("lite-compiled", code=uses, requires=("compiled",)),
        native_wheel("compiled"),
    ):
        (OWNER / "pyodide" / file).write_bytes(packed)
    site = ["--site", str(OWNER), "--out", str(OWNER.with_name("own-dist"))]
    with data_host() as host:
        url = host.add(
            *wheel("lite-goodbye", code=saying("Good night"), requires=("lite-greeting",))
        )
        (OWNER / "site.toml").write_text(
            f'plugins = ["{url}", "./wheels/{name}", "lite-compiled"]\n'
            'index = ["pyodide", "default"]\n'
        )
        locked = lock_plugins(OWNER)
        assert locked.returncode == 0, locked.stderr
        lock = (OWNER / "site.lock").read_text()
        assert lock_plugins(OWNER).returncode == 0 and (OWNER / "site.lock").read_text() == lock
        subprocess.run([sys.executable, "scripts/build_site.py", *site], check=True, cwd=PROJECT)
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
    expect(page.get_by_text("Good night")).to_be_visible()
    expect(page.get_by_text("Compiled")).to_be_visible()
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
    expect(page.locator("body")).to_contain_text('"lite-goodbye"')
    expect(page.locator("body")).to_contain_text('"shout.py"')


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<!doctype html><title>Our wheels</title>", "is not a wheel."),
        (404, b"<!doctype html><title>Not found</title>", "could not be downloaded (HTTP 404)."),
        (200, wheel("lite-greedy", requires=("datasette<1.0a1",))[1], "it needs datasette<1.0a1,"),
    ],
)
def test_a_plugin_that_cannot_be_built_in_is_told(
    files: DataHost, status: int, body: bytes, said: str
) -> None:
    folder = OWNER.with_name("refused")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    url = files.add("lite_greedy-1.0-py3-none-any.whl", body, status=status)
    (folder / "site.toml").write_text(f'plugins = ["{url}"]\n')
    locked = lock_plugins(folder)
    assert locked.returncode == 1 and said in locked.stderr and url in locked.stderr
    assert not (folder / "site.lock").exists()
