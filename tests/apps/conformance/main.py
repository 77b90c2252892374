"""An app that runs a framework's own tests where it runs itself: in a workspace.

Its page (page.html) opens a WebSocket to it and then does what browser_client.py tells it: it sends
requests to `t/ID/…`, which reach the application under test the way every page's requests do.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from browser_client import PAGE, answer_under_test, install
from results import Results

HERE = Path(__file__).parent

# Only those that are named below, as in the native run.
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

install()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer for the application under test, or run tests."""
    if scope["type"] == "lifespan":
        return
    path = scope["path"].removeprefix(scope["root_path"])
    if path.startswith("/t/"):
        await answer_under_test(path.split("/")[2], scope, receive, send)
    elif scope["type"] == "websocket":
        await PAGE.listen(receive, send)
    elif path == "/run":
        await _send(send, "application/json", run(json.loads(await _body(receive))))
    else:
        await _send(send, "text/html", (HERE / "page.html").read_text())


def run(arguments: list[str]) -> str:
    """Run pytest with these arguments; return the results as JSON."""
    results = Results()
    options = ["-q", "--capture=sys", "-p", "no:cacheprovider", "-p", "anyio.pytest_plugin"]
    said = io.StringIO()
    with (
        contextlib.chdir(HERE),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        pytest.main([*options, f"--rootdir={HERE}", *arguments], plugins=[results])
    return json.dumps({"output": said.getvalue()[-4000:], **results.as_json()})


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _send(send: Any, kind: str, text: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
