"""Tests of engine.importing.configuration, and of how an instance applies it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import SourceError
from engine.importing.configuration import SETTINGS, merged, read_configuration


def test_json_and_yaml_say_the_same() -> None:
    data = {"title": "x", "databases": {"d": {"tables": {"t": {"facets": ["a"]}}}}}
    text = "title: x\ndatabases:\n  d:\n    tables:\n      t:\n        facets: [a]\n"
    assert read_configuration(json.dumps(data).encode(), "x").contents == data
    assert read_configuration(text.encode("utf-8-sig"), "x").contents == data


def test_what_could_run_code_is_left_out() -> None:
    cleaned = read_configuration(
        json.dumps(
            {
                "title": "x",
                "description_html": "<script>",
                "extra_css_urls": ["https://evil.test/x.css"],
                "extra_js_urls": ["https://evil.test/x.js"],
                "source_url": " java\tscript:alert(1)",
                "about_url": "https://a.test/",
                "license_url": "/licence",
                "databases": {
                    "d": {
                        "source_url": "data:text/html,x",
                        "queries": {"q": {"sql": "select 1", "description_html": "<b>"}},
                    }
                },
                "list": [{"footer_html": "x", "kept": 1}],
            }
        ).encode(),
        "x",
    )
    assert cleaned.contents == {
        "title": "x",
        "about_url": "https://a.test/",
        "license_url": "/licence",
        "databases": {"d": {"queries": {"q": {"sql": "select 1"}}}},
        "list": [{"kept": 1}],
    }
    [note] = cleaned.notes
    assert note.startswith("Left out, since it could run code here: description_html, ")
    assert "databases.d.queries.q.description_html" in note


def test_tables_and_columns_may_have_any_name() -> None:
    about = {
        "columns": {"body_html": "What it says", "home_url": "Note: relative"},
        "title": "Pages",
    }
    contents = {
        "databases": {
            "site_html": {
                "tables": {"pages_html": about, "extra_css_urls": {"hidden": True}},
                "queries": {"all_html": "select 1"},
            }
        }
    }
    assert read_configuration(json.dumps(contents).encode(), "x").contents == contents
    # What they are about is as dangerous as ever.
    for place in ({"description_html": "<b>"}, {"columns": {"a": {"description_html": "<b>"}}}):
        contents = {"databases": {"d": {"tables": {"pages_html": place}}}}
        assert "<b>" not in str(read_configuration(json.dumps(contents).encode(), "x").contents)


def test_settings_are_only_those_that_do_no_harm() -> None:
    text = (
        "settings:\n  default_page_size: 5\n  base_url: /x/\n  num_sql_threads: 3\n"
        "  suggest_facets: 'no'\n  template_debug: true\n"
    )
    cleaned = read_configuration(text.encode(), "x")
    assert cleaned.contents == {"settings": {"default_page_size": 5}}
    notes = " ".join(cleaned.notes)
    assert "settings.base_url" in notes
    assert "settings.suggest_facets was left out: it must be true or false." in notes


@pytest.mark.parametrize("name", [name for name, range_ in SETTINGS.items() if range_])
def test_a_link_cannot_take_a_limit_away(name: str) -> None:
    for value in (10**9, 0, -1):
        cleaned = read_configuration(json.dumps({"settings": {name: value}}).encode(), "c.json")
        low, high = SETTINGS[name] or (0, 0)
        nearest = high if value > 0 else low
        assert cleaned.contents["settings"] == {name: nearest}
        assert cleaned.whole["settings"] == {name: nearest}, "nor with consent to code"
        assert f"settings.{name} is {nearest:,} instead of {value:,}" in cleaned.notes[0]
    for other in ("5", 1.5, None, True, [1]):
        cleaned = read_configuration(json.dumps({"settings": {name: other}}).encode(), "c.json")
        assert cleaned.contents["settings"] == {}
        assert cleaned.notes == [f"settings.{name} was left out: it must be a whole number."]


@pytest.mark.parametrize(
    "contents",
    [
        {"databases": 5},
        {"databases": {"d": None}},
        {"databases": {"d": {"tables": [1]}}},
        {"databases": {"d": {"tables": {"t": "x"}}}},
        {"databases": {"d": {"tables": {"t": {"column_types": 1}}}}},
        {"databases": {"d": {"queries": "select 1"}}},
        {"settings": [1]},
        {"plugins": "x"},
    ],
)
def test_what_datasette_would_stumble_over_is_left_out(contents: dict[str, Any]) -> None:
    cleaned = read_configuration(json.dumps({"title": "x", **contents}).encode(), "c.json")
    assert cleaned.contents["title"] == "x"
    assert cleaned.notes[0].endswith("was left out: it must be an object.")


def test_files_and_variables_of_the_site_are_out_of_reach() -> None:
    contents = {"plugins": {"p": {"key": {"$file": "/instance/secret"}, "other": {"$env": "X"}}}}
    cleaned = read_configuration(json.dumps(contents).encode(), "c.json")
    assert cleaned.contents == {"plugins": {"p": {"key": {}, "other": {}}}}


def test_addresses_are_found_under_many_names() -> None:
    names = ["url", "source_url", "links", "on_success_redirect", "href", "photo_src", "Logo_URL"]
    contents = {name: ["javascript:x"] if name == "links" else "javascript:x" for name in names}
    cleaned = read_configuration(json.dumps({**contents, "x_HTML": "<b>"}).encode(), "c.json")
    assert cleaned.contents == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "title: x\n  oops: y\n",
            "is not valid YAML: mapping values are not allowed here in line 2",
        ),
        ('{"title": "x",\n "a" 1}', "JSON: expecting ':' delimiter in line 2"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ("[1, 2]", "does not contain an object"),
        ("just words", "does not contain an object"),
        ("", "does not contain an object"),
        ("<!doctype html>", "web page"),
        ("a: !!python/object/apply:os.system [ls]\n", "is not valid YAML"),
    ],
)
def test_what_is_no_configuration_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_configuration(text.encode(), "m.yaml")
    assert sentence in caught.value.message
    assert caught.value.hint


def test_later_parts_count() -> None:
    parts: list[dict[str, Any]] = [
        {"a": 1, "b": {"c": 1, "d": 1}},
        {"b": {"d": 2}, "e": 3},
        {"a": {"f": 4}},
    ]
    assert merged(parts) == {"a": {"f": 4}, "b": {"c": 1, "d": 2}, "e": 3}
    assert parts[0]["b"] == {"c": 1, "d": 1}
