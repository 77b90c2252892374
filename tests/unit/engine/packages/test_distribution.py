"""Tests of packages that only Pyodide's distribution has: those with native code."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.packages.wheels import Lock
from tests.support.hosts import static_site
from tests.support.wheels import add_to_index, listed, wheel
from tests.unit.engine.packages.test_resolving import Instance, index, pytestmark

__all__ = ["index", "pytestmark"]

WASM = "cp314-cp314-pyemscripten_2026_0_wasm32"
LINUX = "cp314-cp314-manylinux_2_17_x86_64"


class Distribution:
    """Pyodide's distribution, made by the tests."""

    def __init__(self, folder: Path, instance: Instance) -> None:
        self._folder, self._instance = folder, instance
        self.add(wheel("native", "1.5", plugin=False, tag=WASM))

    def add(self, made: tuple[str, bytes], **more: list[str]) -> None:
        (self._folder / made[0]).write_bytes(made[1])
        file, content = made
        self._instance.listed |= listed(file, content, **more)


@pytest.fixture
def instance(tmp_path: Path, index: Path) -> Iterator[Instance]:
    """An instance of a site that has a distribution."""
    (tmp_path / "site" / "full").mkdir(parents=True)
    with static_site(tmp_path / "site") as site:
        instance = Instance(tmp_path / "instance", f"{site}wheels/", [])
        instance.distribution = f"{site}full/"
        yield instance
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def distribution(tmp_path: Path, instance: Instance) -> Distribution:
    return Distribution(tmp_path / "site" / "full", instance)


@pytest.mark.parametrize("is_in_index", [False, True])
def test_a_package_with_native_code(
    instance: Instance, index: Path, distribution: Distribution, is_in_index: bool
) -> None:
    if is_in_index:  # for other platforms
        add_to_index(index, wheel("native", "2.0", plugin=False, tag=LINUX))
    assert instance.start("native") == []
    [kept] = Lock.of(instance.record()).wheels
    assert (kept.name, kept.version) == ("native", "1.5")
    assert kept.url == f"{instance.distribution}native-1.5-{WASM}.whl"
    assert instance.start("native") == []


def test_without_a_distribution_it_is_not_to_be_had(
    instance: Instance, index: Path, distribution: Distribution
) -> None:
    instance.distribution = ""
    add_to_index(index, wheel("native", "2.0", plugin=False, tag=LINUX))
    [problem] = instance.start("native")
    assert "it has no version with a wheel that runs in a browser" in problem


def test_what_the_index_has_for_browsers_counts_first(
    instance: Instance, index: Path, distribution: Distribution
) -> None:
    add_to_index(index, wheel("native", "1.0", plugin=False))
    assert instance.start("native") == []
    assert instance.versions() == {"native": "1.0"}


def test_dependencies_come_from_both(
    instance: Instance, index: Path, distribution: Distribution
) -> None:
    # As jsonschema, referencing and rpds-py need each other.
    add_to_index(
        index,
        wheel("datasette-top", requires=("middle",)),
        wheel("middle", plugin=False, requires=("Native>=1.2", "deep")),
        wheel("of-index", plugin=False),
    )
    distribution.add(
        wheel("deep", plugin=False, tag=WASM, requires=("of-index",)), needs=["also-listed"]
    )
    distribution.add(wheel("also-listed", plugin=False, tag=WASM))
    assert instance.start("datasette-top") == []
    assert instance.versions() == {
        **dict.fromkeys(("datasette-top", "middle", "deep", "of-index", "also-listed"), "1.0"),
        "native": "1.5",
    }
    # All of them are needed, and so none is removed alone, and all with the plugin.
    record = instance.record()
    assert record is not None
    by_name = {one["name"]: one["requires"] for one in record["wheels"]}
    assert by_name["deep"] == ["also-listed", "of-index"]
    instance.setup.uninstall("datasette-top")
    assert instance.versions() == {}


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        (
            "native==2.0",
            "native==2.0 cannot be installed: it has native code, and only version 1.5 of it was"
            " built for browsers.",
        ),
        (
            "datasette-wants",
            "datasette-wants cannot be installed: it needs native, which has native code, and only"
            " version 1.5 of it was built for browsers, not >=2.",
        ),
        (
            "maps",
            "maps cannot be installed: it needs the shared library libmaps. Shared libraries that",
        ),
        (
            "changed",
            f"changed-1.0-{WASM}.whl is not the file that the list of packages describes.",
        ),
        ("gone", "/full/gone-1.0-"),
        ("unknown", "unknown cannot be installed: it is not in the package index."),
    ],
)
def test_what_cannot_be_had_is_told(
    instance: Instance,
    index: Path,
    distribution: Distribution,
    tmp_path: Path,
    requirement: str,
    said: str,
) -> None:
    add_to_index(index, wheel("datasette-wants", requires=("native>=2",)))
    distribution.add(wheel("maps", plugin=False, tag=WASM), libraries=["libmaps"])
    for name in ("changed", "gone"):
        distribution.add(wheel(name, plugin=False, tag=WASM))
        path = tmp_path / "site" / "full" / f"{name}-1.0-{WASM}.whl"
        path.unlink() if name == "gone" else path.write_bytes(
            wheel(name, plugin=False, tag=WASM, code="#")[1]
        )
    [problem] = instance.start(requirement)
    assert said in problem
    assert instance.versions() == {}


def test_an_index_out_of_reach_is_tried_again_later(
    instance: Instance, distribution: Distribution
) -> None:
    instance.indexes = ["http://localhost:9/"]
    [problem] = instance.start("native")
    assert "the package index could not be reached" in problem
    instance.indexes = [instance.index]
    assert instance.start("native") == []
    assert instance.versions() == {"native": "1.5"}
