"""JSON that is nested too deeply is found before it is parsed, and no other JSON is refused."""

from __future__ import annotations

import json

import pytest

from engine.importing.json_depth import DEEPEST, loads


@pytest.mark.parametrize("brackets", ["[]", "{}"])
@pytest.mark.parametrize("is_cut", [False, True])
def test_too_deep(brackets: str, is_cut: bool) -> None:
    opening = brackets[0] if brackets == "[]" else '{"a":'
    deep = opening * (DEEPEST + 1) + ("" if is_cut else "1" + brackets[1] * (DEEPEST + 1))
    with pytest.raises(RecursionError):
        loads(deep)


@pytest.mark.parametrize(
    "document",
    [
        [[{"a": [n]}] for n in range(1000)],
        [{"text": "[" * 1000 + '{"' + "\\"} for _ in range(3)],
        [{"text": ":["} for _ in range(1000)],
    ],
    ids=["many", "in strings", "smileys"],
)
def test_not_deep(document: object) -> None:
    assert loads(json.dumps(document)) == document


def test_as_deep_as_may_be() -> None:
    text = "[" * DEEPEST + "]" * DEEPEST
    assert json.dumps(loads(text)) == text
