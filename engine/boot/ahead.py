"""Results that every start would compute again: they are computed when the site is built, and
looked up here.

These are the methods of data classes, which `dataclasses` writes as text and compiles, regular
expressions, which `re` compiles in Python, and single-file plugins, which Datasette compiles: a
quarter of the time of all imports, and of opening Datasette. Each is looked up by everything that
it is made of. Whatever is not in a table, such as the classes of other packages, or would differ,
is computed as usual. scripts/compile_ahead.py writes the tables.
"""

from __future__ import annotations

import contextlib
import dataclasses
import marshal
import re
from array import array
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

from engine.replacing import replaced

# What `re` is made of is private; the table is made with the very Python that reads it.
_compiler: Any = re._compiler  # type: ignore[attr-defined]

#: Where the site has the tables: of what importing everything makes, and what opening Datasette.
IMPORTS = Path("/lib/ahead/imports.marshal")
OPENING = Path("/lib/ahead/opening.marshal")

#: Methods, as text → compiled.
Methods = dict[str, CodeType]

#: Pattern and flags → what `_sre.compile` takes beside them: flags, code as bytes, the number of
#: groups, their names.
Patterns = dict[tuple[str | bytes, int], tuple[int, bytes, int, dict[str, int], tuple[Any, ...]]]

#: Content and path of files with Python code → compiled.
Files = dict[tuple[str, str], CodeType]


@contextlib.contextmanager
def used(table: Path, reader: ModuleType | None = None) -> Iterator[Patterns]:
    """Look up what is in the table, if there is one, instead of making it; for `reader`, a module
    that compiles the files it reads, as well. Yield the patterns in it.
    """
    if not table.is_file():
        yield {}
        return
    methods: Methods
    patterns: Patterns
    files: Files
    methods, patterns, files = marshal.loads(table.read_bytes())
    compile_plainly, compile_code = _compiler.compile, _compiler._sre.compile
    # Another table may be in use.
    execute_plainly = vars(dataclasses).get("exec", exec)

    def execute(source: str, *namespaces: Any) -> None:
        execute_plainly(methods.get(source, source), *namespaces)

    def compile_pattern(pattern: Any, flags: int = 0) -> Any:
        made = patterns.get((pattern, int(flags))) if isinstance(pattern, (str, bytes)) else None
        if made is None:
            return compile_plainly(pattern, flags)
        found, code, *groups = made
        return compile_code(pattern, found, array("I", code).tolist(), *groups)

    def compile_file(source: Any, path: Any, *more: Any, **options: Any) -> Any:
        return files.get((source, path)) or compile(source, path, *more, **options)

    with contextlib.ExitStack() as stack:
        stack.enter_context(replaced(dataclasses, "exec", execute))
        stack.enter_context(replaced(_compiler, "compile", compile_pattern))
        if reader is not None:
            stack.enter_context(replaced(reader, "compile", compile_file))
        yield patterns


@contextlib.contextmanager
def recorded(table: Path) -> Iterator[Files]:
    """Note what is made meanwhile, and write the table; files are the caller's to add."""
    methods: Methods = {}
    patterns: Patterns = {}
    files: Files = {}
    compile_plainly, compile_code = _compiler.compile, _compiler._sre.compile
    last: list[Any] = []

    def execute(source: str, *namespaces: Any) -> None:
        methods[source] = compile(source, "<string>", "exec")
        exec(methods[source], *namespaces)

    def compile_noted(*arguments: Any) -> Any:
        last[:] = arguments
        return compile_code(*arguments)

    def compile_pattern(pattern: Any, flags: int = 0) -> Any:
        compiled = compile_plainly(pattern, flags)
        # What is compiled with DEBUG is to be printed each time.
        if isinstance(pattern, (str, bytes)) and not flags & re.DEBUG:
            _, found, code, count, by_name, by_number = last
            made = int(found), array("I", map(int, code)).tobytes(), count, dict(by_name), by_number
            patterns[pattern, int(flags)] = made
        return compiled

    noted = {**vars(_compiler._sre), "compile": compile_noted}
    with (
        replaced(dataclasses, "exec", execute),
        replaced(_compiler, "compile", compile_pattern),
        replaced(_compiler, "_sre", SimpleNamespace(**noted)),
    ):
        yield files
    table.write_bytes(marshal.dumps((methods, patterns, files)))
