"""What `entry` may say, and what becomes of it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from engine.apps.entry import Entry, application
from engine.apps.errors import AppError


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Do nothing, as an ASGI application."""


def wsgi(environ: Any, start_response: Any) -> list[bytes]:
    """Do nothing, as a WSGI application."""
    return []


def module(**names: Any) -> ModuleType:
    """Return a module that has these names."""
    made = ModuleType("main")
    vars(made).update(names)
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("", "")),
        ("main", ("main", "")),
        (":create_app", ("", "create_app")),
        (" shop.web:factory.app ", ("shop.web", "factory.app")),
        ("main:create_app()", ("main", "create_app")),
    ],
)
def test_an_entry_names_a_module_and_an_attribute(text: str, expected: tuple[str, str]) -> None:
    assert Entry.parse(text) == Entry(*expected)


@pytest.mark.parametrize("text", ["main.app:", "a b", "main:1", "../main:app", "main:app:x", "é-"])
def test_other_entries_are_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(AppError) as raised:
        Entry.parse(text)
    assert text in raised.value.message and "module:attribute" in raised.value.hint


def test_without_an_attribute_the_usual_names_are_tried() -> None:
    assert application(module(app=asgi), "") is asgi
    assert application(module(application=asgi), "") is asgi


def test_an_attribute_may_be_deeper() -> None:
    class Outer:
        inner = staticmethod(asgi)

    assert application(module(outer=Outer), "outer.inner") is asgi


def test_a_factory_is_called() -> None:
    assert application(module(create_app=lambda: asgi), "create_app") is asgi


def test_an_object_with_a_call_method_is_an_application() -> None:
    class App:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    app = App()
    assert application(module(app=app), "") is app


def test_a_factory_that_raises_shows_its_own_lines() -> None:
    def create_app() -> Any:
        raise ValueError("no <database>")

    with pytest.raises(AppError) as raised:
        application(module(app=create_app), "")
    assert "no <database>" in raised.value.message
    assert "in create_app" in raised.value.details and "apps/entry.py" not in raised.value.details


@pytest.mark.parametrize(
    ("names", "attribute", "said"),
    [
        ({}, "", "neither 'app' nor 'application'"),
        ({"site": asgi}, "", "entry=main:site"),
        ({"app": asgi}, "create_app", "no attribute 'create_app'"),
        ({"app": 7}, "", "7, which is not an ASGI application"),
        ({"app": lambda: None}, "", "returned None"),
        ({"app": wsgi}, "", "WSGI"),
        ({"app": lambda a: None}, "", "does not take scope, receive and send"),
    ],
)
def test_what_is_not_an_application_is_explained(
    names: dict[str, Any], attribute: str, said: str
) -> None:
    with pytest.raises(AppError) as raised:
        application(module(**names), attribute)
    assert said in f"{raised.value.message} {raised.value.hint}"
