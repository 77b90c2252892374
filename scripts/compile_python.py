"""Compiles Python for the browser. Runs inside Pyodide (see run_in_pyodide.mjs).

    compile_python.py runtime STDLIB.zip WHEELS FIRST LISTING OUT
    compile_python.py pack OUT [--tree FOLDER=TARGET ...] [--file PATH=TARGET ...]
    compile_python.py compress PATH OUT

`runtime` makes what every page needs of Python, in the folder OUT: stdlib.pack and packages.pack
have what the list FIRST names (record_first_visit.py makes it), so that a first visit need not wait
for more, and rest.pack all else, with LISTING, what Pyodide's distribution has. `pack` lays folders
of this project out. `compress` makes one of a file what it is served as.

datasette_lite/packs.py describes the format of packs. In rest.pack the standard library has an
offset: its bytes replace what stdlib.pack, a zip file, has from there on. So modules keep their
places, and no package is in two places. Outputs are compressed, since static hosts rarely compress
files of unknown type: with Zstandard, which takes a fifth less than gzip and which this Python has.
Compiling 700 modules in the browser would cost every start about 4 seconds (measured);
build_runtime.py decides which files go into the runtime.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.util
import io
import marshal
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from datasette_lite.packs import (
    Entry,
    tree_files,
    wheel_files,
    write_compressed,
    write_pack,
)

SITE_PACKAGES = f"/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
STDLIB = f"/lib/python{sys.version_info.major}{sys.version_info.minor}.zip"

#: Where the names of the modules in rest.pack are, one a line; engine/deferred_modules.py reads it.
REST_NAMES = "/lib/rest-modules.txt"

#: Where the list of Pyodide's distribution is; engine/packages/plugin_setup.py has it too.
LISTING = "/lib/distribution.json"

#: What a distribution says of itself, which plugins and versions are looked up in.
DISTRIBUTION_FILES = (".dist-info/METADATA", ".dist-info/entry_points.txt")


def compiled(source: bytes, path: str, *, keep_docs: bool = True) -> bytes:
    """Return the .pyc of a module that will be found at `path`.

    Without its docstrings it is a sixth smaller; lines in tracebacks stay what they are.
    """
    tree = ast.parse(source, path)
    if not keep_docs:
        _drop_docs(tree)
    code = compile(tree, path, "exec", dont_inherit=True)
    # An unchecked hash: nobody looks for the source (PEP 552).
    flags = (0b01).to_bytes(4, "little")
    source_hash = importlib.util.source_hash(source)
    return importlib.util.MAGIC_NUMBER + flags + source_hash + marshal.dumps(code)


def _drop_docs(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        kinds = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.copy_location(ast.Pass(), node.body[0])]


def read_list(path: Path) -> dict[str, set[str]]:
    """Return the files that a first visit needs of "stdlib" and "packages", and the "wheels" that
    this was found out with.
    """
    wanted: dict[str, set[str]] = {"stdlib": set(), "packages": set(), "wheels": set()}
    for line in path.read_text().splitlines():
        part, _, file = line.partition(" ")
        if part in wanted:
            wanted[part].add(file)
    return wanted


def compiled_stdlib(source: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield the files of a zip of .py files: path, path compiled and content compiled."""
    with zipfile.ZipFile(source) as old:
        for entry in old.infolist():
            path, data = entry.filename, old.read(entry)
            if path.endswith(".py"):
                yield path, f"{path}c", compiled(data, f"{STDLIB}/{path}", keep_docs=False)
            elif not entry.is_dir():
                yield path, path, data


