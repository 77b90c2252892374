"""Opens everything that a site ships, as its workspaces will, and says what fails.

    check_contents.py FOLDER

FOLDER holds `plugins/`, `site/` (as engine/datasette/owner.py expects it), `data/`, and
`index.json`, the site's data/index.json. build_site.py runs this in a process of its own, since
plugins may do anything.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import shutil
import sys
from pathlib import Path

from jinja2 import UndefinedError

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from engine.datasette.instance import Instance  # noqa: E402
from engine.datasette.owner import Owner  # noqa: E402
from engine.errors import LiteError  # noqa: E402
from engine.importing.options import Request  # noqa: E402
from engine.packages import plugin_loading  # noqa: E402

BASE = "/app/"

#: JavaScript reads these files, so only a browser can open them.
NOT_HERE = ("parquet",)

#: Tables and views of a database that are opened.
MOST = 200


async def check(folder: Path) -> list[str]:
    """Return sentences on what cannot be opened."""
    owner = Owner(folder / "site")
    owner.use_packages()
    instance = Instance(BASE, folder / "instance", folder / "plugins", owner)
    failures = await _add_sources(instance, folder)
    try:
        await instance.open(memory=False)
    except LiteError as error:
        return [*failures, f"{error} {error.hint}"]
    failures += [f"The plugin {name}: {error}" for name, error in plugin_loading.left_out.items()]
    failures += [f"The database {name}: {error}" for name, error in instance.left_out.items()]
    failures += _check_templates(instance, folder / "site" / "templates")
    for path in await _pages(instance, folder / "site"):
        try:
            answer = await instance.datasette.client.get(f"/{path}")
        except UndefinedError as error:
            # A link may install the plugin that provides it.
            print(f"  note: the page /{path} needs a plugin that is not part of the site: {error}")
            continue
        except Exception as error:
            failures.append(f"The page /{path} fails: {error!r}")
            continue
        # What the owner forbids works as it should.
        if answer.status_code >= 400 and answer.status_code not in (401, 403):
            failures.append(f"The page /{path} fails: {_reason(answer.text)}")
    await instance.close()
    return failures


async def _add_sources(instance: Instance, folder: Path) -> list[str]:
    failures = []
    for entry in json.loads((folder / "index.json").read_text()):
        name, parameter = entry["file"], entry["param"]
        if parameter in NOT_HERE or entry.get("parts"):
            continue
        copy = folder / "source"
        shutil.copyfile(folder / "data" / name, copy)
        options = {"name": entry["name"]} if entry.get("name") else {}
        request = {"parameter": parameter, "url": f"data/{name}", "options": options}
        try:
            await instance.add_source(Request.of(request), copy, lambda *_: None)
        except LiteError as error:
            failures.append(f"data/{name} cannot be opened: {error} {error.hint}".strip())
    return failures


def _check_templates(instance: Instance, folder: Path) -> list[str]:
    environment = instance.datasette.get_jinja_environment()
    failures = []
    for path in sorted(folder.rglob("*.html")) if folder.is_dir() else []:
        name = path.relative_to(folder).as_posix()
        try:
            environment.get_template(name)
        except Exception as error:
            line = f", line {error.lineno}" if hasattr(error, "lineno") else ""
            failures.append(f"The template {name}{line}: {error}")
    return failures


async def _pages(instance: Instance, site: Path) -> list[str]:
    """Return the paths of databases, tables, views, queries and the owner's own pages."""
    datasette = instance.datasette
    pages = ["", "-/plugins"]
    config = datasette.config or {}
    for name, database in datasette.databases.items():
        pages.append(datasette.urls.database(name))
        hidden = set(await database.hidden_table_names())
        tables = [table for table in await database.table_names() if table not in hidden]
        names = [*tables, *await database.view_names()]
        pages += [datasette.urls.table(name, table) for table in names[:MOST]]
        queries = ((config.get("databases") or {}).get(name) or {}).get("queries") or {}
        # As JSON: the page shows an error and has the status of one that works.
        pages += [f"{datasette.urls.query(name, query)}.json" for query in queries]
    own = sorted((site / "templates" / "pages").rglob("*.html"))
    pages += [
        path.relative_to(site / "templates" / "pages").with_suffix("").as_posix()
        for path in own
        if "{" not in path.name
    ]
    return [str(page).removeprefix(BASE).removeprefix("/") for page in pages]


def _reason(text: str) -> str:
    found = re.search(r"solid red;\">(.*?)</div>|<h1[^>]*>(.*?)</h1>", text, re.DOTALL)
    words = next(filter(None, found.groups()), text[:300]) if found else text[:300]
    return html.unescape(re.sub(r"<[^>]+>|\s+", " ", words)).strip()


def main() -> int:
    """Run the command line; return the exit status."""
    failures = asyncio.run(check(Path(sys.argv[1])))
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
