"""Records what a first visit needs of Python. Runs inside Pyodide (see run_in_pyodide.mjs).

    record_first_visit.py WHEELS OUT

Lays the site's wheels out as the worker would, starts an instance of the engine on the shipped
data, asks it for the pages that people see first, and writes which files of the standard library
and of the packages that took. The build puts these files into what is downloaded before the first
page; all others follow after it (compile_python.py). An entry that is missing from the list makes a
visit slower, never wrong: engine/deferred_modules.py waits for what is not there yet.
"""

from __future__ import annotations

import asyncio
import importlib.resources
import re
import sys
from pathlib import Path
from typing import Any

SITE_PACKAGES = Path(f"/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages")
STDLIB = f"/lib/python{sys.version_info.major}{sys.version_info.minor}.zip/"
BASE = "/app/"
PROJECT = Path(__file__).resolve().parent.parent

#: What people look at in their first minute: each kind of page and format, and what it loads.
PAGES = """
world world/cities world/cities?_facet=country world/cities?_search=new&_sort_desc=population
world/cities?_next=100 world/cities.json world/cities.csv world/cities.csv?_stream=on
world/cities.json?_shape=array&_size=1 world/countries world/countries/FR world/country_summary
world/-/query?sql=select+1 world/-/query.json?sql=select+1 world/-/query.csv?sql=select+1
world.json .json data/penguins data/penguins?species=Adelie&_facet=island data/penguins.json
-/plugins -/plugins.json -/settings -/databases -/actor.json -/jump
-/jump?q=city -/install -/sources favicon.ico
world/nope world/cities/0 nope world/-/query?sql=select+nope world/cities.json?_where=nope
""".split()


#: The editor on the page for SQL, which works without it until it is there.
EDITOR = b"cm-editor"


class Asked:
    """A request without a body, and its answer."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""

    async def read(self) -> bytes | None:
        return None

    def whole(
        self, status: int, headers: list[tuple[str, str]], body: bytes, *, lasts: bool
    ) -> None:
        self.status, self.body = status, body

    def start(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.status = status

    def write(self, chunk: bytes) -> None:
        self.body += chunk

    async def room(self) -> bool:
        return True

    def end(self) -> None:
        pass

    def fail(self, message: str, details: str) -> None:
        raise RuntimeError(f"{message}\n{details}")

    async def closed(self) -> None:
        await asyncio.Event().wait()


async def visit() -> None:
    """Do what a first visit does."""
    import bootstrap
    from engine.asgi.server import RequestHead
    from engine.datasette import site
    from engine.importing.options import Request

    # Sites may have plugins that are packages, and Datasette asks each for its files.
    importlib.resources.files("datasette")
    site.shell_url = "/v/0/shell/"
    bootstrap.BrowserPackages("/instance", "[]", "", "null", "{}")
    bootstrap.load()
    bootstrap.reason_against_snapshot()
    # Only now: it imports Datasette.
    from engine.datasette.instance import Instance

    instance = Instance(BASE, plugins=PROJECT / "plugins")
    # As "auto" looks at each file: what tells kinds apart is needed as well.
    for parameter, name in (("url", "world.db"), ("csv", "penguins.csv"), ("json", "index.json")):
        copy = Path("/tmp", name)
        copy.write_bytes((PROJECT / "data" / name).read_bytes())
        await instance.preview(
            Request.of({"parameter": "auto", "url": name, "origin": {}}), copy, complete=True
        )
        request = {"parameter": parameter, "url": f"http://localhost/data/{name}"}
        await instance.add_source(Request.of(request), copy, lambda *_: None)
    await instance.open(True)

    async def ask(path: str) -> Asked:
        asked = Asked()
        path, _, query = path.partition("?")
        headers = [("accept", "text/html"), ("sec-fetch-site", "same-origin")]
        head = RequestHead("GET", "http", "localhost", f"{BASE}{path}", query, headers, False)
        await instance.handle(head, asked, asked)
        if asked.status >= 500 or (
            asked.status >= 400 and not path.endswith("/0") and "nope" not in path + query
        ):
            raise RuntimeError(f"{path} was answered with {asked.status}: {asked.body[:500]!r}")
        return asked

    loaded: set[str] = set()
    for page in ["", *PAGES]:
        answer = await ask(page)
        found = re.findall(rb"""(?:src|href)=["'](/app/-/static[^"']*)""", answer.body)
        found += re.findall(rb"""from ["'](/app/-/static[^"']*)""", answer.body)
        addresses = {one.decode() for one in found if EDITOR not in one}
        for address in sorted(addresses - loaded):
            loaded.add(address)
            await ask(address.removeprefix(BASE).replace("&amp;", "&"))
    await instance.close()


def files_of(modules: dict[str, Any], opened: set[str]) -> list[str]:
    """Return the files, each as the part it is of and its path in there."""
    paths = set(opened)
    for module in list(modules.values()):
        spec = getattr(module, "__spec__", None)
        paths.add(str(getattr(spec, "origin", "") or ""))
    lines = set()
    for path in paths:
        if path.startswith(STDLIB):
            lines.add(f"stdlib {path.removeprefix(STDLIB)}")
        elif path.startswith(f"{SITE_PACKAGES}/") and "/__pycache__/" not in path:
            # What a distribution says of itself is always there.
            if ".dist-info/" not in path and Path(path).is_file():
                lines.add(f"packages {path.removeprefix(f'{SITE_PACKAGES}/')}")
    return sorted(lines)


async def main(wheels: Path, out: Path) -> None:
    """Record a visit and write the list."""
    sys.path.insert(0, str(PROJECT / "scripts"))
    from compile_python import lay_out

    lay_out(wheels)
    opened: set[str] = set()
    every: dict[str, Any] = dict(sys.modules)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], str):
            opened.add(args[0])

    sys.addaudithook(hook)
    await visit()
    lines = files_of({**every, **sys.modules}, opened)
    lines += [f"wheels {wheel.name}" for wheel in sorted(wheels.glob("*.whl"))]
    header = "# What a first visit needs of Python. Made by `make first-visit`."
    out.write_text("\n".join([header, *lines, ""]))
    print(f"  a first visit needs {len(lines)} files")


main_task = main(Path(sys.argv[1]), Path(sys.argv[2]))
