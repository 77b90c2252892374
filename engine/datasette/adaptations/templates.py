"""Has templates come compiled, and each hand on its text in one piece.

Compiling the templates of a page takes longer than the rest of it, so those of the first pages come
as files of Jinja's cache of compiled templates (scripts/compile_templates.py writes them). They are
read when packages are imported, so they are part of a snapshot of Python's memory.

Jinja's templates are generators: a page's 10,000 small pieces go, each alone, from the template of
the table through those that include and extend it, four asynchronous generators in all. That takes
a tenth of the time of a table page in WebAssembly (more where it is larger), and nobody wants the
pieces: Datasette joins them at the end. Here each template joins its own.
It can go when Jinja does that itself.
"""

from __future__ import annotations

import marshal
import pickle
from collections.abc import AsyncIterator, Callable
from inspect import isasyncgenfunction
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment, Template
from jinja2.bccache import Bucket, bc_magic
from jinja2.runtime import Context

#: Where the site has compiled templates.
COMPILED = Path("/lib/templates")

Render = Callable[[Context], Any]


class _InOnePiece(Template):
    """A template as Jinja makes it, but for how it is rendered."""

    _render: Render

    @property
    def root_render_func(self) -> Render:
        """What Jinja calls for the text of the whole template."""
        return self._render

    @root_render_func.setter
    def root_render_func(self, render: Render) -> None:
        self._render = _joined(render) if isasyncgenfunction(render) else render


def _joined(render: Render) -> Render:
    async def joined(context: Context) -> AsyncIterator[str]:
        yield "".join([piece async for piece in render(context)])

    return joined


def install() -> None:
    """Change the templates that environments load; doing it again changes nothing."""
    Environment.template_class = _InOnePiece


class _Compiled(BytecodeCache):
    """Compiled templates in memory, by Jinja's key and the checksum of their text."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def read(self, file: Path) -> None:
        """Add a template that FileSystemBytecodeCache has written with this Jinja."""
        with file.open("rb") as content:
            content.seek(len(bc_magic))
            checksum = pickle.load(content)
            key = file.name.removeprefix("__jinja2_").removesuffix(".cache")
            self._codes[key, checksum] = marshal.load(content)

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


def load(folder: Path = COMPILED) -> None:
    """Read the compiled templates in `folder`, if that is there."""
    for file in folder.glob("*.cache"):
        _compiled.read(file)


def use_compiled(environment: Environment) -> None:
    """Have an environment take the compiled templates that were read, and keep what it compiles."""
    environment.bytecode_cache = _compiled
