"""Tests of engine.packages.plugin_loading: a plugin that breaks does not stop the others."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pluggy
import pytest

from engine.packages import plugin_loading
from engine.packages.wheels import unpack
from tests.support.wheels import wheel

HOOKS = "from datasette import hookimpl\n@hookimpl\ndef startup():\n    return helper()\n"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path, empty; what is loaded from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(plugin_loading, "_places", {})
    monkeypatch.setattr(plugin_loading, "left_out", {})
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("datasette_load"):
            del sys.modules[name]


def _load(folder: Path, **plugins: str) -> pluggy.PluginManager:
    for name, code in plugins.items():
        unpack(wheel(name.replace("_", "-"), code=code)[1], folder)
    importlib.invalidate_caches()
    manager = pluggy.PluginManager("datasette")
    plugin_loading._load(manager, "datasette")
    return manager


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero."),
        ("import nothing_like_it", "ModuleNotFoundError: No module named 'nothing_like_it'."),
        ("raise SystemExit(1)", "SystemExit: 1."),
        ("(", "SyntaxError"),
    ],
)
def test_one_that_cannot_be_imported_is_left_out(installed: Path, code: str, said: str) -> None:
    manager = _load(installed, datasette_load_bad=code, datasette_load_good="")
    assert manager.has_plugin("datasette_load_good")
    assert not manager.has_plugin("datasette_load_bad")
    [(package, problem)] = plugin_loading.left_out.items()
    assert package == "datasette-load-bad"
    assert problem.message.startswith("datasette-load-bad was left out: it failed while it was")
    assert said in problem.message


def test_one_that_raises_later_is_found_by_its_traceback(installed: Path) -> None:
    manager = _load(
        installed,
        datasette_load_bad=HOOKS + "def helper():\n    raise KeyError('x')\n",
        datasette_load_good=HOOKS + "def helper():\n    return 1\n",
    )
    with pytest.raises(KeyError) as caught:
        manager.get_plugin("datasette_load_bad").startup()  # type: ignore[union-attr]
    assert plugin_loading.culprit(caught.value) == "datasette-load-bad"
    assert plugin_loading.leave_out(manager, caught.value)
    assert not manager.has_plugin("datasette_load_bad")
    assert manager.has_plugin("datasette_load_good")
    # Once is enough: repeated calls must not go on for ever.
    assert not plugin_loading.leave_out(manager, caught.value)


def test_an_error_of_nobody_has_no_culprit(installed: Path) -> None:
    _load(installed, datasette_load_good="")
    try:
        raise ValueError("own")
    except ValueError as error:
        assert plugin_loading.culprit(error) is None


def test_the_cause_of_an_error_counts(installed: Path) -> None:
    manager = _load(installed, datasette_load_bad=HOOKS + "def helper():\n    1 / 0\n")
    plugin = manager.get_plugin("datasette_load_bad")
    try:
        try:
            plugin.startup()  # type: ignore[union-attr]
        except ZeroDivisionError as error:
            raise RuntimeError("could not start") from error
    except RuntimeError as error:
        assert plugin_loading.culprit(error) == "datasette-load-bad"


@pytest.mark.parametrize("stubborn", [False, True])
def test_one_that_does_not_finish_is_found_by_where_it_waits(
    installed: Path, monkeypatch: pytest.MonkeyPatch, stubborn: bool
) -> None:
    code = "async def helper():\n    await asyncio.sleep(60)\n"
    if stubborn:
        code = (
            "async def helper():\n"
            "    try: await asyncio.sleep(60)\n"
            "    except asyncio.CancelledError: await asyncio.sleep(0.2)\n"
        )
    manager = _load(
        installed, datasette_load_bad=f"import asyncio\n{HOOKS}{code}", datasette_load_good=""
    )
    monkeypatch.setattr(plugin_loading, "STARTUP_SECONDS", 0.05)

    async def start() -> None:
        await manager.get_plugin("datasette_load_bad").startup()  # type: ignore[union-attr]

    with pytest.raises(plugin_loading.Unfinished) as caught:
        asyncio.run(plugin_loading.in_time(start()))
    assert plugin_loading.leave_out(manager, caught.value)
    assert plugin_loading.left_out["datasette-load-bad"].message == (
        "datasette-load-bad was left out: it did not finish within 0.05 seconds."
    )


def test_what_waits_for_nobody_s_plugin_has_no_culprit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_loading, "STARTUP_SECONDS", 0.05)
    with pytest.raises(plugin_loading.Unfinished) as caught:
        asyncio.run(plugin_loading.in_time(asyncio.sleep(60)))
    assert plugin_loading.culprit(caught.value) is None


def test_one_that_ends_the_program_does_not(installed: Path) -> None:
    ending = "async def helper():\n    raise SystemExit(2)\n"
    manager = _load(installed, datasette_load_bad=HOOKS + ending)
    plugin: Any = manager.get_plugin("datasette_load_bad")
    with pytest.raises(RuntimeError) as caught:
        asyncio.run(plugin_loading.in_time(plugin.startup()))
    assert plugin_loading.culprit(caught.value) == "datasette-load-bad"
    assert asyncio.run(plugin_loading.in_time(asyncio.sleep(0, "done"))) == "done"
