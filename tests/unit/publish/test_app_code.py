"""Apps that are published: their code, their packages, and what is refused."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from datasette_lite.app_code import read_app
from datasette_lite.app_parts import PACKAGES
from datasette_lite.branding import Branding
from datasette_lite.commands import cli
from datasette_lite.errors import PublishError
from datasette_lite.packs import read_entries
from datasette_lite.publication import Publication, publish
from datasette_lite.runtime import find_runtime

PROJECT = Path(__file__).resolve().parents[3]

APP = "async def app(scope, receive, send):\n    pass\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files into the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_a_folder_becomes_a_zip_file_without_what_tools_leave_there(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "my shop",
        {
            "main.py": APP,
            "templates/page.html": "<p>",
            ".env": "SECRET=1",
            "__pycache__/main.cpython-314.pyc": "x",
            "venv/lib/x.py": "",
            "site/sw.js": "an earlier site",
        },
    )
    code = read_app("main:app", [folder], folder / "site")
    assert (code.name, code.entry, code.count) == ("my_shop.zip", "main:app", 2)
    with zipfile.ZipFile(io.BytesIO(code.content)) as archive:
        assert archive.namelist() == ["main.py", "templates/page.html"]
    assert read_app("main:app", [folder], folder / "site").content == code.content


def test_the_application_may_be_imported_assigned_or_come_from_anywhere(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "shop",
        {
            "main.py": "from shop.web import app\nif True:\n    other = app\n",
            "shop/web/__init__.py": "from x import *\n",
            "lazy.py": "def __getattr__(name): ...\n",
            "nested.py": "class site:\n    pass\n",
        },
    )
    for entry in ("main:app", "main:other", "shop.web:app", "lazy:app", "nested:site.app"):
        assert read_app(entry, [folder], tmp_path / "out").entry == entry


@pytest.mark.parametrize(
    ("files", "requirements"),
    [
        (
            {"requirements.txt": "fastapi==1.0 \\\n  --hash=sha256:a\n# no\nuvicorn[standard]\n"},
            ["fastapi==1.0"],
        ),
        ({"pyproject.toml": '[project]\ndependencies = ["flask>=3", "gunicorn"]\n'}, ["flask>=3"]),
        ({"pyproject.toml": "[tool.ruff]\n"}, ["starlette"]),
        ({}, ["starlette"]),
    ],
)
def test_the_packages_that_a_folder_lists(
    tmp_path: Path, files: dict[str, str], requirements: list[str]
) -> None:
    script = f'# /// script\n# dependencies = ["starlette"]\n# ///\n{APP}'
    folder = write(tmp_path / "shop", {"main.py": script, **files})
    assert read_app("main:app", [folder], tmp_path / "out").requirements == requirements


@pytest.mark.parametrize(
    ("entry", "files", "message"),
    [
        ("main", {"main.py": APP}, r"--app main: this does not name an application"),
        ("main:", {"main.py": APP}, r"does not name an application"),
        ("main.py:app", {"web.py": APP}, r"has no module main.py. It has: web."),
        ("shop:app", {"web.py": APP, "a/b.py": ""}, r"has no module shop. It has: a.b, web."),
        ("main:app", {"readme.txt": ""}, r"has no module main. It has no Python files."),
        ("main:app", {"main.py": "site = 1\n"}, r"no 'app' at its top level. It has: site."),
        ("main:app", {"main.py": "def app(:\n"}, r"main.py, line 1 is not valid Python"),
        (
            "main:app",
            {"main.py": APP, "requirements.txt": "-r base.txt\n"},
            r"requirements.txt has the option '-r base.txt'",
        ),
        (
            "main:app",
            {"main.py": APP, "pyproject.toml": "[project]\ndependencies = 1\n"},
            r"`dependencies` of pyproject.toml are not a list",
        ),
        ("main:app", {"main.py": APP, "pyproject.toml": "[project"}, r"is not TOML"),
        (
            "main:app",
            {"main.py": APP, "pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'},
            r"pyproject.toml leaves its `dependencies` to a build tool",
        ),
        (
            "main:app",
            {"main.py": APP, "requirements.txt": "./vendor/x-1-py3-none-any.whl\n"},
            r"requirements.txt lists ./vendor/x-1-py3-none-any.whl, but there is no such file",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(
    tmp_path: Path, entry: str, files: dict[str, str], message: str
) -> None:
    folder = write(tmp_path / "shop", files)
    with pytest.raises(PublishError, match=message):
        read_app(entry, [folder], tmp_path / "out")


def test_lists_of_packages_in_another_encoding_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", {"main.py": APP})
    (folder / "requirements.txt").write_text("flask\n", encoding="utf-16")  # as by PowerShell
    with pytest.raises(PublishError, match=r"requirements.txt is not UTF-8: .* Save it as UTF-8."):
        read_app("main:app", [folder], tmp_path / "out")


def test_a_script_is_published_as_it_is(tmp_path: Path) -> None:
    folder = write(tmp_path, {"guest-book.py": APP, "data.csv": "a\n"})
    code = read_app("guest_book:app", [folder / "guest-book.py"], tmp_path / "out")
    assert (code.name, code.content, code.count) == ("guest_book.py", APP.encode(), 1)
    with pytest.raises(PublishError, match=r"so its module is guest_book: --app guest_book:app"):
        read_app("main:app", [folder / "guest-book.py"], tmp_path / "out")
    with pytest.raises(PublishError, match=r"data.csv is neither a folder nor a .py file"):
        read_app("data:app", [folder / "data.csv"], tmp_path / "out")
    with pytest.raises(PublishError, match=r"publishes one app"):
        read_app("main:app", [folder, folder], tmp_path / "out")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache that builds share."""
    return tmp_path_factory.mktemp("cache")


