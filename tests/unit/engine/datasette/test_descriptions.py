"""What people edit of titles, descriptions and display is shown, kept and exported."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasette.app import Datasette
from datasette.plugins import pm

from engine.datasette import site
from engine.folder import Folder
from engine.importing.configuration import cleaned
from plugins import descriptions, root
from tests.support.stories import Story, tell_on

TEMPLATES = Path(descriptions.__file__).parent / "templates"

ABOUT = {"title": "All <goods>", "source": "The shop", "source_url": "https://shop.example/"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    made = Folder(tmp_path)
    monkeypatch.setattr(site, "folder", made)
    with closing(sqlite3.connect(made.database("shop"))) as connection:
        connection.executescript(
            "create table goods (id integer primary key, name text, kind text);"
            "insert into goods values (1, 'Mug', 'cup'), (2, 'Bowl', 'dish');"
        )
    return made


def tell(folder: Folder, story: Story, *, as_root: bool = True, **options: Any) -> None:
    """Run a story on a Datasette that starts with what was edited before, as an instance does."""
    pm.register(descriptions, name="descriptions")
    if as_root:
        pm.register(root, name="root")
    datasette = Datasette(
        [str(folder.database("shop"))],
        settings={"num_sql_threads": 0},
        template_dir=str(TEMPLATES),
        metadata=cleaned(folder.edits("metadata")).contents,
        config=cleaned(folder.edits("config")).contents,
        **options,
    )

    tell_on(datasette, story)
    pm.unregister(descriptions)
    if as_root:
        pm.unregister(root)


async def describe(datasette: Datasette, path: str, **fields: Any) -> Any:
    return await datasette.client.post(f"{path}/-/describe", data=fields)


def test_a_described_table_is_shown_that_way_after_a_restart(folder: Folder) -> None:
    fields = {**ABOUT, "column-1": "What it is <called>", "sort": "1", "descending": "1"}

    async def edit(datasette: Datasette) -> None:
        done = await describe(datasette, "/shop/goods", **fields, facet="2", label="1")
        assert (done.status_code, done.headers["location"]) == (302, "/shop/goods")
        await look(datasette)

    async def look(datasette: Datasette) -> None:
        page = (await datasette.client.get("/shop/goods")).text
        assert "All &lt;goods&gt;" in page
        assert "<dd>What it is &lt;called&gt;</dd>" in page
        assert page.index("Mug") < page.index("Bowl")
        assert 'href="https://shop.example/"' in page
        assert 'data-column="kind"' in page and "facet-results" in page
        form = (await datasette.client.get("/shop/goods/-/describe")).text
        assert 'value="All &lt;goods&gt;"' in form

    tell(folder, edit)
    tell(folder, look)


def test_databases_and_the_home_page_are_described(folder: Folder) -> None:
    async def edit(datasette: Datasette) -> None:
        await describe(datasette, "", title="My things")
        await describe(datasette, "/shop", description="What we sell")

    async def look(datasette: Datasette) -> None:
        assert "My things" in (await datasette.client.get("/")).text
        assert "What we sell" in (await datasette.client.get("/shop")).text

    tell(folder, edit)
    tell(folder, look)


def test_what_was_set_can_be_removed(folder: Folder) -> None:
    async def story(datasette: Datasette) -> None:
        await describe(datasette, "/shop/goods", **ABOUT, sort="1", hidden="1", facet="2")
        assert await datasette.get_database("shop").hidden_table_names() == ["goods"]
        assert (await describe(datasette, "/shop/goods", title="")).status_code == 302
        assert await datasette.get_database("shop").hidden_table_names() == []
        page = (await datasette.client.get("/shop/goods")).text
        assert "All &lt;goods&gt;" not in page
        assert await datasette.table_config("shop", "goods") == {
            "label_column": None,
            "sort": None,
            "sort_desc": None,
            "facets": [],
            "hidden": False,
        }

    tell(folder, story)


def test_addresses_that_run_code_are_refused(folder: Folder) -> None:
    async def story(datasette: Datasette) -> None:
        done = await describe(datasette, "/shop/goods", source_url="java\tscript:alert(1)")
        assert done.status_code == 400
        assert "is not a web address" in done.text
        assert (await datasette.client.get("/-/metadata.yaml")).text == ""

    tell(folder, story)


def test_everything_is_exported_as_yaml(folder: Folder) -> None:
    async def story(datasette: Datasette) -> None:
        await describe(datasette, "", title="Ünsere")
        await describe(datasette, "/shop/goods", **{**ABOUT, "column-1": "Name"}, sort="1")
        await datasette.add_query("shop", "cups", "select 1", title="Cups", source="user")
        answer = await datasette.client.get("/-/metadata.yaml")
        assert answer.headers["content-disposition"] == 'attachment; filename="metadata.yaml"'
        metadata = yaml.safe_load(answer.text)
        assert metadata["title"] == "Ünsere"
        table = metadata["databases"]["shop"]["tables"]["goods"]
        assert table == {**ABOUT, "columns": {"name": "Name"}}
        config = yaml.safe_load((await datasette.client.get("/-/datasette.yaml")).text)
        shop = config["databases"]["shop"]
        assert shop["tables"]["goods"] == {"sort": "name", "facets": [], "hidden": False}
        assert shop["queries"] == {"cups": {"sql": "select 1", "title": "Cups"}}

    tell(folder, story)


def test_nobody_else_may_edit(folder: Folder) -> None:
    async def story(datasette: Datasette) -> None:
        for path in ("/-/describe", "/shop/goods/-/describe", "/-/metadata.yaml"):
            assert (await datasette.client.get(path)).status_code == 403
        assert (await describe(datasette, "/shop/goods", title="x")).status_code == 403
        assert "describe" not in (await datasette.client.get("/shop/goods")).text

    tell(folder, story, as_root=False)


@pytest.mark.parametrize(
    "contents", ["", "[]", '{"metadata": 1}', '{"metadata": {"databases": 1}}']
)
def test_edits_of_an_import_cannot_keep_datasette_from_starting(
    folder: Folder, contents: str
) -> None:
    folder.keep_edits({}, {})
    (folder.database("shop").parents[1] / "configuration" / "0.json").write_text(contents)

    async def look(datasette: Datasette) -> None:
        assert (await datasette.client.get("/shop/goods")).status_code == 200

    tell(folder, look)


def test_html_in_edits_of_an_import_is_left_out(folder: Folder) -> None:
    folder.keep_edits({"title": "Mine", "description_html": "<script>alert(1)</script>"}, {})

    async def look(datasette: Datasette) -> None:
        page = (await datasette.client.get("/")).text
        assert "Mine" in page
        assert "alert(1)" not in page

    tell(folder, look)
