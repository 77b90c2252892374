"""Small wheels that the tests make themselves, and a package index of them.

The index is a folder that any static host can serve: the "simple" API, as HTML.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent


def wheel(
    name: str,
    version: str = "1.0",
    *,
    code: str = "",
    requires: tuple[str, ...] = (),
    plugin: bool = True,
    tag: str = "py3-none-any",
    files: dict[str, str | bytes] | None = None,
) -> tuple[str, bytes]:
    """Return file name and content of a wheel with one package, whose __init__.py is `code`.

    `files` are the package's other files. A `plugin` is one for Datasette.
    """
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    contents: dict[str, str | bytes] = {f"{module}/__init__.py": code}
    contents |= {f"{module}/{path}": text for path, text in (files or {}).items()}
    contents[f"{info}/METADATA"] = metadata
    contents[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"
    if plugin:
        contents[f"{info}/entry_points.txt"] = f"[datasette]\n{module} = {module}\n"
    contents[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in contents.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return f"{module}-{version}-{tag}.whl", buffer.getvalue()


def native_wheel(name: str) -> tuple[str, bytes]:
    """Return a wheel, not a plugin, with a native module for Pyodide, `_python_calamine`."""
    [calamine] = (PROJECT / "build" / "wheels").glob("python_calamine-*.whl")
    with zipfile.ZipFile(calamine) as archive:
        [path] = [one for one in archive.namelist() if one.endswith(".so")]
        module = {Path(path).name: archive.read(path)}
    tag = calamine.stem.split("-", 2)[2]
    return wheel(name, plugin=False, tag=tag, files={**module})


def add_to_index(folder: Path, *wheels: tuple[str, bytes]) -> None:
    """Add wheels to an index."""
    for file, content in wheels:
        name = re.sub(r"[-_.]+", "-", file.split("-")[0]).lower()
        project = folder / name
        project.mkdir(parents=True, exist_ok=True)
        (project / file).write_bytes(content)
        links = [
            f'<a href="{path.name}#sha256={hashlib.sha256(path.read_bytes()).hexdigest()}">'
            f"{path.name}</a><br>\n"
            for path in sorted(project.glob("*.whl"))
        ]
        (project / "index.html").write_text(
            f"<!doctype html>\n<title>{name}</title>\n{''.join(links)}"
        )


def listed(file: str, content: bytes, /, **more: list[str]) -> dict[str, dict[str, object]]:
    """Return a wheel as the list of Pyodide's distribution has it."""
    name, version = file.split("-")[:2]
    digest = hashlib.sha256(content).hexdigest()
    return {name.replace("_", "-"): {"version": version, "file": file, "sha256": digest, **more}}


#: What a page of Datasette says if this plugin works.
def saying(text: str) -> str:
    """Return the code of a plugin that adds a script to every page, which adds `text` to it."""
    return (
        "from datasette import hookimpl\n"
        "@hookimpl\n"
        "def extra_body_script():\n"
        f"    return \"document.body.insertAdjacentHTML('beforeend', '<p>{text}</p>');\"\n"
    )


def repacked(path: Path, name: str, version: str) -> tuple[str, bytes]:
    """Return a wheel of the same package that claims to be another version."""
    old = path.name.split("-")[1]
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(buffer, "w") as after:
        for entry in before.infolist():
            content = before.read(entry)
            if entry.filename.endswith((".dist-info/METADATA", "/version.py")):
                content = content.replace(old.encode(), version.encode())
            place = entry.filename.replace(f"{name}-{old}.", f"{name}-{version}.")
            after.writestr(zipfile.ZipInfo(place), content)
    return path.name.replace(f"-{old}-", f"-{version}-"), buffer.getvalue()
