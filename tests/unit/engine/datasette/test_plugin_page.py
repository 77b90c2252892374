"""The page "Plugins" from the server: the catalogue, active plugins, and the way back."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import datasette
import pytest
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.version import __version__

from engine.datasette import site
from engine.datasette.adaptations import base_url
from engine.folder import Folder
from plugins import plugin_page, root

BASE = "/app/@key/"


@pytest.fixture(autouse=True)
def _plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pm.register(plugin_page, name="plugin_page")
    monkeypatch.setattr(site, "folder", Folder(tmp_path))
    yield
    pm.unregister(plugin_page)


@pytest.fixture
def as_root() -> Iterator[None]:
    """Let visitors be root, as on a site with plugins/root.py."""
    pm.register(root, name="root")
    yield
    pm.unregister(root)


def get(path: str) -> str:
    """Return the HTML of a page."""
    base_url.install()

    async def ask() -> str:
        datasette = Datasette(memory=True, settings={"base_url": BASE, "num_sql_threads": 0})
        await datasette.invoke_startup()
        response = await datasette.client.get(path)
        assert response.status_code == 200, response.text
        html: str = response.text
        return html

    return asyncio.run(ask())


def test_every_entry_of_the_catalogue_can_be_installed_or_says_why_not(
    as_root: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"does": "Does.", "version": "", "needs_network": False, "note": "<Why> not."}
    entries = [
        {**entry, "name": "datasette-a", "title": "A", "state": "works", "version": "1.0a2"},
        {**entry, "name": "datasette-b", "title": "B", "state": "native-only"},
        {**entry, "name": "datasette-c", "title": "C", "state": "broken-upstream"},
        {**entry, "name": "datasette-d", "title": "D", "state": "untried", "version": "2.0"},
    ]
    (tmp_path / "catalogue.json").write_text(json.dumps(entries))
    monkeypatch.setattr(plugin_page, "CATALOGUE", tmp_path / "catalogue.json")
    html = get("/-/install")
    assert html.count('data-lite-install="') == 2
    assert 'data-lite-install="datasette-d==2.0"' in html
    assert html.count("Was not tried here.") == 1 and html.count("Tested: version") == 1
    # In the version that was tried: the newest may claim to support this Datasette, and not do so.
    assert 'data-lite-install="datasette-a==1.0a2"' in html
    assert "Cannot work in a browser. &lt;Why&gt; not." in html
    assert "Does not support this Datasette. &lt;Why&gt; not." in html
    assert "2 known not to work here" in html


def test_the_shipped_catalogue_is_whole() -> None:
    entries = json.loads(plugin_page.CATALOGUE.read_text())
    names = [entry["name"] for entry in entries]
    assert len(names) == len(set(names))
    for entry in entries:
        assert set(entry) == {
            *("name", "title", "does", "version", "needs_network", "state", "note")
        }
        assert entry["state"] in ("works", "native-only", "broken-upstream", "untried")
        assert entry["title"] and entry["does"].endswith("."), entry
        assert re.fullmatch(r"\d[\w.]*", entry["version"]), "say which version was tried"
        assert entry["state"] == "works" or entry["note"], "say why it does not work"


def test_every_plugin_has_one_category() -> None:
    names = [entry["name"] for entry in json.loads(plugin_page.CATALOGUE.read_text())]
    categories = json.loads(plugin_page.CATEGORIES.read_text())
    placed = [name for category in categories for name in category["plugins"]]
    assert sorted(placed) == sorted(names)


def test_the_catalogue_begins_with_what_is_most_useful(as_root: None) -> None:
    html = get("/-/install")
    titles = re.findall(r'class="lite-category"[^>]*>([^<]+)<', html)
    assert titles[:2] == ["Most useful", "Maps and charts"]
    assert "More" not in titles
    first = re.findall(r'data-lite-entry="([^"]+)"', html)[0]
    assert first == "datasette-cluster-map"


def test_it_tells_which_datasette_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert f"Datasette {__version__} runs here. It comes with this site." in get("/-/install")
    monkeypatch.setattr(datasette, "__file__", str(tmp_path / "datasette" / "__init__.py"))
    monkeypatch.setattr(plugin_page, "INSTALLED", tmp_path)
    assert f"Datasette {__version__} runs here. The link asks for it." in get("/-/install")


def test_only_root_is_offered_to_install() -> None:
    html = get("/-/install")
    assert "<h1>Plugins</h1>" in html
    assert "data-lite-install" not in html and "lite-search" not in html.split("</style>")[1]


def test_the_menu_leads_there_and_back(as_root: None) -> None:
    back = f"{BASE}_memory/-/query?sql=select+1"
    home = get("/_memory/-/query?sql=select+1")
    links = re.findall(rf'href="{BASE}-/install[?]back=([^"]+)"', home)
    assert [unquote(link) for link in links] == [back]
    html = get(f"/-/install?back={quote(back, safe='')}")
    assert f'<a href="{back}">Back to where you were</a>' in html
    assert f'data-back="{back}"' in html


@pytest.mark.parametrize(
    "back",
    ["https://evil.test/", "//evil.test/", "javascript:alert(1)", "/other/", f"{BASE}-/install"],
)
def test_it_leads_nowhere_else(as_root: None, back: str) -> None:
    assert 'data-back=""' in get(f"/-/install?back={quote(back, safe='')}")
