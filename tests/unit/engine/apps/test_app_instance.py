"""An app runs below its root path, in its home directory, and says why it does not start."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from engine.application import Application
from engine.apps.errors import AppError
from engine.apps.instance import AppInstance
from tests.support.wire import Wire, head

BASE = "/app/@KEY/"

ECHO = """
    import json, os

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            scope["state"]["started"] = True
            print("starting <up>")
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            open("stopped", "w").close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        said = {name: scope[name] for name in ("path", "root_path", "state")}
        body = json.dumps({**said, "cwd": os.getcwd(), "home": os.environ["HOME"]}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})
"""


@pytest.fixture(autouse=True)
def _process_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore what an app changes in a Python of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


class Apps:
    """Apps in the folder `folder`."""

    def __init__(self, folder: Path, runner: asyncio.Runner) -> None:
        self.folder = folder / "instance"
        (self.folder / "app").mkdir(parents=True)
        self.app = AppInstance(BASE, "/websocket.js", self.folder, folder / "code")
        self.run = runner.run

    def open(self, code: str | bytes, name: str = "main.py", entry: str = "") -> None:
        """Open an app with this code."""
        content = dedent(code).encode() if isinstance(code, str) else code
        (self.folder / "app" / name).write_bytes(content)
        self.run(self.app.open(name, entry))

    def get(self, path: str) -> Wire:
        """Return the answer to a GET; `path` is relative to the app."""
        wire = Wire()
        self.run(self.app.handle(head(path=BASE + path), wire, wire))
        return wire

    def refused(self, code: str | bytes, name: str = "main.py", entry: str = "") -> AppError:
        """Return why an app with this code does not open."""
        with pytest.raises(AppError) as raised:
            self.open(code, name, entry)
        return raised.value


@pytest.fixture
def apps(tmp_path: Path) -> Iterator[Apps]:
    """No app so far."""
    with asyncio.Runner() as runner:
        yield Apps(tmp_path, runner)


def archive(files: dict[str, str]) -> bytes:
    """Return a zip file of these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for path, text in files.items():
            made.writestr(path, dedent(text))
    return content.getvalue()


def test_an_app_is_served_below_its_root_path_in_its_home(apps: Apps) -> None:
    application: Application = apps.app
    apps.open(ECHO)
    answer = apps.get("a%20b")
    assert answer.status == 200
    home = str(apps.folder / "home")
    assert json.loads(answer.body) == {
        "path": "/app/@KEY/a b",
        "root_path": "/app/@KEY",
        "state": {"started": True},
        "cwd": home,
        "home": home,
    }
    apps.run(application.close())
    assert (apps.folder / "home" / "stopped").exists()


def test_nothing_is_imported_from_the_home(apps: Apps) -> None:
    (apps.folder / "home").mkdir()
    (apps.folder / "home" / "brought_along.py").write_text("print('ran')")
    error = apps.refused("import brought_along\n")
    assert "ModuleNotFoundError" in error.message


def test_the_log_shows_what_was_printed_as_text(apps: Apps) -> None:
    apps.open(ECHO)
    page = (apps.get("-/log")).body.decode()
    assert "starting &lt;up&gt;" in page and "<up>" not in page


def test_an_error_of_an_import_shows_the_line_of_the_app(apps: Apps) -> None:
    error = apps.refused("import json\nx = 1 / 0  # <b>\n")
    assert error.message == "main.py could not be imported: ZeroDivisionError: division by zero."
    assert "x = 1 / 0  # <b>" in error.details and "line 2" in error.details
    assert "engine/apps" not in error.details and "importlib" not in error.details


def test_an_error_of_syntax_shows_the_line(apps: Apps) -> None:
    error = apps.refused("def broken(:\n    pass\n")
    assert "SyntaxError" in error.message and "def broken(:" in error.details


def test_a_missing_package_is_named(apps: Apps) -> None:
    error = apps.refused("import not_there_at_all.deep\n")
    assert "not_there_at_all" in error.message and "&install=not_there_at_all" in error.hint


def test_an_app_that_ends_the_program_is_explained(apps: Apps) -> None:
    error = apps.refused("import sys\nsys.exit('enough')\n")
    assert "SystemExit: enough" in error.message


def test_a_script_may_be_called_like_a_package(apps: Apps) -> None:
    apps.open("import json\nassert json.loads\n" + dedent(ECHO), "json.py")
    assert (apps.get("")).status == 200


def test_a_script_cannot_be_another_module(apps: Apps) -> None:
    error = apps.refused(ECHO, entry="shop:app")
    assert "'shop'" in error.message and "main.py" in error.message


def test_an_archive_has_modules_of_its_own(apps: Apps) -> None:
    files = {"repo-main/shop_x/web.py": "from shop_x.things import app", "repo-main/README": ""}
    files["repo-main/shop_x/things.py"] = ECHO
    apps.open(archive(files), "repo.zip", "shop_x.web:app")
    assert (apps.get("")).status == 200


def test_the_module_of_an_archive_is_guessed(apps: Apps) -> None:
    apps.open(archive({"asgi.py": ECHO, "README": ""}), "site.zip")
    assert (apps.get("")).status == 200


def test_an_archive_without_a_known_module_asks_for_the_entry(apps: Apps) -> None:
    error = apps.refused(archive({"shop.py": ECHO}), "site.zip")
    assert "main.py" in error.message and "entry=module:attribute" in error.hint


def test_what_is_no_archive_is_refused(apps: Apps) -> None:
    error = apps.refused(b"not a zip", "site.zip")
    assert error.message.startswith("site.zip could not be unpacked")


def test_a_startup_that_fails_is_explained(apps: Apps) -> None:
    error = apps.refused("""
        async def app(scope, receive, send):
            await receive()
            print("no connection")
            await send({"type": "lifespan.startup.failed", "message": "no database"})
    """)
    assert "no database" in error.message and "no connection" in error.details
