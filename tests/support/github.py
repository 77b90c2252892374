"""A stand-in for GitHub, with commits of Datasette that the tests make of the site's own."""

from __future__ import annotations

import hashlib
import json
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.hosts import DataHost

PROJECT = Path(__file__).resolve().parent.parent.parent
REPOSITORY = "repos/simonw/datasette"
RAW = "simonw/datasette"

#: Runs before a worker: what it requests from GitHub goes to a path of another host, named after
#: GitHub's host.
_REDIRECTS = """
{
  const real = self.fetch;
  self.fetch = (input, init) => {
    const url = new URL(input.url ?? input);
    if (!/^(api\\.github|raw\\.githubusercontent)\\.com$/.test(url.host)) return real(input, init);
    const request = new Request(input, init);
    return real(new Request(`ORIGIN/${url.host}${url.pathname}${url.search}`, request));
  };
}
"""


def redirected(worker: bytes, host: DataHost) -> bytes:
    """Return the site's sw.js, with GitHub at `host`."""
    return _REDIRECTS.replace("ORIGIN", host.origin).encode() + worker


def datasette_source() -> dict[str, bytes]:
    """Return the files of the repository that make the package, as of the site's version."""
    [path] = (PROJECT / "build" / "wheels").glob("datasette-*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        files = {name: wheel.read(name) for name in names if name.startswith("datasette/")}
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        fields = HeaderParser().parsestr(wheel.read(metadata).decode())
    needs = [one for one in fields.get_all("Requires-Dist", []) if "extra ==" not in one]
    files["pyproject.toml"] = pyproject(needs)
    return files


def pyproject(dependencies: list[str]) -> bytes:
    """Return a pyproject.toml as Datasette has it."""
    return f"""
[project]
name = "datasette"
dynamic = ["version"]
requires-python = ">=3.10"
dependencies = {json.dumps(dependencies)}

[project.scripts]
datasette = "datasette.cli:cli"

[project.optional-dependencies]
rich = ["rich", "a-library>=1; python_version >= '3.8'"]

[tool.setuptools.dynamic]
version = {{attr = "datasette.version.__version__"}}
""".encode()


def tree(files: dict[str, bytes], **changed: Any) -> dict[str, Any]:
    """Return GitHub's list of these files, in which `changed` are fields that differ."""
    entries = [
        {
            "path": path,
            "mode": "100644",
            "type": "blob",
            "size": len(body),
            "sha": hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest(),
        }
        for path, body in files.items()
    ]
    folder = {"path": "datasette", "mode": "040000", "type": "tree", "sha": "0" * 40}
    return {"sha": "0" * 40, "tree": [folder, *entries], "truncated": False, **changed}


def answers(
    ref: str, sha: str, files: dict[str, bytes], **changed: Any
) -> dict[str, tuple[int, bytes]]:
    """Return GitHub's answers about the commit `sha`, by address without scheme and query."""
    api = f"api.github.com/{REPOSITORY}"
    raw = f"raw.githubusercontent.com/{RAW}/{sha}"
    listed = json.dumps(tree(files, **changed)).encode()
    return {
        f"{api}/commits/{ref}": (200, sha.encode()),
        f"{api}/git/trees/{sha}": (200, listed),
        **{f"{raw}/{quote(path)}": (200, body) for path, body in files.items()},
    }


def add_commit(host: DataHost, ref: str, sha: str, files: dict[str, bytes]) -> None:
    """Have `host` serve a commit as GitHub does."""
    for address, (status, body) in answers(ref, sha, files).items():
        host.add(address, body, status=status)
