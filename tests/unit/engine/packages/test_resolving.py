"""Tests of which wheels are chosen, with the site's micropip and an index made by the tests."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import LiteError
from engine.packages.plugin_setup import PluginSetup
from engine.packages.wheels import Lock, unpack
from tests.support.github import answers, pyproject
from tests.support.hosts import static_site
from tests.support.wheels import add_to_index, wheel

#: Outside browsers, micropip leaves its connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"
)

#: The addresses of shell/shared/datasette-repository.js.
DATASETTE = {
    "page": "https://github.com/simonw/datasette",
    "api": "https://api.github.com/repos/simonw/datasette",
    "raw": "https://raw.githubusercontent.com/simonw/datasette",
}
COMMIT = "api.github.com/repos/simonw/datasette/commits/main"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "site" / "wheels"
    folder.mkdir(parents=True)
    yield folder


class Instance:
    """The packages of an instance, as they are after each of its starts."""

    def __init__(self, folder: Path, index: str, catalogue: list[dict[str, str]]) -> None:
        self._folder = folder
        self.index = index
        self.indexes = [index]
        #: Pyodide's distribution, "" for none, and what it has.
        self.distribution = ""
        self.listed: dict[str, dict[str, Any]] = {}
        self._catalogue = folder / "catalogue.json"
        self._installed = folder.parent / "installed"
        folder.mkdir()
        self._catalogue.write_text(json.dumps(catalogue))
        #: What GitHub answers, by address.
        self.github: dict[str, tuple[int, bytes]] = {}
        self.setup = self._setup()

    def _setup(self) -> PluginSetup:
        record = self.record()
        listing = self._folder / "distribution.json"
        listing.write_text(json.dumps(self.listed))
        return PluginSetup(
            self._folder,
            self.indexes,
            self._catalogue,
            self._installed,
            record,
            distribution=self.distribution,
            listing=listing,
            repository=DATASETTE,
            request=self._request,
        )

    async def _request(self, url: str, _: Any) -> tuple[int, dict[str, str], bytes]:
        address = url.removeprefix("https://").partition("?")[0]
        status, body = self.github.get(address, (404, b""))
        return status, {}, body

    def forget(self) -> None:
        """Forget what was chosen, and what failed."""
        shutil.rmtree(self._folder / "plugins")

    def record(self) -> dict[str, Any] | None:
        """Return what the worker would read of the lock, and hand over."""
        path = self._folder / "plugins" / "lock.json"
        record: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
        return record

    def hashes(self) -> list[str]:
        return [one["sha256"] for one in (self.record() or {"wheels": []})["wheels"]]

    def start(self, *install: str, ref: str = "") -> list[str]:
        """Start again; return the problems in words."""
        shutil.rmtree(self._installed, ignore_errors=True)
        self.setup = self._setup()
        lock = self.record() or {"asked": {}, "failed": {}, "removed": []}
        known = {*lock["asked"], *lock["removed"]}
        known |= {one for one, why in lock["failed"].items() if not why["retry"]}
        new = [one for one in install if one not in known]
        if f"?ref={ref}" in lock["failed"]:
            ref = ""
        is_source = ref != "" and ref != "pre" and not ref[0].isdigit()
        wanted = (new, ref, self.hashes(), lambda *_: None)
        done = asyncio.run(self.setup.prepare(*wanted, from_repository=is_source))
        problems = done["problems"]
        assert {problem["name"] for problem in problems} <= {"PluginError"}
        return [f"{problem['message']} {problem['hint']}" for problem in problems]

    def install(self, requirement: str, *, upgrade: bool = False) -> Any:
        """Install something; return what was added, as name to version."""
        is_source = requirement.startswith("?ref=m")
        wanted = (requirement, upgrade, lambda *_: None)
        done = asyncio.run(self.setup.install(*wanted, from_repository=is_source))
        return {one["name"]: one["version"] for one in done["added"]}

    def versions(self) -> dict[str, str]:
        """Return what is kept."""
        return {one.name: one.version for one in Lock.of(self.record()).wheels}


@pytest.fixture
def instance(tmp_path: Path, index: Path) -> Iterator[Instance]:
    """An instance at whose site datasette-tested 1.0 was tested."""
    tested = [
        {"name": "datasette-tested", "version": "1.0", "state": "works"},
        {"name": "datasette-broken", "version": "1.0", "state": "broken-upstream"},
        {"name": "datasette-gone", "version": "0.1", "state": "works"},
    ]
    with static_site(tmp_path / "site") as site:
        yield Instance(tmp_path / "instance", f"{site}wheels/", tested)
    # So that they do not cause a warning in the middle of another test.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def test_a_bare_name_takes_the_tested_version(instance: Instance, index: Path) -> None:
    for name in ("datasette-tested", "datasette-broken", "datasette-gone"):
        add_to_index(index, wheel(name, "1.0"), wheel(name, "2.0"))
    bare = ("datasette-tested", "datasette-broken", "datasette-gone")
    assert instance.start(*bare) == []
    # What was not found to work, and what the index does not have, is as elsewhere.
    wanted = {"datasette-tested": "1.0", "datasette-broken": "2.0", "datasette-gone": "2.0"}
    assert instance.versions() == wanted
    assert instance.start(*bare) == []
    assert instance.versions() == wanted
    assert instance.install("datasette-tested", upgrade=True) == {"datasette-tested": "2.0"}
    # It is there: change nothing, and above all undo nothing.
    assert instance.install("datasette-tested") == {}
    assert instance.install("Datasette_Tested==1.0") == {"datasette-tested": "1.0"}
    assert instance.versions() == wanted


def test_a_tested_version_counts_for_the_site_s_own_datasette_only(
    instance: Instance, index: Path
) -> None:
    add_to_index(index, wheel("datasette-tested", "1.0"), wheel("datasette-tested", "2.0"))
    add_to_index(index, wheel("datasette", "1.0a99", plugin=False))
    assert instance.start("datasette-tested", ref="pre") == []
    assert instance.versions() == {"datasette": "1.0a99", "datasette-tested": "2.0"}


def test_an_upgrade_never_goes_down(instance: Instance, index: Path) -> None:
    add_to_index(index, wheel("datasette-one", "1.0"), wheel("datasette-one", "2.0a1"))
    assert instance.install("datasette-one==2.0a1") == {"datasette-one": "2.0a1"}
    assert instance.install("datasette-one", upgrade=True) == {"datasette-one": "2.0a1"}
    add_to_index(index, wheel("datasette-one", "2.0a2"))
    assert instance.install("datasette-one", upgrade=True) == {"datasette-one": "2.0a2"}
    # Final releases stay among themselves.
    add_to_index(index, wheel("datasette-two", "1.0"))
    assert instance.install("datasette-two") == {"datasette-two": "1.0"}
    add_to_index(index, wheel("datasette-two", "2.0"), wheel("datasette-two", "3.0a0"))
    assert instance.install("datasette-two", upgrade=True) == {"datasette-two": "2.0"}


def test_what_others_need_is_not_replaced(instance: Instance, index: Path) -> None:
    add_to_index(
        index,
        wheel("a-library", "1.0", plugin=False),
        wheel("datasette-one", requires=("a-library<2",)),
    )
    assert instance.start("datasette-one") == []
    add_to_index(
        index,
        wheel("a-library", "2.0", plugin=False),
        wheel("datasette-two", requires=("a-library>=2",)),
    )
    before = instance.versions()
    with pytest.raises(LiteError) as caught:
        instance.install("datasette-two")
    assert caught.value.message == (
        "datasette-two cannot be installed: it brings a-library 2.0, but datasette-one 1.0 needs"
        " a-library<2."
    )
    assert caught.value.hint == "Upgrade or remove datasette-one first."
    assert instance.versions() == before
    # The other way round, the library is left as it is; and in between there may be one for all.
    add_to_index(
        index,
        wheel("a-library", "1.5", plugin=False),
        wheel("datasette-three", requires=("a-library>=1.1",)),
    )
    assert instance.install("datasette-three") == {"a-library": "1.5", "datasette-three": "1.0"}
    assert instance.install("a-library", upgrade=True) == {"a-library": "1.5"}
    # Without the one that minds, nothing is in the way.
    instance.setup.uninstall("datasette-one")
    assert instance.install("datasette-two") == {"a-library": "2.0", "datasette-two": "1.0"}


def test_what_the_site_needs_is_not_replaced(
    instance: Instance, index: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for file, content in (
        wheel("a-library", "1.0", plugin=False),
        wheel("of-the-site", requires=("a-library<2; python_version > '3'", "x; extra == 'y'")),
    ):
        unpack(content, tmp_path / "own" / file.partition("-")[0])
        monkeypatch.syspath_prepend(tmp_path / "own" / file.partition("-")[0])
    add_to_index(index, wheel("a-library", "2.0"), wheel("pluggy", "1.99", plugin=False))
    add_to_index(index, wheel("datasette-greedy", requires=("a-library>=2",)))
    add_to_index(index, wheel("datasette-core", requires=("pluggy>=1.99",)))
    add_to_index(index, wheel("datasette", "99.0"))
    [core, greedy] = instance.start("datasette-greedy", "datasette-core")
    assert core.startswith("datasette-core cannot be installed: it needs pluggy>=1.99, but this")
    assert greedy == (
        "datasette-greedy cannot be installed: it brings a-library 2.0, but of-the-site 1.0 needs"
        " a-library<2. of-the-site 1.0 comes with this site: an older version of datasette-greedy"
        " may work."
    )
    with pytest.raises(LiteError, match="datasette==99.0 cannot be installed: this site has"):
        instance.install("datasette==99.0", upgrade=True)
    address = f"{instance.index}datasette/datasette-99.0-py3-none-any.whl"
    with pytest.raises(LiteError, match="99.0-py3-none-any.whl cannot be installed: this site has"):
        instance.install(address)


def test_two_new_ones_that_disagree(instance: Instance, index: Path) -> None:
    add_to_index(index, wheel("a-library", "1.0", plugin=False))
    add_to_index(index, wheel("a-library", "2.0", plugin=False))
    add_to_index(index, wheel("b-library", requires=("a-library<2",), plugin=False))
    add_to_index(index, wheel("datasette-torn", requires=("a-library", "b-library")))
    [problem] = instance.start("datasette-torn")
    assert problem.startswith("datasette-torn cannot be installed: its dependencies need both ")


def test_only_wheels_on_the_list_are_laid_out(
    instance: Instance, index: Path, tmp_path: Path
) -> None:
    add_to_index(index, wheel("a-library", plugin=False))
    add_to_index(index, wheel("datasette-one", requires=("a-library",)), wheel("datasette-two"))
    assert instance.start("datasette-one", "datasette-two") == []
    by_name = {one.name: one.sha256 for one in Lock.of(instance.record()).wheels}

    def laid_out(*allowed: str) -> list[str]:
        shutil.rmtree(tmp_path / "installed", ignore_errors=True)
        setup = instance._setup()
        done = asyncio.run(setup.prepare([], "", [by_name[one] for one in allowed], print))
        assert done == {"problems": [], "hashes": []}
        listed = {one["name"] for one in setup.listing() if one["from"] != "site"}
        assert listed == set(allowed)
        found = (tmp_path / "installed").glob("*")
        return sorted(path.name for path in found if path.suffix != ".dist-info")

    assert laid_out("datasette-two") == ["datasette_two"]
    # What needs something that is not allowed is of no use without it.
    assert laid_out("datasette-one") == []
    assert laid_out("a-library") == []
    assert laid_out("a-library", "datasette-one") == ["a_library", "datasette_one"]


def test_what_is_chosen_does_not_build_on_what_is_not_allowed(
    instance: Instance, index: Path, tmp_path: Path
) -> None:
    add_to_index(index, wheel("a-library", plugin=False))
    add_to_index(index, wheel("datasette-one", requires=("a-library",)))
    add_to_index(index, wheel("datasette-two", requires=("a-library",)))
    assert instance.start("datasette-one") == []
    shutil.rmtree(tmp_path / "installed")
    setup = instance._setup()
    done = asyncio.run(setup.prepare(["datasette-two"], "", [], lambda *_: None))
    chosen = {one.name: one.sha256 for one in Lock.of(instance.record()).wheels}
    assert done["hashes"] == sorted([chosen["a-library"], chosen["datasette-two"]])


def test_a_name_before_an_address_must_be_that_of_the_wheel(
    instance: Instance, index: Path
) -> None:
    add_to_index(index, wheel("datasette-evil"))
    url = f"{instance.index}datasette-evil/datasette_evil-1.0-py3-none-any.whl"
    [problem] = instance.start(f"datasette-vega @ {url}")
    assert problem.startswith(f"{url} is datasette-evil, not datasette-vega. Nothing was")
    assert instance.versions() == {}
    assert instance.start(f"datasette-evil @ {url}") != []  # the failure of the other is still said
    assert instance.versions() == {"datasette-evil": "1.0"}


def test_a_damaged_wheel_is_had_anew(instance: Instance, index: Path, tmp_path: Path) -> None:
    add_to_index(index, wheel("datasette-one"))
    assert instance.start("datasette-one") == []
    [kept] = (tmp_path / "instance" / "plugins" / "wheels").iterdir()
    kept.write_bytes(b"damaged")
    [problem] = instance.start("datasette-one")
    assert "Install it again on the page “Plugins”." in problem
    assert instance.install("datasette-one") == {"datasette-one": "1.0"}
    assert instance.start("datasette-one") == []


def test_an_address_counts_more_than_what_is_there(instance: Instance, index: Path) -> None:
    add_to_index(index, wheel("a-library", "1.0", plugin=False), wheel("a-library", "0.9"))
    add_to_index(index, wheel("datasette-one", requires=("a-library",)))
    address = f"{instance.index}a-library/a_library-0.9-py3-none-any.whl"
    assert instance.start("datasette-one", address) == []
    assert instance.versions() == {"a-library": "0.9", "datasette-one": "1.0"}


# Python's own urllib, which stands in for the browser's fetch here, leaves a 404 open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_of_several_indexes_the_first_that_has_a_package_counts(
    instance: Instance, index: Path, tmp_path: Path
) -> None:
    own = instance.index.removesuffix("wheels/") + "own/"
    instance.indexes = [own, instance.index]
    add_to_index(tmp_path / "site" / "own", wheel("a-library", "1.0", plugin=False))
    add_to_index(
        index,
        wheel("a-library", "2.0", plugin=False),
        wheel("datasette-one", requires=("a-library",)),
    )
    assert instance.start("datasette-one") == []
    assert instance.versions() == {"a-library": "1.0", "datasette-one": "1.0"}
    assert "is not in the package index" in instance.start("datasette-two")[0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_wheels_are_found_in_whatever_order_they_are_named(
    instance: Instance, tmp_path: Path
) -> None:
    folder = tmp_path / "site" / "elsewhere"
    folder.mkdir()
    addresses = []
    for name, needs in [("a-first", ("a-second",)), ("a-second", ("a-third",)), ("a-third", ())]:
        file, content = wheel(name, requires=needs, plugin=name == "a-first")
        (folder / file).write_bytes(content)
        addresses.append(f"{instance.index.removesuffix('wheels/')}elsewhere/{file}")
    assert instance.start(*addresses) == []
    assert set(instance.versions()) == {"a-first", "a-second", "a-third"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_no_order_helps_is_said(instance: Instance, tmp_path: Path) -> None:
    folder = tmp_path / "site" / "elsewhere"
    folder.mkdir()
    file, content = wheel("a-first", requires=("a-missing",))
    (folder / file).write_bytes(content)
    address = f"{instance.index.removesuffix('wheels/')}elsewhere/{file}"
    [problem] = instance.start(address)
    assert "it needs a-missing, which is not in the package index" in problem


def test_a_branch_is_built_and_needs_what_its_project_says(instance: Instance, index: Path) -> None:
    files = {
        "pyproject.toml": pyproject(["a-library>=1", "click>=7", "setuptools"]),
        "datasette/__init__.py": b"",
        "datasette/version.py": b'__version__ = "1.0a98"\n',
    }
    instance.github = answers("a/b", "abcdef1" + "0" * 33, files)
    [problem] = instance.start(ref="a/b")
    assert "datasette==1.0a98+gabcdef1 cannot be installed: it needs a-library" in problem
    add_to_index(index, wheel("a-library", "1.1", plugin=False), wheel("datasette", "9.0"))
    instance.forget()
    assert instance.start(ref="a/b") == []
    assert instance.versions() == {"datasette": "1.0a98+gabcdef1", "a-library": "1.1"}
    lock = instance.record()
    assert lock is not None
    assert lock["asked"] == {"?ref=a/b": "datasette"}
    [own] = [one for one in lock["wheels"] if one["name"] == "datasette"]
    assert own["url"] == f"https://github.com/simonw/datasette/tree/abcdef1{'0' * 33}"
    assert own["requires"] == ["a-library", "click", "setuptools"]
    # From now on it stays what it is, and GitHub is not needed.
    instance.github = {}
    assert instance.start(ref="a/b") == []
    assert instance.start("datasette-none", ref="a/b") != []
    assert instance.versions() == {"datasette": "1.0a98+gabcdef1", "a-library": "1.1"}


@pytest.mark.parametrize("ref", ["", "main", "1.0a40"])
def test_what_failed_because_the_site_is_not_complete_is_tried_again(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, ref: str
) -> None:
    async def need(what: str) -> None:
        raise LiteError(f"{what} needs a part of this site that is missing.")

    monkeypatch.setattr("engine.deferred_modules.need", need)
    [problem] = instance.start(*([] if ref else ["datasette-x"]), ref=ref)
    assert "needs a part of this site that is missing" in problem
    lock = instance.record()
    assert lock is not None
    assert [one["retry"] for one in lock["failed"].values()] == [True]


def _datasette(version: str) -> dict[str, bytes]:
    return {
        "pyproject.toml": pyproject([]),
        "datasette/__init__.py": b"",
        "datasette/version.py": f'__version__ = "{version}"\n'.encode(),
    }


def test_a_newer_commit_of_a_branch_comes_when_it_is_asked_for(
    instance: Instance, index: Path
) -> None:
    old, new = "abcdef1" + "0" * 33, "abcdef2" + "0" * 33
    instance.github = answers("main", old, _datasette("1.0a98"))
    assert instance.start(ref="main") == []
    instance.github = answers("main", new, _datasette("1.0a99"))
    assert instance.start(ref="main") == []
    assert instance.versions() == {"datasette": "1.0a98+gabcdef1"}
    for _ in range(2):
        added = instance.install("?ref=main", upgrade=True)
        assert added == {"datasette": "1.0a99+gabcdef2"}
    assert instance.start(ref="main") == []
    assert instance.versions() == {"datasette": "1.0a99+gabcdef2"}
    instance.github = {}
    with pytest.raises(LiteError, match="no branch, tag or commit"):
        instance.install("?ref=main", upgrade=True)
    assert instance.versions() == {"datasette": "1.0a99+gabcdef2"}
    # Only what the link asks for.
    add_to_index(index, wheel("datasette", "1.0a99", plugin=False))
    for other in ("?ref=other", "?ref=pre"):
        with pytest.raises(LiteError, match="does not ask for"):
            instance.install(other, upgrade=True)


def test_a_newer_pre_release_comes_when_it_is_asked_for(instance: Instance, index: Path) -> None:
    add_to_index(index, wheel("datasette", "1.0a98", plugin=False))
    assert instance.start(ref="pre") == []
    add_to_index(index, wheel("datasette", "1.0a99", plugin=False))
    assert instance.install("?ref=pre", upgrade=True) == {"datasette": "1.0a99"}
    assert instance.versions() == {"datasette": "1.0a99"}


def test_a_branch_that_cannot_be_fetched_now_is_tried_again(instance: Instance) -> None:
    for answer, retry in (({}, False), ({COMMIT: (503, b"")}, True)):
        instance.github = answer
        [problem] = instance.start(ref="main")
        assert "main" in problem
        lock = instance.record()
        assert lock is not None
        assert lock["failed"]["?ref=main"]["retry"] is retry
        # A person may try at any time.
        instance.github = answers("main", "abcdef1" + "0" * 33, _datasette("1.0a98"))
        assert instance.install("?ref=main") == {"datasette": "1.0a98+gabcdef1"}
        assert instance.start(ref="main") == []
        instance.forget()
