"""Measures the bridge and the ASGI server without Datasette, next to uvicorn.

The same application is behind both, and the same script asks it in the same browser, in turns.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from bench.asgi_plugin.bench_asgi import PREFIX
from bench.browser import new_visitor
from tests.support.browsing import follow
from tests.support.hosts import static_site

PROJECT = Path(__file__).resolve().parent.parent
PLUGIN = Path(__file__).parent / "asgi_plugin"

_GET = 'const get = async (name) => (await fetch(name, { cache: "no-store" })).arrayBuffer();'
_TIMED = """async () => {
  %s
  const work = async () => { %s };
  const started = performance.now();
  await work();
  return performance.now() - started;
}"""

KINDS = {
    "empty response": 'await get("empty");',
    "1 MB": 'await get("megabyte");',
    "10,000 chunks of 100 bytes": 'await get("chunks");',
    "100 concurrent requests": """
        await Promise.all(Array.from({ length: 100 }, () => get("empty")));""",
    "1,000 WebSocket messages there and back": """
        const socket = new WebSocket("echo");
        await new Promise((resolve, reject) => {
          let got = 0;
          socket.onerror = reject;
          socket.onopen = () => {
            for (let n = 0; n < 1000; n++) socket.send(`message ${n}`);
          };
          socket.onmessage = () => ++got === 1000 && resolve();
        });
        socket.close();""",
}

WARM_UP = 3


def measure(rounds: int) -> dict[str, tuple[float, float]]:
    """Return median ms on the site and with uvicorn, by kind of request."""
    with (
        tempfile.TemporaryDirectory(dir=PROJECT / "build") as folder,
        static_site(_build(Path(folder, "dist"))) as site,
        _uvicorn() as native,
        new_visitor() as visitor,
    ):
        on_site, natively = visitor.context.new_page(), visitor.context.new_page()
        follow(on_site, f"{site}app/")
        on_site.goto(f"{site}app{PREFIX}page")
        natively.goto(f"{native}{PREFIX}page")
        pages = (on_site, natively)
        times: dict[str, dict[Page, list[float]]] = {
            kind: {page: [] for page in pages} for kind in KINDS
        }
        for number in range(WARM_UP + rounds):
            for kind, work in KINDS.items():
                for page in pages:
                    taken: float = page.evaluate(_TIMED % (_GET, work))
                    if number >= WARM_UP:
                        times[kind][page].append(taken)
        return {kind: (median(of[on_site]), median(of[natively])) for kind, of in times.items()}


def _build(out: Path) -> Path:
    command = [sys.executable, "scripts/build_site.py", "--out", str(out)]
    command += ["--plugins", str(PLUGIN)]
    subprocess.run(command, check=True, cwd=PROJECT, stdout=subprocess.DEVNULL)
    return out


@contextlib.contextmanager
def _uvicorn() -> Iterator[str]:
    """Serve the application with uvicorn; the origin."""
    command = [sys.executable, "-m", "uvicorn", "bench.asgi_plugin.bench_asgi:app"]
    command += ["--port", "0", "--no-access-log"]
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if found := re.search(r"running on (http://\S+)", line):
                yield found[1].replace("127.0.0.1", "localhost")
                return
        raise RuntimeError("uvicorn did not start")
    finally:
        process.terminate()
        process.wait()
