"""The worker's one script."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from bundle_worker import bundle


def bundled(folder: Path, entry: str) -> Path:
    """Return the script that becomes of a worker that is laid out in `folder`."""
    (folder / "site" / "shell").mkdir(parents=True)
    (folder / "site" / "sw.js").write_text(entry)
    (folder / "site" / "shell" / "part.js").write_text("export const place = import.meta.url;")
    target = folder / "site" / "bundle" / "worker.js"
    bundle(folder / "site" / "sw.js", target, folder / "work")
    return target


ENTRY = """
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { ZSTDDecoder } from "zstddec";
import { place } from "./shell/part.js";
console.log(createPyodideModule, ZSTDDecoder, place);
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled(tmp_path_factory.mktemp("worker"), ENTRY)


def test_it_is_a_classic_script(script: Path, tmp_path: Path) -> None:
    source = script.read_text()
    assert "VERSION.url" in source and "import.meta" not in source
    classic = tmp_path / "worker.cjs"  # where import and export are errors
    classic.write_text(source)
    subprocess.run(["node", "--check", str(classic)], check=True)


def test_the_loader_in_it_is_the_smaller_one(script: Path) -> None:
    assert "needsScreen" in script.read_text()


def test_its_map_is_the_same_wherever_it_is_laid_out(script: Path, tmp_path: Path) -> None:
    text = script.with_name("worker.js.map").read_text()
    sources = json.loads(text)["sources"]
    assert {"sw.js", "shell/part.js", "pyodide/pyodide.asm.mjs"} <= set(sources)
    assert any(source.startswith("node_modules/zstddec/") for source in sources)
    assert bundled(tmp_path / "elsewhere", ENTRY).with_name("worker.js.map").read_text() == text


def test_it_tells_which_packages_are_in_it(tmp_path: Path) -> None:
    (tmp_path / "sw.js").write_text('import { ZSTDDecoder } from "zstddec"; self.z = ZSTDDecoder;')
    assert bundle(tmp_path / "sw.js", tmp_path / "worker.js", tmp_path / "work") == {"zstddec"}


def test_a_module_that_is_not_there_ends_the_build(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        bundled(tmp_path, 'import "./shell/gone.js";')
