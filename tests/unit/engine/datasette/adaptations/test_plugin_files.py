"""Plugins in files are executed once, before Datasette is opened, and found without a search."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from datasette import app, plugins
from datasette.app import Datasette
from datasette.plugins import pm

from engine.datasette.adaptations import plugin_files

COUNTING = """
from datasette import hookimpl
import {counter}
{counter}.executed += 1

@hookimpl
def actor_from_request():
    return {{"id": "from a file"}}
"""


@pytest.fixture
def counter() -> Iterator[Any]:
    """A module that counts; its name is `plugin_files_counter`."""
    module: Any = ModuleType("plugin_files_counter")
    module.executed = 0
    sys.modules[module.__name__] = module
    before = pm.get_plugins()
    yield module
    del sys.modules[module.__name__]
    for plugin in pm.get_plugins() - before:
        pm.unregister(plugin)


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "module_from_path", app.module_from_path)
    monkeypatch.setattr(plugins, "importlib_resources", plugins.importlib_resources)
    monkeypatch.setattr(plugin_files, "_loaded", {})


def test_a_file_is_executed_once(tmp_path: Path, counter: Any) -> None:
    (tmp_path / "mine.py").write_text(COUNTING.format(counter=counter.__name__))
    plugin_files.load(tmp_path)
    assert counter.executed == 1
    plugin_files.install()
    for _ in range(2):
        Datasette(memory=True, plugins_dir=str(tmp_path))
    assert counter.executed == 1
    assert "mine.py" in {plugin["name"] for plugin in plugins.get_plugins()}


def test_a_file_that_was_not_loaded_is_executed_as_usual(tmp_path: Path, counter: Any) -> None:
    (tmp_path / "mine.py").write_text(COUNTING.format(counter=counter.__name__))
    plugin_files.install()
    Datasette(memory=True, plugins_dir=str(tmp_path))
    assert counter.executed == 1


def test_one_that_fails_does_not_stop_the_others(
    tmp_path: Path, counter: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.py").write_text("1 / 0")
    (tmp_path / "b.py").write_text("import sys\nsys.exit(3)")
    (tmp_path / "c.py").write_text(COUNTING.format(counter=counter.__name__))
    plugin_files.load(tmp_path)
    assert counter.executed == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    plugin_files.install()
    with pytest.raises(ZeroDivisionError):
        Datasette(memory=True, plugins_dir=str(tmp_path))


def test_packages_are_still_asked_for_their_files(tmp_path: Path) -> None:
    plain = {plugin["name"]: plugin for plugin in plugins.get_plugins()}
    plugin_files.install()
    assert {plugin["name"]: plugin for plugin in plugins.get_plugins()} == plain
