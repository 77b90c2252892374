"""Makes Pyodide's loader smaller: what it says of each export of WebAssembly, it says in a loop.

Emscripten writes one statement for each of 4,800 exports, and declares a variable for it, though
few are used. That is a third of a file that every start has to read. What the statements do stays;
only variables go that nothing else mentions. A loader of another form is an error, not a guess.
"""

from __future__ import annotations

import re

_HEAD = "function assignWasmExports(wasmExports){"
_END = "}var wasmImports={"
_STATEMENT = re.compile(
    r'(?P<local>\w+)=Module\["(?P=local)"\]=wasmExports\["(\w+)"\](\.value>>>0)?'
)
_WORD = re.compile(r"[\w$]+")


class LoaderError(Exception):
    """The loader is not what this module knows."""


def slim(source: str) -> str:
    """Return pyodide.asm.mjs with its plainest exports assigned in a loop.

    Raises:
        LoaderError: it has another form.
    """
    start = source.find(_HEAD)
    end = source.find(_END, start)
    declared = source.rfind("var ", 0, start)
    if min(start, end, declared) < 0 or not source[:start].endswith(";"):
        raise LoaderError("pyodide.asm.mjs does not assign its exports as slim_loader.py expects.")
    used = {*_WORD.findall(source[:declared]), *_WORD.findall(source[end:])}
    names = source[declared + len("var ") : start - 1].split(",")
    functions: list[str] = []
    addresses: list[str] = []
    others: list[str] = []
    folded: set[str] = set()
    for statement in source[start + len(_HEAD) : end].split(";"):
        match = _STATEMENT.fullmatch(statement)
        if match is None or match["local"] in used or match["local"] != f"_{match[2]}":
            others.append(statement)
            continue
        folded.add(match["local"])
        (addresses if match[3] else functions).append(match[2])
    if not folded.issubset(names):
        raise LoaderError("pyodide.asm.mjs does not declare its exports as slim_loader.py expects.")
    kept = ",".join(name for name in names if name not in folded)
    body = _loop(functions, "") + _loop(addresses, ".value>>>0") + ";".join(others)
    return f"{source[:declared]}var {kept};{_HEAD}{body}{source[end:]}"


def _loop(exports: list[str], rest: str) -> str:
    names = " ".join(exports)
    return f'for(const name of"{names}".split(" "))Module["_"+name]=wasmExports[name]{rest};'
