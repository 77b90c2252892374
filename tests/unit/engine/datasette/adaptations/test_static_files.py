"""Static files are said to last, and nothing else; the engine is run in CPython, with Datasette."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from datasette import app as app_module
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils.asgi import Response

from engine.asgi.server import App, Message, Receive, Scope, Send
from engine.datasette.adaptations import static_files
from tests.support.wire import Wire, ask, head

BASE = "/some/sub/app/@a2V5/"


def setting_cookies(app: App) -> App:
    """Return an application that sets a cookie if its query is "c"."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["query_string"] == b"c":
                headers = [*message["headers"], (b"set-cookie", b"a=1")]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, with_cookie)

    return wrapped


class Plugin:
    """Has middleware, and a page where a static file could be."""

    __name__ = "StaticFilesPlugin"
    asgi_wrapper = hookimpl(lambda self: setting_cookies)
    register_routes = hookimpl(
        lambda self: [(r"^/-/static/mine\.css$", lambda: Response.text("dynamic"))]
    )


@pytest.fixture
def app(tmp_path: Path) -> App:
    """Datasette with a static mount, as an instance has it."""
    mount = tmp_path / "static"
    mount.mkdir()
    (mount / "own.txt").write_bytes(b"0123456789" * 5000)
    pm.register(Plugin(), "static-files-plugin")
    try:
        datasette = Datasette(
            [], static_mounts=[("static", str(mount))], settings={"base_url": BASE}
        )
        static_files.last(datasette)
        served: App = datasette.app()
        return served
    finally:
        pm.unregister(name="static-files-plugin")


def get(app: App, path: str, query: str = "", method: str = "GET", **headers: str) -> Wire:
    """Ask for a path below the base URL."""
    names = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return asyncio.run(ask(app, head(method, BASE + path, query_string=query, headers=names)))


@pytest.mark.parametrize("path", ["-/static/app.css", "favicon.ico", "static/own.txt"])
def test_static_files_last_and_come_in_one_piece(app: App, path: str) -> None:
    answer = get(app, path)
    assert (answer.status, answer.lasts, answer.calls) == (200, True, ["whole"])
    assert dict(answer.headers)["content-length"] == str(len(answer.body))


def test_what_comes_is_the_file(app: App, tmp_path: Path) -> None:
    answer = get(app, "static/own.txt")
    assert answer.body == (tmp_path / "static" / "own.txt").read_bytes()
    # Answers that are the same for everyone have no Vary.
    assert sorted(name.lower() for name, _ in answer.headers) == [
        "content-length",
        "content-type",
        "etag",
    ]


@pytest.mark.parametrize(
    "path", ["", "-/versions.json", "-/static/no.css", "-/static/../app.py", "-/static/mine.css"]
)
def test_nothing_else_lasts(app: App, path: str) -> None:
    assert not get(app, path).lasts


def test_files_keep_their_caching_headers(app: App) -> None:
    answer = get(app, "static/own.txt")
    assert "Cache-Control" not in dict(answer.headers)
    hashed = get(app, "static/own.txt", f"_hash={hashlib.sha256(answer.body).hexdigest()[:12]}")
    assert "immutable" in dict(hashed.headers)["Cache-Control"]
    unchanged = get(app, "static/own.txt", if_none_match=dict(answer.headers)["ETag"])
    assert (unchanged.status, unchanged.lasts, unchanged.body) == (304, False, b"")


def test_answer_with_a_cookie_does_not_last(app: App) -> None:
    assert get(app, "-/static/app.css").lasts
    assert not get(app, "-/static/app.css", "c").lasts


def test_requests_of_plugins_are_answered(app: App) -> None:
    """Those have no server, and so no extensions."""

    async def story() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.disconnect"}

        path = f"{BASE}-/static/app.css"
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
        }
        await app(scope, receive, send)
        return sent

    assert asyncio.run(story())[0]["status"] == 200


def test_addresses_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.txt").write_text("1")
    datasette = Datasette([], static_mounts=[("mine", str(tmp_path))], settings={"base_url": BASE})
    plain = {
        ("app.css", None): datasette.static("app.css"),
        ("own.txt", "mine"): datasette.static("own.txt", mount="mine"),
    }
    static_files.last(datasette)
    template = datasette.get_jinja_environment().from_string("{{ static(name, mount=mount) }}")
    found: list[str] = []
    resolve = app_module._resolve_static_asset_path

    def noted(folder: Any, path: str) -> Any:
        found.append(path)
        return resolve(folder, path)

    monkeypatch.setattr(app_module, "_resolve_static_asset_path", noted)
    for _ in range(3):
        for (name, mount), address in plain.items():
            page = asyncio.run(template.render_async(name=name, mount=mount))
            assert page == address
    assert found == ["app.css", "own.txt"]
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            datasette.static("later.txt", mount="mine")
        with pytest.raises(ValueError, match="not both"):
            datasette.static("own.txt", plugin="x", mount="mine")
    (tmp_path / "later.txt").write_text("2")
    assert "later.txt?_hash=" in datasette.static("later.txt", mount="mine")
