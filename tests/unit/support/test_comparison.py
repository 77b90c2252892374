"""The comparison that test_differential relies on finds the differences it must."""

from __future__ import annotations

import pytest

from tests.support.comparison import Difference, Place, compare, in_any_order, replace
from tests.support.native import Answer

PLACE = Place("http://localhost:1", "/app/@a2V5/")
HTML = [("content-type", "text/html"), ("date", "today")]
NATIVE = Answer(200, HTML, b'<a href="/db/t?_next=%2Fdb">t</a> 12.5ms')
SITE = Answer(200, HTML[:1], b'<a href="/app/@a2V5/db/t?_next=%2Fapp%2F%40a2V5%2Fdb">t</a> 12.5ms')


def differs(body: bytes, *differences: Difference) -> list[str]:
    return compare("/db", NATIVE, Answer(200, HTML[:1], body), PLACE, differences)


def test_the_same_page_at_another_place_is_the_same() -> None:
    assert compare("/db", NATIVE, SITE, PLACE, []) == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(SITE.body.replace(b"/app/@a2V5/", b"/", 1), id="no base URL"),
        pytest.param(SITE.body.replace(b"/app/", b"/app/@a2V5/app/", 1), id="two base URLs"),
        pytest.param(SITE.body.replace(b'"/', b'"http://localhost:1/x/', 1), id="out of it"),
        pytest.param(SITE.body + b"\xff", id="a byte"),
        pytest.param(SITE.body.replace(b"12.5", b"99.0"), id="a number"),
    ],
)
def test_another_body_is_seen(body: bytes) -> None:
    assert differs(body) != []


def test_another_status_or_header_is_seen() -> None:
    other = Answer(404, [("content-type", "text/plain")], SITE.body)
    assert compare("/db", NATIVE, other, PLACE, []) == [
        "-status: 200",
        "-content-type: text/html",
        "+status: 404",
        "+content-type: text/plain",
    ]


def test_a_named_difference_is_allowed_where_it_is_named() -> None:
    slower = SITE.body.replace(b"12.5", b"99.0")
    here, elsewhere = (Difference(where, "time", replace(r"[\d.]+ms")) for where in ("/db", "/"))
    assert differs(slower, here) == [] and here.used
    assert differs(slower, elsewhere) != [] and not elsewhere.used


def test_html_quotes_are_quotes_and_order_can_be_left_out() -> None:
    assert replace('"a"', "b")("&#34;a&#34;") == replace('"a"', "b")('"a"') == "b"
    assert in_any_order('{"b": 1, "a": 2}') == in_any_order('{"a": 2, "b": 1}')
