"""The scripts of the pages: one for each, and the chunks that they share."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from bundle_pages import bundle_pages, preload

MODULES = {
    "one.js": 'import { a } from "./a.js"; import { b } from "./b.js"; console.log(a, b, "one");',
    "two.js": 'import { a } from "./a.js"; import { b } from "./b.js"; import("./later.js"); a(b);',
    "three.js": 'import { openDB } from "idb"; import { b } from "./b.js"; console.log(b, openDB);',
    "four.js": 'import { zip } from "./packed.js"; import { a } from "./a.js"; zip(a);',
    "five.js": 'import { zip } from "./packed.js"; import { b } from "./b.js"; zip(b);',
    "packed.js": 'import { ZipWriter } from "@zip.js/zip.js"; export const zip = () => ZipWriter;',
    "timer.js": "setInterval(() => postMessage(0));",
    "later.js": 'import { a } from "./a.js"; export const later = a;',
    "a.js": 'export const a = () => "shared by two";',
    "b.js": 'export const b = "shared by three " + import.meta.url;',
    "appearance.js": 'import { a } from "./a.js"; document.title = a();',
    "one.css": '@import "./base.css"; a { color: red }',
    "base.css": "b { color: blue }",
}


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    folder.mkdir()
    for name, source in MODULES.items():
        (folder / name).write_text(source)
    (tmp_path / "work").mkdir()
    return folder


def test_pages_share_one_chunk(pages: Path, tmp_path: Path) -> None:
    target = tmp_path / "made"
    imports, packages = bundle_pages(pages, target, tmp_path / "work")
    [chunk] = imports["one.js"]
    assert packages == {"idb", "@zip.js/zip.js"}
    assert imports["two.js"] == imports["three.js"] == [chunk]
    assert {path.name for path in target.glob("*.js") if "-" not in path.name} == {
        "one.js",
        "two.js",
        "three.js",
        "four.js",
        "five.js",
        "timer.js",
        "appearance.js",
    }
    shared = (target / chunk).read_text()
    assert "shared by two" in shared and "shared by three" in shared and "import.meta" in shared
    # Modules that are loaded later stay separate.
    assert len(list(target.glob("later-*.js"))) == 1


def test_a_library_that_few_pages_need_is_loaded_by_those_alone(
    pages: Path, tmp_path: Path
) -> None:
    target = tmp_path / "made"
    imports, _ = bundle_pages(pages, target, tmp_path / "work")
    library = set(imports["four.js"]) - set(imports["one.js"])
    assert library == set(imports["five.js"]) - set(imports["one.js"])
    assert sum((target / chunk).stat().st_size for chunk in library) > 50_000
    assert (target / imports["one.js"][0]).stat().st_size < 5_000


def test_a_script_that_shares_nothing_imports_nothing(pages: Path, tmp_path: Path) -> None:
    target = tmp_path / "made"
    bundle_pages(pages, target, tmp_path / "work")
    assert "import" not in (target / "timer.js").read_text()


def test_a_classic_script_has_all_that_it_needs(pages: Path, tmp_path: Path) -> None:
    target = tmp_path / "made"
    bundle_pages(pages, target, tmp_path / "work")
    script = (target / "appearance.js").read_text()
    assert "import" not in script and "shared by two" in script
    assert script.startswith("(()=>{") or script.startswith('"use strict";(()=>{')


def test_a_stylesheet_contains_what_it_imports(pages: Path, tmp_path: Path) -> None:
    target = tmp_path / "made"
    bundle_pages(pages, target, tmp_path / "work")
    assert (target / "one.css").read_text().split() == ["b{color:#00f}a{color:red}"]


def test_the_bundles_are_the_same_wherever_they_are_laid_out(pages: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "made", tmp_path / "elsewhere" / "made"
    bundle_pages(pages, first, tmp_path / "work")
    (tmp_path / "other").mkdir()
    bundle_pages(pages, second, tmp_path / "other")
    for path in first.iterdir():
        assert (second / path.name).read_bytes() == path.read_bytes()


def test_a_missing_module_ends_the_build(pages: Path, tmp_path: Path) -> None:
    (pages / "a.js").unlink()
    with pytest.raises(subprocess.CalledProcessError):
        bundle_pages(pages, tmp_path / "made", tmp_path / "work")


def test_a_page_names_the_chunks_of_its_script() -> None:
    html = '<script type="module" src="{{root}}shell/page/one.js" onerror="x()"></script>'
    assert preload(html, "shell/page", {"one.js": ["chunk-1.js"]}) == (
        f'{html}\n    <link rel="modulepreload" href="{{{{root}}}}shell/page/chunk-1.js" />'
    )
    assert preload(html, "shell/page", {}) == html