def test_the_site_of_an_app_opens_it_first_and_lets_it_run(tmp_path: Path, cache: Path) -> None:
    folder = write(tmp_path / "shop", {"main.py": APP})
    branding = Branding(landing="/docs?a=1")
    publication = Publication([folder], app="main:app", branding=branding, cache=cache, locked=True)
    notes = publish(publication, tmp_path / "site")
    assert "Everybody can read the code" in notes[0]
    page = (tmp_path / "site" / "index.html").read_text()
    assert 'data-landing="?app=apps/shop.zip&amp;entry=main%3Aapp#/docs?a=1"' in page
    worker = (tmp_path / "site" / "sw.js").read_text()
    found = re.search(r"manifest: (\{.*?\n  \}|\{.*\n\}),\n\};", worker, re.S)
    assert found is not None
    settings = json.loads(found[1])["settings"]
    content = (tmp_path / "site" / "apps" / "shop.zip").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert settings["apps"] == {"apps/shop.zip": {"entry": "main:app", "sha256": digest}}
    [card] = json.loads((tmp_path / "site" / "apps" / "index.json").read_text())
    assert (card["file"], card["entry"]) == ("shop.zip", "main:app")


def test_the_site_of_an_app_has_datasette_in_a_part_of_its_own(tmp_path: Path, cache: Path) -> None:
    folder = write(tmp_path / "shop", {"main.py": APP})
    publish(Publication([folder], app="main:app", cache=cache), tmp_path / "site")
    made = tmp_path / "site" / "runtime"
    before = find_runtime().site / "runtime"
    entries = {
        name: list(read_entries(made / f"{name}.pack"))
        for name in ("packages", "rest", "application")
    }
    split = {entry[0] for entry in entries["application"]}
    assert any(path.endswith("/site-packages/datasette/app.pyc") for path in split)
    assert not any("/site-packages/pydantic/" in path for path in split)
    for name in ("packages", "rest"):
        kept = entries[name]
        assert not any("/site-packages/datasette/" in entry[0] for entry in kept)
        all_before = list(read_entries(before / f"{name}.pack"))
        assert [entry for entry in all_before if entry[0] not in split] == kept
    manifest = (tmp_path / "site" / "sw.js").read_text()
    assert '"application": {' in manifest


