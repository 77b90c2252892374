"""Tests of engine.boot.ahead: results looked up equal those that would be made."""

from __future__ import annotations

import contextlib
import dataclasses
import marshal
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

from engine.boot import ahead

CODE = r"""
import re
from dataclasses import dataclass, field

@dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)

word = re.compile(r"(?P<first>\w)(\w*)")
raw = re.compile(rb"(?P<first>\w)(\w*)")
shout = re.compile(r"(?P<first>\w)(\w*)", re.I)
"""


def run(name: str, code: str = CODE) -> ModuleType:
    re.purge()  # else it remembers them
    module = ModuleType(name)
    sys.modules[name] = module  # where dataclasses looks
    try:
        exec(compile(code, name, "exec"), vars(module))
    finally:
        del sys.modules[name]
    return module


def behaviour(module: ModuleType) -> list[Any]:
    one, other = module.Point(1), module.Point(1, 3, ["a"])
    found: list[Any] = [repr(one), one == module.Point(1), one < other, hash((one.x, one.y))]
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.x = 4
    for name, text in (("word", "über"), ("raw", "über".encode()), ("shout", "ÜBER")):
        pattern = getattr(module, name)
        match = pattern.search(text)
        found += [pattern, pattern.flags, match.groupdict(), match.groups(), match.span(2)]
    return found


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "ahead.marshal"
    with ahead.recorded(path):
        run("recorded")
    return path


def parse_nothing(*_: Any) -> None:
    raise AssertionError("it is compiled again")


@contextlib.contextmanager
def noted_execution(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[pytest.MonkeyPatch, list[object]]]:
    """Note what data classes execute; also yield what patches more for as long."""
    executed: list[object] = []

    def execute(code: Any, *namespaces: Any) -> None:
        executed.append(code)
        exec(code, *namespaces)

    with monkeypatch.context() as patch:
        patch.setattr(dataclasses, "exec", execute, raising=False)
        yield patch, executed


def test_what_is_in_the_table_is_the_same_and_not_made_again(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = behaviour(run("plain"))
    with noted_execution(monkeypatch) as (patch, executed):
        with ahead.used(table):
            patch.setattr("re._parser.parse", parse_nothing)
            module = run("found")
    assert behaviour(module) == plain
    assert executed
    assert all(isinstance(code, CodeType) for code in executed)


def test_two_tables_can_be_used_at_once(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.marshal"
    code = CODE.replace("x: int", "z: int").replace("x=", "z=").replace(r"\w*", r"\w+")
    with ahead.recorded(other):
        run("recorded", code)
    with noted_execution(monkeypatch) as (patch, executed):
        with ahead.used(table), ahead.used(other):
            patch.setattr("re._parser.parse", parse_nothing)
            run("found")
            run("found", code)
    assert executed
    assert all(isinstance(code, CodeType) for code in executed)


def test_what_is_not_in_the_table_is_made(table: Path) -> None:
    code = CODE.replace("x: int", "z: int").replace("x=", "z=").replace(r"\w*", r"\w+")
    with ahead.used(table):
        module = run("other", code)
    assert repr(module.Point(1)) == "Point(z=1, y=2, tags=[])"
    assert module.word.search("a") is None
    assert module.word.search("ab").group("first") == "a"


def test_nothing_is_changed_afterwards(table: Path) -> None:
    compile_plainly = ahead._compiler.compile
    sre = ahead._compiler._sre
    for context in (ahead.used(table), ahead.recorded(table)):
        with pytest.raises(KeyError), context:
            assert "exec" in vars(dataclasses)
            raise KeyError
        assert "exec" not in vars(dataclasses)
        assert ahead._compiler.compile is compile_plainly
        assert ahead._compiler._sre is sre


def test_without_a_table_all_is_as_always(tmp_path: Path) -> None:
    with ahead.used(tmp_path / "nowhere"):
        assert behaviour(run("always")) == behaviour(run("plain"))


def test_the_table_knows_what_tells_patterns_apart(table: Path) -> None:
    _, patterns, _ = marshal.loads(table.read_bytes())
    text = r"(?P<first>\w)(\w*)"
    assert {(text, 0), (text.encode(), 0), (text, int(re.I))} <= set(patterns)


def test_a_file_is_compiled_once_for_who_reads_it(tmp_path: Path) -> None:
    table = tmp_path / "ahead.marshal"
    with ahead.recorded(table) as files:
        files["x = 1", "/plugins/one.py"] = compile("x = 2", "/plugins/one.py", "exec")
    reader = ModuleType("reader")
    exec("def read(*file): return compile(*file, 'exec', dont_inherit=True)", vars(reader))
    found: dict[str, Any] = {}
    with ahead.used(table, reader):
        for name in ("one", "other"):
            exec(reader.read("x = 1", f"/plugins/{name}.py"), found)
            found[name] = found["x"]
    assert (found["one"], found["other"]) == (2, 1)  # 2 is what the table has
    assert not hasattr(reader, "compile")
