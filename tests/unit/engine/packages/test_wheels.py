"""Tests of engine.packages.wheels: which wheels are kept, and how they are unpacked."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from engine.packages.wheels import Lock, Packages, canonical, read_wheel, unpack
from tests.support.wheels import wheel


@pytest.fixture(autouse=True)
def _path() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before


def _frozen(folder: Path, *names: str) -> Lock:
    """Freeze a chain of packages, each of which needs the next; the first is requested."""
    lock, contents = Lock(asked={f"{names[0]}>=1": names[0]}), {}
    for name, needs in zip(names, [*names[1:], None], strict=True):
        file, content = wheel(name, code=f"name = {name!r}\n")
        one = read_wheel(content, file, f"https://a.test/{file}")
        lock.wheels.append(replace(one, requires=[needs] if needs else []))
        contents[file] = content
    Packages(folder).freeze(lock, contents)
    return lock


def _packages(
    tmp_path: Path, folder: Path, lock: Lock, allowed: list[str] | None = None
) -> Packages:
    """Return the packages of a later start, with all wheels allowed if nothing else is said."""
    record = json.loads((folder / "plugins" / "lock.json").read_text())
    hashes = [one.sha256 for one in lock.wheels] if allowed is None else allowed
    return Packages(folder, tmp_path / "installed", record, hashes)


def test_what_is_frozen_is_laid_out_by_whoever_comes_later(tmp_path: Path) -> None:
    lock = _frozen(tmp_path / "instance", "frozen-one", "frozen-two")
    packages = _packages(tmp_path, tmp_path / "instance", lock)
    assert packages.lock == lock
    assert packages.lay_out(["frozen-one>=1"]) == []
    laid_out = {path.name for path in (tmp_path / "installed").iterdir()}
    assert laid_out == {
        *("frozen_one", "frozen_one-1.0.dist-info", "frozen_two", "frozen_two-1.0.dist-info")
    }
    assert sys.path[0] == str(tmp_path / "installed")


def test_what_is_not_wanted_is_not_laid_out(tmp_path: Path) -> None:
    lock = _frozen(tmp_path / "instance", "frozen-one", "frozen-two")
    assert _packages(tmp_path, tmp_path / "instance", lock).lay_out([]) == []
    assert not (tmp_path / "installed").exists()


def test_a_changed_wheel_is_not_used(tmp_path: Path) -> None:
    lock = _frozen(tmp_path, "frozen-one")
    _, other = wheel("frozen-one", code="evil = True\n")
    (tmp_path / "plugins" / "wheels" / lock.wheels[0].file).write_bytes(other)
    for hashes in ([lock.wheels[0].sha256], [lock.wheels[0].sha256, sha256(other).hexdigest()]):
        [problem] = _packages(tmp_path, tmp_path, lock, hashes).lay_out(["frozen-one>=1"])
        assert problem.message == "The saved wheel of frozen-one 1.0 is damaged (another hash)."
        assert not (tmp_path / "installed").exists()


@pytest.mark.parametrize("allowed", [[], ["0" * 64], ["first"], ["second"]])
def test_without_all_of_its_hashes_nothing_of_it_is_laid_out(
    tmp_path: Path, allowed: list[str]
) -> None:
    lock = _frozen(tmp_path, "frozen-one", "frozen-two")
    named = {"first": lock.wheels[0].sha256, "second": lock.wheels[1].sha256}
    packages = _packages(tmp_path, tmp_path, lock, [named.get(one, one) for one in allowed])
    assert packages.lay_out(["frozen-one>=1"]) == []
    assert not (tmp_path / "installed").exists()


def test_a_wheel_that_is_allowed_is_not_laid_out_under_another_name(tmp_path: Path) -> None:
    lock = _frozen(tmp_path, "frozen-one")
    lock.wheels = [replace(lock.wheels[0], name="datasette-vega")]
    lock.asked = {"datasette-vega": "datasette-vega"}
    Packages(tmp_path).freeze(lock, {})
    [problem] = _packages(tmp_path, tmp_path, lock).lay_out(["datasette-vega"])
    assert problem.message.endswith("is damaged (the file is frozen-one 1.0).")
    assert not (tmp_path / "installed").exists()


def test_nothing_else_in_the_folder_is_looked_at(tmp_path: Path) -> None:
    lock = _frozen(tmp_path, "frozen-one")
    _, other = wheel("frozen-evil")
    folder = tmp_path / "plugins"
    (folder / "wheels" / "frozen_evil-1.0-py3-none-any.whl").write_bytes(other)
    for name in ("evil.py", "evil.pth", "wheels/evil.so", "wheels/__pycache__/evil.pyc"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("raise SystemExit('evil')")
    packages = Packages(
        tmp_path,
        tmp_path / "installed",
        json.loads((folder / "lock.json").read_text()),
        [lock.wheels[0].sha256, sha256(other).hexdigest()],
    )
    assert packages.lay_out(["frozen-one>=1", "frozen-evil"]) == []
    found = {path.name for path in (tmp_path / "installed").iterdir()}
    assert found == {"frozen_one", "frozen_one-1.0.dist-info"}
    assert not any(str(tmp_path / "plugins") in path for path in sys.path)


def test_wheels_that_the_lock_does_not_name_are_removed(tmp_path: Path) -> None:
    _frozen(tmp_path, "frozen-one", "frozen-two")
    Packages(tmp_path).freeze(Lock(), {})
    assert list((tmp_path / "plugins" / "wheels").iterdir()) == []


def test_closure_stops_at_what_is_left_out() -> None:
    file, content = wheel("x")
    one = read_wheel(content, file, "")
    chain = [
        replace(one, name=name, requires=needs)
        for name, needs in (("a", ["datasette"]), ("datasette", ["b"]), ("b", []))
    ]
    lock = Lock(wheels=chain)
    assert [wheel.name for wheel in lock.closure(["a"])] == ["a", "datasette", "b"]
    assert [wheel.name for wheel in lock.closure(["a"], but=["datasette"])] == ["a"]


def test_a_wheel_tells_its_name_and_whether_it_is_a_plugin() -> None:
    for plugin in (True, False):
        file, content = wheel("Datasette_X.y", "1.0a2", plugin=plugin)
        read = read_wheel(content, file, "u")
        assert (read.name, read.version, read.is_plugin) == ("datasette-x-y", "1.0a2", plugin)
    assert canonical("A__b.-C") == "a-b-c"


@pytest.mark.parametrize("path", ["../evil.py", "/evil.py", "a/../../evil.py"])
def test_a_wheel_cannot_write_elsewhere(tmp_path: Path, path: str) -> None:
    evil = tmp_path / "evil.whl"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr(path, "x")
    with pytest.raises(ValueError, match="it would write to"):
        unpack(evil.read_bytes(), tmp_path / "target")


def test_only_libraries_of_a_data_folder_are_laid_out(tmp_path: Path) -> None:
    path = tmp_path / "x.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x-1.data/purelib/x/y.py", "")
        archive.writestr("x-1.data/scripts/x", "")
        archive.writestr("x-1.data/data/share/x", "")
    unpack(path.read_bytes(), tmp_path / "target")
    found = [one for one in (tmp_path / "target").rglob("*") if one.is_file()]
    assert found == [tmp_path / "target" / "x" / "y.py"]
