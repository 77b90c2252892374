"""Lays a folder of wheels out as a package index: the "simple" API as HTML, for any static host."""

from __future__ import annotations

import hashlib
import html
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from site_wheels import package_name


def write_index(wheels: Iterable[Path], out: Path) -> None:
    """Write the index of these wheels, with copies of them, into `out`."""
    projects: defaultdict[str, list[Path]] = defaultdict(list)
    for wheel in sorted(wheels):
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