def split_stdlib(files: list[tuple[str, str, bytes]], first: set[str]) -> tuple[bytes, bytes, int]:
    """Return a zip file of those files in `first`, and the bytes and offset that complete it.

    Entries are stored, since the whole is compressed once.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, name, data in files:
            if path in first:
                archive.writestr(zipfile.ZipInfo(name), data)
        cut = buffer.tell()
    small = buffer.getvalue()
    with zipfile.ZipFile(buffer, "a") as archive:
        for path, name, data in files:
            if path not in first:
                archive.writestr(zipfile.ZipInfo(name), data)
    return small, buffer.getvalue()[cut:], cut


def lay_out(wheels: Path) -> None:
    """Install a folder of wheels in this Python, as the worker lays them out."""
    for wheel in sorted(wheels.glob("*.whl")):
        for path, content in wheel_files(wheel, SITE_PACKAGES):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(content)
    importlib.invalidate_caches()


def compiled_wheel(wheel: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield the files of a wheel: path, and path and content compiled."""
    # Datasette's models tell in their docstrings what they are.
    keep_docs = wheel.name.startswith("datasette")
    for path, data in wheel_files(wheel, SITE_PACKAGES):
        name = path
        if path.endswith(".py"):
            name, data = f"{path}c", compiled(data, path, keep_docs=keep_docs)
        elif path.endswith(".dist-info/METADATA"):
            data = data.partition(b"\n\n")[0] + b"\n"  # what follows is the README
        yield path.removeprefix(f"{SITE_PACKAGES}/"), name, data


def module_name(path: str) -> str | None:
    """Return the name of the module in a file, None if there is none."""
    stem, dot, _ = path.partition(".") if path.endswith(".so") else path.rpartition(".")
    if not dot or not path.endswith((".py", ".so")):
        return None
    return stem.removesuffix("/__init__").replace("/", ".")


def compile_runtime(stdlib: Path, wheels: Path, first: Path, listing: Path, out: Path) -> None:
    """Write stdlib.pack, packages.pack and rest.pack."""
    wanted = read_list(first)
    library = list(compiled_stdlib(stdlib))
    small, more, cut = split_stdlib(library, wanted["stdlib"])
    rest: list[Entry] = [(STDLIB, more, cut), (LISTING, listing.read_bytes())]
    names = [module_name(path) for path, _, _ in library if path not in wanted["stdlib"]]
    packages: list[Entry] = []
    for wheel in sorted(wheels.glob("*.whl")):
        # A plugin of the site's owner, say: what is needed of it is not known.
        is_new = wheel.name not in wanted["wheels"]
        for path, name, data in compiled_wheel(wheel):
            if is_new or path in wanted["packages"] or path.endswith(DISTRIBUTION_FILES):
                packages.append((name, data))
            else:
                rest.append((name, data))
                names.append(module_name(path))
    rest_names = "\n".join(sorted(name for name in names if name)).encode()
    write_compressed(out / "stdlib.pack", small)
    write_pack(out / "packages.pack", [*packages, (REST_NAMES, rest_names)])
    write_pack(out / "rest.pack", rest)


def pack_contents(args: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """Yield all files that the command line asks for, in a stable order."""
    files: list[tuple[str, bytes]] = []
    for pair in args.tree:
        folder, _, target = pair.partition("=")
        files += tree_files(Path(folder), target.replace("SITE_PACKAGES", SITE_PACKAGES))
    for pair in args.file:
        path, _, target = pair.partition("=")
        files.append((target.replace("SITE_PACKAGES", SITE_PACKAGES), Path(path).read_bytes()))
    for path, data in files:
        # Files outside site-packages (plugins) are read as source when they are loaded.
        if path.endswith(".py") and path.startswith(SITE_PACKAGES):
            yield f"{path}c", compiled(data, path)
        else:
            yield path, data


def main(argv: list[str]) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="compile_python.py")
    commands = parser.add_subparsers(dest="command", required=True)
    runtime = commands.add_parser("runtime", help="compile the standard library and packages")
    for name in ("stdlib", "wheels", "first", "listing", "out"):
        runtime.add_argument(name, type=Path)
    pack = commands.add_parser("pack", help="make a file system of folders")
    pack.add_argument("out", type=Path)
    pack.add_argument("--tree", action="append", default=[], metavar="FOLDER=TARGET")
    pack.add_argument("--file", action="append", default=[], metavar="PATH=TARGET")
    compress = commands.add_parser("compress", help="compress a file")
    compress.add_argument("path", type=Path)
    compress.add_argument("out", type=Path)
    args = parser.parse_args(argv)
    if args.command == "compress":
        write_compressed(args.out, args.path.read_bytes())
    elif args.command == "runtime":
        compile_runtime(args.stdlib, args.wheels, args.first, args.listing, args.out)
    else:
        write_pack(args.out, pack_contents(args))


if __name__ == "__main__":
    main(sys.argv[1:])
