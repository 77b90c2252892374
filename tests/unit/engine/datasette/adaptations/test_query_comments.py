"""Comments and blanks at the beginning of queries that people write."""

from __future__ import annotations

import itertools
import re

import pytest
from datasette import utils
from datasette.utils import InvalidSql, validate_sql_select

from engine.datasette.adaptations import query_comments

#: What Datasette has; another test may have changed it already.
PLAIN = [
    re.compile(utils.comment_re + words)
    for words in (
        *(r"select\b", r"explain\s+select\b", r"explain\s+query\s+plan\s+select\b"),
        *(r"with\b", r"explain\s+with\b", r"explain\s+query\s+plan\s+with\b"),
    )
]


@pytest.mark.cpu_seconds(20)
@pytest.mark.parametrize("start", ["/**/", "-- x\n", "/* a */ -- b\n", ""])
def test_blanks_take_no_time(start: str) -> None:
    query_comments.install()
    for query in (f"{start}{' ' * 300_000}delete", f"{start}{' ' * 300_000}/* delete"):
        with pytest.raises(InvalidSql):
            validate_sql_select(query)
    validate_sql_select(f"{start}{' ' * 300_000}select 1")


def test_the_same_queries_are_allowed_as_before() -> None:
    query_comments.install()
    changed = list(utils.allowed_sql_res)
    assert len(changed) == len(PLAIN)
    query_comments.install()
    assert [one.pattern for one in utils.allowed_sql_res] == [one.pattern for one in changed]
    parts = ["-- a\n", "/* b */", "/*", "*/", "--", " ", "\n", "select", "explain ", "with", "x"]

    def is_allowed(patterns: list[re.Pattern[str]], query: str) -> bool:
        return any(pattern.match(query) for pattern in patterns)

    for words in itertools.product(parts, repeat=4):
        query = "".join(words)
        assert is_allowed(changed, query) == is_allowed(PLAIN, query), query
