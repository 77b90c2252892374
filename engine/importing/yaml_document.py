"""Reads a YAML document that may be malicious.

A few lines can stand for billions of values, since an alias repeats all that its anchor names, and
PyYAML reads about 50 KB a second in WebAssembly, while nothing else runs. So the number of values,
the depth and the length are limited.
"""

from __future__ import annotations

from typing import Any

import yaml

from engine.importing.excerpts import excerpt
from engine.importing.json_depth import DEEPEST

#: Characters. PyYAML takes about 5 s in WebAssembly to read this many.
LONGEST = 250_000

#: Values, with aliases replaced by what they stand for.
MOST_VALUES = 100_000

#: Digits of a number. PyYAML's time grows with their square.
_MOST_DIGITS = 1_000


class YamlError(ValueError):
    """Raised if a document cannot be read.

    `line` counts from 1, and is 0 if the problem is not in one line; `problem` is half a
    sentence.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = excerpt(problem)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Counts values while it composes them."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._values = 0
        self._depth = 0
        self._sizes: dict[yaml.Node, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        line = event.start_mark.line + 1
        self._depth += 1
        if self._depth > DEEPEST:
            raise YamlError(line, f"values are nested deeper than {DEEPEST} levels")
        before = self._values
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, yaml.AliasEvent):
            if node not in self._sizes:
                raise YamlError(line, "a value contains itself")
            self._values += self._sizes[node]
        elif node is not None:
            self._values += 1
            self._sizes[node] = self._values - before
        if self._values > MOST_VALUES:
            raise YamlError(line, f"there are more than {MOST_VALUES:,} values")
        return node

    def construct_number(self, node: Any) -> Any:
        if len(node.value) > _MOST_DIGITS:
            raise YamlError(node.start_mark.line + 1, "a number is too long")
        if node.tag.endswith(":int"):
            return self.construct_yaml_int(node)
        return self.construct_yaml_float(node)


for _type in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_type}", _Loader.construct_number)


def load(text: str) -> Any:
    """Return the content of a document, as yaml.safe_load does.

    Raises:
        YamlError: it can't be read, or is too large.
    """
    if len(text) > LONGEST:
        raise YamlError(0, f"it has more than {LONGEST:,} characters; as JSON it may have more")
    try:
        return _load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it can't be read"
        raise YamlError(0 if mark is None else mark.line + 1, problem) from error
    except YamlError:
        raise
    # Values that look like a date but are none, or that have a wrong tag.
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
        raise YamlError(0, f"a value can't be read ({error})") from error


def _load(text: str) -> Any:
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
