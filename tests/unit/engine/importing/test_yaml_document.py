"""Tests of engine.importing.yaml_document: short documents that stand for very many values."""

from __future__ import annotations

import pytest
import yaml

from engine.errors import SourceError
from engine.importing.configuration import read_configuration
from engine.importing.yaml_document import LONGEST, YamlError, load


def laughs(levels: int) -> str:
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, levels)]
    return "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(lines)


@pytest.mark.cpu_seconds(20)
@pytest.mark.parametrize(
    ("text", "problem", "line"),
    [
        (laughs(9), "more than 100,000 values", 6),
        ("a: &a {x: 1}\n" + "b: {<<: [" + "*a, " * 60_000 + "*a]}", "more than 100,000 values", 2),
        ("a: 1\nb: &b [*b]", "contains itself", 2),
        ("[" * 1000, "nested deeper than 200 levels", 1),
        ("? " * 1000, "nested deeper than 200 levels", 1),
        ("- " * 1000, "nested deeper than 200 levels", 1),
        ("a: 1" + ":1" * 100_000, "a number is too long", 1),
        ("a:\n  0x" + "f" * 5000, "a number is too long", 2),
        ("a: b\n" * LONGEST, "more than 250,000 characters", 0),
        ("a: 2001-99-99", "month must be in 1..12", 0),
        ("a: !!int x", "invalid literal", 0),
        ("? {a: b}\n: c", "unhashable key", 1),
        ("! !" + "x" * 1000 + " y", "but found", 1),
    ],
)
def test_too_much_or_nothing_is_refused(text: str, problem: str, line: int) -> None:
    with pytest.raises(YamlError) as caught:
        load(text)
    assert problem in caught.value.problem
    assert caught.value.line == line
    assert len(caught.value.problem) < 250


def test_aliases_work_as_always() -> None:
    text = "a: &a {x: 1, y: [2, 0x10, 1:30, 1_000, .5, null]}\nb: *a\nc: {<<: *a, z: 2001-01-01}"
    assert load(text) == yaml.safe_load(text)


@pytest.mark.cpu_seconds(20)
def test_a_configuration_says_what_is_wrong() -> None:
    with pytest.raises(SourceError, match="m.yaml is not valid YAML: there are more") as caught:
        read_configuration(laughs(9).encode(), "m.yaml")
    assert "in line 6" in caught.value.message


def test_names_that_json_does_not_have_become_text() -> None:
    cleaned = read_configuration(b"2001-01-01: {1: x, null: [!!binary aGk=]}", "m.yaml")
    assert cleaned.contents == {"2001-01-01": {"1": "x", "None": ["b'hi'"]}}