def test_no_other_package_of_the_site_needs_what_an_app_is_without() -> None:
    for wheel in sorted((PROJECT / "build" / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            names = {name.split("/")[0].split("-")[0].split(".")[0] for name in archive.namelist()}
            if names & set(PACKAGES):
                continue
            [about] = [name for name in archive.namelist() if name.endswith("-info/METADATA")]
            text = archive.read(about).decode()
        needed = re.findall(r"(?m)^Requires-Dist: ([\w.-]+)(?!.*extra)", text)
        assert not {one.lower().replace("-", "_") for one in needed} & set(PACKAGES), wheel.name


def test_options_about_data_mean_nothing_for_an_app(tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", {"main.py": APP})
    arguments = ["build", "--app", "main:app", str(folder), "--read-only", "--title", "Shop"]
    done = CliRunner().invoke(cli, [*arguments, "-o", str(tmp_path / "site")])
    assert done.exit_code == 2
    assert "--read-only, --title: this is about data" in done.output
    assert not (tmp_path / "site").exists()


def test_wheels_are_looked_for_beside_the_list_that_names_them(tmp_path: Path) -> None:
    wheel = "vendor/x-1-py3-none-any.whl"
    lists = {
        "requirements.txt": f"./{wheel}\n",
        "pyproject.toml": f'[project]\ndependencies = ["{wheel}"]\n',
    }
    for number, (name, text) in enumerate(lists.items()):
        folder = write(tmp_path / str(number), {"main.py": APP, name: text, wheel: ""})
        code = read_app("main:app", [folder], tmp_path / "out")
        assert code.requirements == [str((folder / wheel).resolve())]
    script = f'# /// script\n# dependencies = ["{wheel}"]\n# ///\n{APP}'
    folder = write(tmp_path / "script", {"main.py": script, wheel: ""})
    code = read_app("main:app", [folder / "main.py"], tmp_path / "out")
    assert code.requirements == [str((folder / wheel).resolve())]


def test_a_wheel_to_install_that_is_missing_is_named(tmp_path: Path, cache: Path) -> None:
    folder = write(tmp_path / "shop", {"main.py": APP})
    publication = Publication([folder], app="main:app", install=["no.whl"], cache=cache)
    with pytest.raises(PublishError, match=r"--install no.whl: there is no such file"):
        publish(publication, tmp_path / "site")


def test_virtual_environments_of_any_name_are_left_out(tmp_path: Path) -> None:
    files = {"main.py": APP, "env/pyvenv.cfg": "", "env/lib/x.py": "", "environment/y.py": ""}
    folder = write(tmp_path / "shop", files)
    (folder / "env" / "python").symlink_to("/bin/sh")
    code = read_app("main:app", [folder], tmp_path / "out")
    with zipfile.ZipFile(io.BytesIO(code.content)) as archive:
        assert archive.namelist() == ["environment/y.py", "main.py"]


def test_links_to_files_elsewhere_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", {"main.py": APP, "own.txt": "own"})
    (folder / "link.txt").symlink_to("own.txt")
    assert read_app("main:app", [folder], tmp_path / "out").count == 3
    write(tmp_path, {"mine.txt": "private"})
    (folder / "notes.txt").symlink_to(tmp_path / "mine.txt")
    with pytest.raises(PublishError, match=r"notes.txt is a link to .*mine.txt, outside the app"):
        read_app("main:app", [folder], tmp_path / "out")


KEY = "-----BEGIN PRIVATE KEY-----\nMII\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keys/site.pem", KEY),
        ("tls.key", KEY),
        ("id_rsa", KEY),
        ("deploy/id_ed25519", ""),
        ("credentials.json", "{}"),
        ("production.env", "PASSWORD=x"),
        ("Identity.P12", ""),
    ],
)
def test_files_that_hold_secrets_are_refused(tmp_path: Path, name: str, text: str) -> None:
    folder = write(tmp_path / "shop", {"main.py": APP, name: text})
    with pytest.raises(PublishError, match=rf"{name} .*everybody can read.* Move it"):
        read_app("main:app", [folder], tmp_path / "out")


def test_certificates_are_published(tmp_path: Path) -> None:
    certificate = "-----BEGIN CERTIFICATE-----\n"
    folder = write(tmp_path / "shop", {"main.py": APP, "root.pem": certificate, ".env": "A=1"})
    assert read_app("main:app", [folder], tmp_path / "out").count == 2
