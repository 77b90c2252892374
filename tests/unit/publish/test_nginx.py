"""The recipe for nginx in docs/hosting.md, run by a real nginx if there is one."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from tests.support.raw_chromium import wait_until

PROJECT = Path(__file__).resolve().parents[3]

#: What surrounds the recipe in the configuration of a whole nginx.
WHOLE = """
daemon off; pid {folder}/pid; error_log stderr; {user}
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; {recipe} }}
}}
"""

FILES = {
    "404.html": "not here",
    "index.html": "launcher",
    "sw.js": "worker",
    "manifest.webmanifest": "{}",
    "v/1/app.js": "versioned",
    "runtime/1/python.wasm": "program",
}


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[str]:
    """The address of a small site."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        pytest.skip("nginx is not installed")
    for name, text in FILES.items():
        file = tmp_path / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    text = (PROJECT / "docs" / "hosting.md").read_text()
    [recipe] = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Started by root, its workers would be somebody who may not read the folder.
    user = "user root;" if Path("/proc/self").owner() == "root" else ""
    recipe = recipe.replace("/srv/site/", f"{tmp_path}/site/")
    configuration = tmp_path / "nginx.conf"
    whole = WHOLE.format(folder=tmp_path, user=user, port=port, recipe=recipe)
    configuration.write_text(whole)
    with subprocess.Popen([program, "-c", str(configuration)]) as server:

        def is_started() -> bool:
            with socket.socket() as one:
                return server.poll() is not None or one.connect_ex(("127.0.0.1", port)) == 0

        wait_until(is_started, 60, "the start of nginx")
        yield f"http://127.0.0.1:{port}/data/"
        server.terminate()


def get(url: str) -> tuple[int, str, Message]:
    """Return the status, text and headers of a response."""
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def test_the_recipe_does_what_a_host_must_do(nginx: str) -> None:
    status, text, headers = get(f"{nginx}app/@KEY/data/table")
    assert (status, text) == (404, "not here")
    assert headers["Content-Type"] == "text/html"
    for path, kind in {
        "": "text/html",
        "sw.js": "text/javascript",
        "v/1/app.js": "text/javascript",
        "runtime/1/python.wasm": "application/wasm",
        "manifest.webmanifest": "application/manifest+json",
    }.items():
        status, text, headers = get(nginx + path)
        assert (status, headers["Content-Type"]) == (200, kind), path
        lasting = path.startswith(("v/", "runtime/"))
        expected = "public, max-age=31536000, immutable" if lasting else "no-cache"
        assert headers["Cache-Control"] == expected, path
