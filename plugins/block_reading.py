"""Answers for a page that would read too much of a database that is read block by block, or that
could not read a block.

engine/sqlite/faults.py raises what is explained here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import handle_exception as datasettes
from datasette import hookimpl
from datasette.app import Datasette
from datasette.utils import path_with_replaced_args
from datasette.utils.asgi import Request
from datasette.views.base import DatasetteError
from markupsafe import Markup

from engine.datasette.adaptations.block_reading import MOST, PARAMETER
from engine.errors import LiteError
from engine.sqlite.faults import MB, TooMuchToRead

#: What a page may read when somebody asks for more, compared to before.
_STEP = 4


@hookimpl
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Callable[[], Awaitable[Any]] | None:
    """Answer in Datasette's way, and offer to go on."""
    if not isinstance(exception, LiteError):
        return None
    sentence = f"{exception.message} {exception.hint}".strip()
    title, html = "This could not be read", Markup("{}").format(sentence)
    if isinstance(exception, TooMuchToRead):
        title = "This would read a large part of the database"
        more = min(exception.limit * _STEP, MOST)
        may_go_on = more > exception.limit and not exception.is_near
        if may_go_on and request.method == "GET":
            address = path_with_replaced_args(request, {PARAMETER: str(more)})
            html = Markup('{}</p><p><a href="{}">Go on, and read up to {:,} MB</a>').format(
                sentence, address, more // MB
            )
    known = DatasetteError(
        str(html), title=title, status=400, message_is_html=True, plain_message=sentence
    )
    answer: Callable[[], Awaitable[Any]] = datasettes.handle_exception(datasette, request, known)
    return answer
