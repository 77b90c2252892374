"""An embedded instance: nobody is root in it, and its pages include their styles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from datasette.plugins import pm

from engine.datasette import site
from engine.datasette.instance import Instance
from engine.importing.options import Request
from plugins import appearance, page_script, root

Story = Callable[[Datasette], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(site, "shell_url", "/sub/v/1/shell/")
    for plugin in (appearance, page_script, root):
        pm.register(plugin, name=plugin.__name__)
    yield
    for plugin in (appearance, page_script, root):
        pm.unregister(plugin)


def tell(tmp_path: Path, story: Story) -> None:
    async def run() -> None:
        instance = Instance("/sub/app/", tmp_path / "instance", tmp_path / "no-plugins")
        file = tmp_path / "source"
        file.write_bytes(b"id,name\n1,cat\n")
        request = Request.of({"parameter": "csv", "url": "https://a.test/pets.csv"})
        await instance.add_source(request, file, lambda *_: True)
        await instance.open(memory=False)
        assert instance._datasette is not None
        await story(instance._datasette)
        await instance.close()

    asyncio.run(run())


INSERT = {"row": {"id": 2, "name": "dog"}}


@pytest.mark.parametrize("read_only", [True, False])
def test_who_reads_an_embed_is_not_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    monkeypatch.setattr(site, "read_only", read_only)

    async def story(datasette: Datasette) -> None:
        page = (await datasette.client.get("/data/pets")).text
        assert ("Insert row" in page) is not read_only
        answer = await datasette.client.post("/data/pets/-/insert", json=INSERT)
        assert answer.status_code == (403 if read_only else 201)

    tell(tmp_path, story)


def test_pages_name_their_looks_by_whole_addresses(tmp_path: Path) -> None:
    """Datasette would put base_url before a path."""

    async def story(datasette: Datasette) -> None:
        page = (await datasette.client.get("/data/pets")).text
        head = page.split("</head>")[0]
        for name in ("appearance.js", "looks.css"):
            assert f'="http://localhost/sub/v/1/shell/page/{name}"' in head
        # They come after Datasette's own, which they change.
        assert head.index("app.css") < head.index("looks.css")

    tell(tmp_path, story)


def test_pages_of_errors_look_the_same(tmp_path: Path) -> None:
    async def story(datasette: Datasette) -> None:
        answer = await datasette.client.get("/data/missing")
        assert answer.status_code == 404
        for name in ("appearance.js", "looks.css"):
            assert f'="/sub/v/1/shell/page/{name}"' in answer.text
        assert 'import "/sub/v/1/shell/page/datasette-page.js"' in answer.text

    tell(tmp_path, story)
