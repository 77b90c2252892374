"""Compiles Python for the browser. Runs inside Pyodide (see run_in_pyodide.mjs).

    compile_python.py stdlib SOURCE.zip OUT
    compile_python.py pack OUT [--wheels FOLDER] [--tree FOLDER=TARGET ...] [--file PATH=TARGET ...]

`stdlib` turns Pyodide's standard library of .py files into one of bytecode. `pack` lays wheels and
folders out as the file system that the worker mounts: modules as bytecode, all else as it is.

A pack is: the length of the index (4 bytes, little-endian), the index (JSON: a list of [absolute
path, size]), then the files' bytes in that order. Outputs are gzip-compressed, since static hosts
rarely compress files of unknown type. Compiling 700 modules in the browser would cost every start
about 4 seconds (measured); which files go into the site is build_site.py's decision.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import py_compile
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

SITE_PACKAGES = f"/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
STDLIB = f"/lib/python{sys.version_info.major}{sys.version_info.minor}.zip"

# Of no use to a running program. RECORD lists files that are not there in this form.
UNUSED_SUFFIXES = (".pyi", ".c", ".h", ".pyx", ".pxd", ".dist-info/RECORD")


def compiled(source: bytes, path: str) -> bytes:
    """Return the .pyc of a module that will be found at `path`."""
    with tempfile.TemporaryDirectory() as folder:
        module, bytecode = Path(folder, "module.py"), Path(folder, "module.pyc")
        module.write_bytes(source)
        py_compile.compile(
            str(module),
            cfile=str(bytecode),
            dfile=path,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        return bytecode.read_bytes()


def write_gzip(out: Path, data: bytes) -> None:
    """Write `data` compressed; the same data gives the same bytes."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))


def compile_stdlib(source: Path, out: Path) -> None:
    """Compile a zip of .py files. Entries are stored, since the whole is compressed once."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            if entry.is_dir():
                continue
            name, data = entry.filename, old.read(entry)
            if name.endswith(".py"):
                name, data = f"{name}c", compiled(data, f"{STDLIB}/{name}")
            new.writestr(zipfile.ZipInfo(name), data)
    write_gzip(out, buffer.getvalue())


def wheel_files(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the installed path and content of each file of a wheel.

    MarkupSafe and PyYAML publish no wheel for this platform. Theirs for another one serve as pure
    Python when their native part is left out, so a native module stays only if it is for wasm.
    """
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            name = entry.filename
            foreign = name.endswith(".so") and "wasm32" not in name
            if not entry.is_dir() and not foreign and not name.endswith(UNUSED_SUFFIXES):
                yield f"{SITE_PACKAGES}/{name}", archive.read(entry)


def tree_files(folder: Path, target: str) -> Iterator[tuple[str, bytes]]:
    """Yield target path and content of each file below a folder of the project."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{target}/{path.relative_to(folder)}", path.read_bytes()


def write_pack(out: Path, files: Iterator[tuple[str, bytes]]) -> None:
    """Write a pack; see the module's docstring for the format."""
    index: list[tuple[str, int]] = []
    blob = io.BytesIO()
    for path, data in files:
        # Files outside site-packages (plugins) are read as source by whoever loads them.
        if path.endswith(".py") and path.startswith(SITE_PACKAGES):
            path, data = f"{path}c", compiled(data, path)
        index.append((path, len(data)))
        blob.write(data)
    header = json.dumps(index, separators=(",", ":")).encode()
    write_gzip(out, len(header).to_bytes(4, "little") + header + blob.getvalue())


def pack_contents(args: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """Yield all files that the command line asks for, in a stable order."""
    if args.wheels:
        for wheel in sorted(args.wheels.glob("*.whl")):
            yield from wheel_files(wheel)
    for pair in args.tree:
        folder, _, target = pair.partition("=")
        yield from tree_files(Path(folder), target.replace("SITE_PACKAGES", SITE_PACKAGES))
    for pair in args.file:
        path, _, target = pair.partition("=")
        yield target.replace("SITE_PACKAGES", SITE_PACKAGES), Path(path).read_bytes()


def main(argv: list[str]) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="compile_python.py")
    commands = parser.add_subparsers(dest="command", required=True)
    stdlib = commands.add_parser("stdlib", help="compile the standard library")
    stdlib.add_argument("source", type=Path)
    stdlib.add_argument("out", type=Path)
    pack = commands.add_parser("pack", help="make a file system of wheels and folders")
    pack.add_argument("out", type=Path)
    pack.add_argument("--wheels", type=Path, help="folder of wheels to install")
    pack.add_argument("--tree", action="append", default=[], metavar="FOLDER=TARGET")
    pack.add_argument("--file", action="append", default=[], metavar="PATH=TARGET")
    args = parser.parse_args(argv)
    if args.command == "stdlib":
        compile_stdlib(args.source, args.out)
    else:
        write_pack(args.out, pack_contents(args))


if __name__ == "__main__":
    main(sys.argv[1:])
