"""Plugins are chosen as in Pyodide, regardless of this Python and its packages."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasette_lite.plugin_wheels import choose, chosen_wheels, locked_wheels, write_lock
from datasette_lite.runtime import Runtime, find_runtime
from datasette_lite.settings import SettingsError, read_settings
from tests.support.hosts import static_site
from tests.support.wheels import add_to_index, listed, wheel

WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    """The runtime of the checkout."""
    return find_runtime()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A package index: its folder and its address."""
    folder = tmp_path / "site" / "wheels"
    folder.mkdir(parents=True)
    with static_site(tmp_path / "site") as site:
        yield folder, f"{site}wheels/"


def test_wheels_and_markers_are_those_of_pyodide(
    runtime: Runtime, index: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = index
    add_to_index(
        folder,
        wheel("lite-native", tag=WASM),
        wheel("lite-native", "2.0", tag="cp311-cp311-manylinux2014_x86_64"),
        wheel("lite-there", plugin=False),
        wheel("lite-plugin", requires=("lite-native", "lite-there; sys_platform == 'emscripten'")),
    )
    add_to_index(
        folder,
        wheel("lite-new", requires=("lite-gone; python_version < '3.14'", "jinja2>=3")),
    )
    out = tmp_path / "out"
    out.mkdir()
    found = choose(runtime, ["lite-plugin", "lite-new==1.0"], [address], out, tmp_path)
    chosen = {one["name"]: one["version"] for one in found}
    # Jinja is among the packages of the site, so it is not chosen.
    assert chosen == dict.fromkeys(("lite-native", "lite-there", "lite-plugin", "lite-new"), "1.0")
    assert sorted(path.name for path in out.iterdir()) == sorted(one["file"] for one in found)


def test_what_only_this_python_has_is_chosen_all_the_same(
    runtime: Runtime, index: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = index
    # pytest is installed here, of course, but in no site.
    add_to_index(folder, wheel("pytest", "0.1", plugin=False))
    add_to_index(folder, wheel("lite-plugin", requires=("pytest",)))
    found = choose(runtime, ["lite-plugin"], [address], tmp_path, tmp_path)
    assert {one["name"] for one in found} == {"lite-plugin", "pytest"}


def test_what_cannot_be_had_is_told(
    runtime: Runtime, index: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = index
    add_to_index(folder, wheel("lite-old", requires=("datasette<1.0a1",)))
    for plugin, said in [
        ("lite-none", "lite-none cannot be installed: it is not in the package index."),
        ("lite-old", "it needs datasette<1.0a1, but this site has datasette"),
    ]:
        with pytest.raises(SettingsError, match=said):
            choose(runtime, [plugin], [address], tmp_path, tmp_path)


def test_the_same_request_gets_the_same_wheels_without_the_network(
    runtime: Runtime, tmp_path: Path
) -> None:
    folder = tmp_path / "site" / "wheels"
    folder.mkdir(parents=True)
    add_to_index(folder, wheel("lite-plugin"))
    with static_site(tmp_path / "site") as site:
        address = f"{site}wheels/"
        first = chosen_wheels(runtime, ["lite-plugin"], [address], tmp_path, tmp_path / "cache")
    again = chosen_wheels(runtime, ["lite-plugin"], [address], tmp_path, tmp_path / "cache")
    assert again == first and first.names == ["lite-plugin"] and len(first.hashes) == 1
    with pytest.raises(SettingsError, match="could not be reached"):
        chosen_wheels(runtime, ["lite-other"], [address], tmp_path, tmp_path / "cache")


def test_the_lock_names_wheels_as_pip_takes_them(
    runtime: Runtime, index: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = index
    name, content = wheel("lite-local")
    (tmp_path / name).write_bytes(content)
    add_to_index(folder, wheel("lite-named", requires=("lite-local",)))
    add_to_index(folder, wheel("lite-linked"))
    url = f"{address}lite-linked/{wheel('lite-linked')[0]}"
    # In any order: one needs another that is listed later.
    plugins = ["lite-named", f"./{name}", url]
    (tmp_path / "site.toml").write_text(f'index = "{address}"\nplugins = {json.dumps(plugins)}\n')
    assert write_lock(read_settings(tmp_path), runtime) == 3
    lock = (tmp_path / "site.lock").read_text()
    for line in (f"./{name} \\\n", f"lite-linked @ {url} \\\n", "lite-named==1.0 \\\n"):
        assert f"\n{line}" in lock


def test_native_code_comes_from_the_distribution(
    runtime: Runtime, index: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = index
    file, content = wheel("lite-native", plugin=False, tag=WASM)
    full = tmp_path / "site" / "full"
    full.mkdir()
    (full / file).write_bytes(content)
    add_to_index(folder, wheel("lite-plugin", requires=("lite-native",)))
    own = tmp_path / "runtime"
    shutil.copytree(runtime.folder, own)
    (own / "distribution.json").write_text(json.dumps(listed(file, content)))
    distribution = address.replace("wheels/", "full/")
    (tmp_path / "site.toml").write_text(
        f'index = "{address}"\ndistribution = "{distribution}"\nplugins = ["lite-plugin"]\n'
    )
    settings = read_settings(tmp_path)
    assert write_lock(settings, Runtime(own)) == 2
    lock = (tmp_path / "site.lock").read_text()
    assert f"\nlite-native @ {distribution}{file} \\\n" in lock
    # pip gets it as the lock says, for another platform than this one.
    wheels = locked_wheels(settings, tmp_path / "cache")
    assert file in [path.name for path in wheels.files] and wheels.names == ["lite-plugin"]


def test_where_the_distribution_is(runtime: Runtime) -> None:
    default = runtime.about["distribution"]
    assert default.startswith("https://")
    assert runtime.distribution(None, ["wheels/", "default"]) == default
    # An owner who named the hosts of packages wants no other.
    assert runtime.distribution(None, ["wheels/"]) == ""
    assert runtime.distribution("", ["default"]) == ""
    assert runtime.distribution("https://example.org/full/", []) == "https://example.org/full/"


def test_the_list_of_the_distribution_is_that_of_pyodide(runtime: Runtime) -> None:
    packages = json.loads(runtime.listing.read_text())
    for name in ("rpds-py", "lxml", "pillow", "numpy"):
        assert packages[name]["file"].endswith(f"-{WASM}.whl")
        assert re.fullmatch("[0-9a-f]{64}", packages[name]["sha256"])
    assert packages["shapely"]["needs"] == ["numpy"]
