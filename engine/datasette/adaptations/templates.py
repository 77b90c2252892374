"""Has templates come compiled, and each hand on its text in one piece.

Compiling the templates of a page takes longer than the rest of it, so those of the first pages come
in Jinja's cache of compiled templates (scripts/compile_templates.py fills it).

Jinja's templates are generators: a page's 10,000 small pieces go, each alone, from the template of
the table through those that include and extend it, four asynchronous generators in all. That takes
a tenth of the time of a table page in WebAssembly (more where it is larger), and nobody wants the
pieces: Datasette joins them at the end. Here each template joins its own.
It can go when Jinja does that itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from inspect import isasyncgenfunction
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache, Template
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


def use_compiled(environment: Environment, folder: Path = COMPILED) -> None:
    """Have an environment take compiled templates from `folder`, if that is there."""
    if folder.is_dir():
        environment.bytecode_cache = FileSystemBytecodeCache(str(folder))
