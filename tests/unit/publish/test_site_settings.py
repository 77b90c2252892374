"""site.toml and the files beside it, as the build reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasette_lite.plugin_wheels import locked_wheels
from datasette_lite.settings import SettingsError, read_settings
from datasette_lite.wheel_index import write_index


def settings_of(folder: Path, text: str, **files: str) -> None:
    """Write a site.toml and files beside it, named as keywords can be: metadata_yaml."""
    (folder / "site.toml").write_text(text)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    assert (settings.locked, settings.index_urls(), settings.plugins) == (False, ["default"], [])
    assert settings.documents() == {} and settings.folders("templates") == []


def test_the_projects_own_says_what_the_defaults_are() -> None:
    folder = Path(__file__).resolve().parents[3]
    assert read_settings(folder) == read_settings(folder / "tests").__class__(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("locked = ", "site.toml is not valid TOML"),
        ("lokced = true", "sets 'lokced', which is not known"),
        ('locked = "yes"', "must be true or false"),
        ("plugins = [3]", "lists the plugin 3"),
        ('plugins = ["./gone-1-py3-none-any.whl"]', "which is not there"),
        ('index = "no-such-folder"', "neither a folder nor a URL"),
        ('index = ["default", "gone"]', "sets index to 'gone'"),
        ("index = 3", "must be a list of texts"),
        ("index = [3]", "sets index to 3"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, said: str) -> None:
    settings_of(tmp_path, text)
    with pytest.raises(SettingsError, match=said):
        read_settings(tmp_path)


def test_documents_are_read_as_json(tmp_path: Path) -> None:
    settings_of(tmp_path, "", metadata_yaml="title: A\nlicense: 2024-01-02\n", datasette_json="{}")
    documents = read_settings(tmp_path).documents()
    assert documents == {"config": {}, "metadata": {"title": "A", "license": "2024-01-02"}}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"metadata_yaml": "a: b", "metadata_json": "{}"}, "keep one of them"),
        ({"metadata_yaml": "- a"}, "does not contain an object"),
        ({"datasette_json": "{"}, "datasette.json cannot be read"),
    ],
)
def test_mistakes_in_documents_are_told(tmp_path: Path, files: dict[str, str], said: str) -> None:
    settings_of(tmp_path, "", **files)
    with pytest.raises(SettingsError, match=said):
        read_settings(tmp_path).documents()


def test_plugins_without_their_lock_are_told(tmp_path: Path) -> None:
    settings_of(tmp_path, 'plugins = ["datasette-x==1"]')
    with pytest.raises(SettingsError, match=r"site\.lock is missing\. Run `make lock-plugins`"):
        locked_wheels(read_settings(tmp_path), tmp_path / "cache")
    (tmp_path / "site.lock").write_text('# plugins = ["datasette-y"]\n#   datasette-y\n')
    with pytest.raises(SettingsError, match="is for other plugins"):
        locked_wheels(read_settings(tmp_path), tmp_path / "cache")


def test_a_folder_of_wheels_is_served_as_an_index(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "My_Plugin-1.0-py3-none-any.whl").write_bytes(b"wheel")
    settings_of(tmp_path, 'index = "wheels"')
    settings = read_settings(tmp_path)
    assert settings.index_urls() == ["wheels/"]
    write_index(settings.wheel_folders, tmp_path / "out")
    page = (tmp_path / "out" / "my-plugin" / "index.html").read_text()
    assert 'href="My_Plugin-1.0-py3-none-any.whl#sha256=' in page
    assert (tmp_path / "out" / "my-plugin" / "My_Plugin-1.0-py3-none-any.whl").is_file()


def test_several_folders_are_one_index_in_the_order_of_the_list(tmp_path: Path) -> None:
    for folder, content in (("own", b"own"), ("pyodide", b"theirs")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a-1.0-py3-none-any.whl").write_bytes(content)
    settings_of(tmp_path, 'index = ["own", "https://a.test/simple/", "pyodide", "default"]')
    settings = read_settings(tmp_path)
    assert settings.index_urls() == ["wheels/", "https://a.test/simple/", "default"]
    write_index(settings.wheel_folders, tmp_path / "out")
    assert (tmp_path / "out" / "a" / "a-1.0-py3-none-any.whl").read_bytes() == b"own"
