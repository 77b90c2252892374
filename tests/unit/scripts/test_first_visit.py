"""The parts of Python that a first visit downloads, as the build divides them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from compile_python import compiled, module_name, read_list, split_stdlib

PROJECT = Path(__file__).resolve().parents[3]
LIST = PROJECT / "scripts" / "first-visit.txt"


def test_the_list_is_of_the_wheels_that_the_site_has() -> None:
    lines = (PROJECT / "wheels.lock").read_text().splitlines()
    locked = {tuple(line.split(" ")[0].split("==")) for line in lines if "==" in line}
    recorded = {tuple(name.split("-")[:2]) for name in read_list(LIST)["wheels"]}
    hint = "run `make first-visit`"
    assert {(name.replace("-", "_"), version) for name, version in locked} == recorded, hint


def test_the_list_has_what_every_start_needs() -> None:
    wanted = read_list(LIST)
    assert {"encodings/utf_8.py", "asyncio/events.py"} <= wanted["stdlib"]
    assert {"datasette/app.py", "datasette/templates/table.html"} <= wanted["packages"]
    assert "python_calamine/__init__.py" not in wanted["packages"]


def test_a_standard_library_in_two_parts_is_whole_again() -> None:
    files = [(f"{name}.py", f"{name}.pyc", name.encode() * 50) for name in ("a", "b", "c")]
    small, more, cut = split_stdlib(files, {"b.py"})
    with zipfile.ZipFile(io.BytesIO(small)) as archive:
        assert archive.namelist() == ["b.pyc"]
        there = archive.getinfo("b.pyc").header_offset
    with zipfile.ZipFile(io.BytesIO(small[:cut] + more)) as archive:
        assert sorted(archive.namelist()) == ["a.pyc", "b.pyc", "c.pyc"]
        assert archive.read("c.pyc") == b"c" * 50
        assert archive.getinfo("b.pyc").header_offset == there


def test_a_module_without_docstrings_does_what_it_did() -> None:
    source = b'"""Doc."""\nfrom __future__ import annotations\ndef f():\n    """Only this."""\n'
    code = compiled(source, "/x.py", keep_docs=False)
    assert b"Only this" not in code
    assert b"Only this" in compiled(source, "/x.py")


def test_modules_are_known_by_their_files() -> None:
    assert module_name("a/b/__init__.py") == "a.b"
    assert module_name("a/_b.cpython-314-wasm32-emscripten.so") == "a._b"
    assert module_name("a/data.json") is None
