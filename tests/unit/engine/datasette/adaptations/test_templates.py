"""Templates return their text in one piece, and it is the same text."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader, Environment, FileSystemBytecodeCache, Template, TemplateRuntimeError

from engine.datasette.adaptations import templates

SOURCES = {
    "base": "<{% block title %}base{% endblock %}>{% block rows %}{% endblock %}!",
    "middle": "{% extends 'base' %}{% block title %}middle of {{ super() }}{% endblock %}",
    "page": "{% extends 'middle' %}{% block rows %}{% for n in numbers %}{% include 'row' %}"
    "{% endfor %}{% import 'tools' as tools %}{{ tools.shout(name) }}{% endblock %}",
    "row": "[{{ n }}{% if n == 2 %}{{ wait() }}{% endif %}]",
    "tools": "{% macro shout(text) %}{{ text|upper }}{% endmacro %}",
    "broken": "{% include 'row' %}{% include 'fails' %}",
    "fails": "{{ fail() }}",
}
EXPECTED = "<middle of base>[1][2waited][3]&lt;X&gt;!"


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with Jinja's own templates, whatever other tests have installed."""
    monkeypatch.setattr(Environment, "template_class", Template)


async def wait() -> str:
    await asyncio.sleep(0)
    return "waited"


def fail() -> None:
    raise TemplateRuntimeError("It fails.")


def environment(**options: Any) -> Environment:
    return Environment(loader=DictLoader(SOURCES), autoescape=True, **options)


def pieces(template: Template) -> list[str]:
    async def story() -> list[str]:
        values = {"numbers": [1, 2, 3], "name": "<x>", "wait": wait, "fail": fail}
        return [piece async for piece in template.generate_async(values)]

    return asyncio.run(story())


def test_the_text_is_the_same_and_in_one_piece() -> None:
    plain = pieces(environment(enable_async=True).get_template("page"))
    assert len(plain) > 10 and "".join(plain) == EXPECTED
    templates.install()
    assert pieces(environment(enable_async=True).get_template("page")) == [EXPECTED]


def test_errors_in_a_template_are_told() -> None:
    templates.install()
    template = environment(enable_async=True).get_template("broken")
    with pytest.raises(TemplateRuntimeError, match="It fails"):
        pieces(template)


def test_templates_without_async_stay_as_they_are() -> None:
    templates.install()
    template = environment().get_template("page")
    assert template.render(numbers=[1], name="a") == "<middle of base>[1]A!"


def test_compiled_templates_are_read_from_a_folder(tmp_path: Path) -> None:
    templates.load(tmp_path / "not there")
    builder, first, second = environment(), environment(), environment()
    builder.bytecode_cache = FileSystemBytecodeCache(str(tmp_path))
    builder.get_template("middle")
    [compiled] = tmp_path.iterdir()
    compiled.write_bytes(compiled.read_bytes().replace(b"middle of", b"centre of"))
    templates.load(tmp_path)
    templates.use_compiled(first)
    assert first.get_template("middle").render() == "<centre of base>!"
    # What was compiled of another source is not taken.
    second.loader = DictLoader({**SOURCES, "middle": SOURCES["middle"] + " "})
    templates.use_compiled(second)
    assert second.get_template("middle").render() == "<middle of base>!"


def test_what_one_environment_compiles_is_kept_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = environment(), environment()
    templates.use_compiled(first)
    first.get_template("base")
    templates.use_compiled(second)
    monkeypatch.setattr(Environment, "compile", None)
    assert second.get_template("base").render() == first.get_template("base").render()
