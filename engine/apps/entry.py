"""Finds the ASGI application in an app's code, as `module:attribute` names it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

from engine.apps.errors import AppError, advice, in_words, own_traceback
from engine.asgi.server import App

#: Names that are tried, in this order, where the entry names no attribute.
ATTRIBUTES = ("app", "application")

_NAME = r"[^\W\d]\w*"
_DOTTED = rf"{_NAME}(?:\.{_NAME})*"
_ENTRY = re.compile(rf"({_DOTTED})?(?::({_DOTTED})(\(\))?)?")

_FORM = "Write it as module:attribute, such as main:app, or main:create_app for a factory."


@dataclass(frozen=True)
class Entry:
    """Where the application is; "" for a part that the entry does not name."""

    module: str
    attribute: str

    @staticmethod
    def parse(text: str) -> Entry:
        """Parse the link's `entry`: "main:app", "main", ":app", or "".

        Raises:
            AppError: it is none of these.
        """
        match = _ENTRY.fullmatch(text.strip())
        if match is None:
            raise AppError(f"{text!r:.80} does not name an application.", hint=_FORM)
        return Entry(match[1] or "", match[2] or "")


def application(module: ModuleType, attribute: str) -> App:
    """Return the application that `attribute` of the module is, or that it makes.

    Raises:
        AppError: there is none.
    """
    name, found = _attribute(module, attribute)
    where = f"{module.__name__}:{name}"
    if not callable(found):
        raise AppError(f"{where} is {found!r:.80}, which is not an ASGI application.", hint=_FORM)
    if _takes(found, 0) and not _takes(found, 3):
        made = _made(found, where)
        if not callable(made):
            raise AppError(
                f"The factory {where} returned {made!r:.80}, which is not an ASGI application."
            )
        found, where = made, f"What the factory {where} returned"
    if _takes(found, 3):
        return cast(App, found)
    if _takes(found, 2):
        raise AppError(
            f"{where} is a WSGI application, not an ASGI application.",
            hint="Wrap it: app = a2wsgi.WSGIMiddleware(app), with a2wsgi among the dependencies.",
        )
    raise AppError(
        f"{where} is not an ASGI application: it does not take scope, receive and send.",
        hint=_FORM,
    )


def _attribute(module: ModuleType, attribute: str) -> tuple[str, Any]:
    for name in (attribute,) if attribute else ATTRIBUTES:
        found: Any = module
        try:
            for part in name.split("."):
                found = getattr(found, part)
        except AttributeError:
            continue
        return name, found
    if attribute:
        raise AppError(
            f"The module {module.__name__} has no attribute {attribute!r}.",
            hint=f"The link asks for it with entry=. {_others(module)}".strip(),
        )
    names = " nor ".join(map(repr, ATTRIBUTES))
    raise AppError(
        f"The module {module.__name__} has neither {names}, so there is no application to run.",
        hint=_others(module) or "Name the application in the link: entry=module:attribute.",
    )


def _others(module: ModuleType) -> str:
    """Return a sentence that lists what may be meant instead."""
    names = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.isclass(value)
        and getattr(value, "__module__", module.__name__) != "builtins"
        and callable(value)
        and _takes(value, 3)
    ]
    if not names:
        return ""
    return f"It may be one of these: {', '.join(f'entry={module.__name__}:{n}' for n in names[:5])}"


def _made(factory: Callable[[], Any], where: str) -> Any:
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise AppError(
            f"The factory {where} raised an error: {in_words(error)}.",
            hint=advice(error),
            details=own_traceback(error),
        ) from error


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Return whether it can be called with that many positional arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # built in, without a signature
        return count == 3
    return True
