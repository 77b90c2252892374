"""Makes a package index from folders of wheels: the "simple" API as HTML, for any static host."""

from __future__ import annotations

import hashlib
import html
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from datasette_lite.settings import package_name


def write_index(folders: Iterable[Path], out: Path) -> None:
    """Write the index of the wheels in these folders, with copies of them, into `out`."""
    projects: defaultdict[str, list[Path]] = defaultdict(list)
    # If two files have the same name, that of the first folder counts.
    wheels = {wheel.name: wheel for one in reversed([*folders]) for wheel in one.glob("*.whl")}
    for _, wheel in sorted(wheels.items()):
        projects[package_name(wheel)].append(wheel)
    out.mkdir(parents=True, exist_ok=True)
    links = [(f"{name}/", name) for name in projects]
    (out / "index.html").write_text(_page("Packages", links))
    for name, files in projects.items():
        folder = out / name
        folder.mkdir()
        links = []
        for file in files:
            shutil.copy2(file, folder)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            links.append((f"{file.name}#sha256={digest}", file.name))
        (folder / "index.html").write_text(_page(name, links))


def _page(title: str, links: Iterable[tuple[str, str]]) -> str:
    anchors = "".join(f'<a href="{html.escape(url)}">{text}</a><br>\n' for url, text in links)
    return f"<!doctype html>\n<title>{title}</title>\n{anchors}"
