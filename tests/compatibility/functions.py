"""Plugins that add SQL functions."""

from __future__ import annotations

import pytest

from tests.compatibility.case import Place, plugin


@plugin("datasette-dateutil==0.3", "Dates", "SQL functions that understand dates in many forms")
def dateutil(place: Place) -> None:
    assert place.sql("select dateutil_parse('3rd October 2020')") == "2020-10-03T00:00:00"
    assert place.sql("select dateutil_easter('2020')") == "2020-04-12"


@plugin(
    "datasette-jellyfish==2.0",
    "Similar words",
    "SQL functions that compare words by sound and spelling",
)
def jellyfish(place: Place) -> None:
    assert place.sql("select levenshtein_distance('barrow', 'barow')") == 1
    assert place.sql("select soundex('Robert')") == "R163"


@plugin("datasette-haversine==0.2.1", "Distances", "An SQL function for distances on the globe")
def haversine(place: Place) -> None:
    assert place.sql("select haversine(38.72, -9.14, 41.15, -8.61)") == pytest.approx(274, abs=1)


@plugin(
    "datasette-statistics==0.2.1",
    "Statistics",
    "SQL functions for median, mode, deviation and more",
)
def statistics(place: Place) -> None:
    assert place.sql("select statistics_median(value) from json_each('[1, 5, 9, 20]')") == 7


@plugin(
    "datasette-simple-html==0.2",
    "HTML functions",
    "SQL functions that strip, escape and unescape HTML",
)
def simple_html(place: Place) -> None:
    assert place.sql("select html_strip_tags('<b>bold</b> text')") == "bold text"
    assert place.sql("select html_unescape('&lt;&amp;')") == "<&"


@plugin("datasette-template-sql==1.0.3", "SQL in templates", "Lets templates run SQL")
def template_sql(place: Place) -> None:
    place.open("from-sql")
    names = place.page.locator("#from-sql li").all_inner_texts()
    assert names[:2] == ["Lisbon", "Porto"] and len(names) == 6, names


@plugin("datasette-current-actor==0.3", "Who asks", "An SQL function that tells who is signed in")
def current_actor(place: Place) -> None:
    assert place.sql("select current_actor()") == "root"


@plugin("datasette-sqlite-url-lite==0.1", "Addresses", "SQL functions for the parts of addresses")
def sqlite_url_lite(place: Place) -> None:
    assert place.sql("select url_host('https://example.org/a#b')") == "example.org"
    assert place.sql("select url_fragment('https://example.org/a#b')") == "b"


@plugin(
    "datasette-rapidfuzz==0.1.0", "Fuzzy matches", "SQL functions that say how alike two texts are"
)
def rapidfuzz(place: Place) -> None:
    assert place.sql("select rapidfuzz_ratio('Lisbon', 'Lisbon')") == 100
    assert place.sql("select rapidfuzz_token_sort_ratio('new york', 'york new')") == 100
