"""JSON as programs and people write it: the resulting tables, and the notes."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.errors import SourceError
from tests.support.opening import Opener

REPORTED = Path(__file__).parents[3] / "fixtures" / "reported"
FEATURE = {
    "type": "Feature",
    "properties": {"name": "a"},
    "geometry": {"type": "Point", "coordinates": [13.4, 52.5, 30]},
}


@pytest.fixture
def open_(tmp_path: Path) -> Opener:
    return Opener(tmp_path)


def test_sequence_of_features(open_: Opener) -> None:
    opened = open_("rs.geojson", (REPORTED / "rs.geojson").read_bytes(), "json")
    assert opened.rows("select name, longitude, latitude from rs order by name") == [
        ("sign 244", 13.4, 52.5),
        ("sign 245", 13.5, 52.6),
    ]


def test_sequence_of_texts_of_several_lines(open_: Opener) -> None:
    text = '\x1e{\n"a": 1\n}\n\x1e{"a": \n\x1e{"a": 3}\n'
    opened = open_("x.json", text.encode())
    assert opened.rows("select a from x") == [(1,), (3,)]
    assert opened.rows("select line from x_rejected") == [(4,)]
    preview = open_.preview("x.json", text.encode())
    assert preview["kindInWords"] == "JSON text sequence"


def test_columns_and_rows(open_: Opener) -> None:
    opened = open_("shape.json", (REPORTED / "shape.json").read_bytes(), "json")
    assert opened.rows("select id, name from shape order by 1") == [(1, "a"), (2, "b")]
    assert opened.notes == ["Left out, apart from the rows: database, truncated."]


SHAPES: dict[str, tuple[Any, list[tuple[Any, ...]]]] = {
    "arrays": ({"ok": True, "rows": [[1, "a"], [2, "b"]]}, [(1, "a"), (2, "b")]),
    "split": ({"columns": ["n", "t"], "index": [0], "data": [[1, "a"]]}, [(1, "a")]),
    "socrata": (
        {"meta": {"view": {"columns": [{"name": "n"}, {"name": "t"}]}}, "data": [[1, "a"]]},
        [(1, "a")],
    ),
    "columns": ({"n": [1, 2], "t": ["a", "b"]}, [(1, "a"), (2, "b")]),
    "objects and others": ({"rows": [{"n": 1}, 2], "total": 2}, [(1, None), (None, 2)]),
    "geometry": (
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        [('{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}',)],
    ),
    "feature": (FEATURE, [("a", 13.4, 52.5, json.dumps(FEATURE["geometry"]))]),
    "members of a feature": (
        {"type": "FeatureCollection", "features": [{**FEATURE, "bbox": [1, 2]}]},
        [("a", "[1, 2]", 13.4, 52.5, json.dumps(FEATURE["geometry"]))],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shape(open_: Opener, name: str) -> None:
    document, rows = SHAPES[name]
    opened = open_("x.json", json.dumps(document).encode())
    assert opened.rows("select * from x") == rows


def test_comments_and_commas_too_many(open_: Opener) -> None:
    text = '[ // one\n{"a": "http://x", /* two */ "b": "a, ]",},\n{"a": 2,},\n]'
    opened = open_("x.json", text.encode())
    assert opened.rows("select a, b from x") == [("http://x", "a, ]"), ("2", None)]
    assert opened.notes == [
        "2 comments were left out, since JSON has none.",
        "3 commas were left out before closing brackets.",
    ]


def test_one_document_after_another(open_: Opener) -> None:
    opened = open_("x.json", b'{\n"a": 1\n}\n{\n"a": 2\n}\n')
    assert opened.rows("select a from x") == [(1,), (2,)]


def test_what_is_no_number(open_: Opener) -> None:
    opened = open_("x.json", b'[{"a": NaN, "b": [NaN]}, {"a": -Infinity}, {"a": 1.5}]')
    assert opened.rows("select a, b from x") == [(None, "[null]"), (-math.inf, None), (1.5, None)]
    assert opened.notes == [
        "2 values were read as NULL: NaN, not a number.",
        "1 of the values is infinite, or too large for a number.",
    ]
    lines = open_("y.ndjson", b'{"a": NaN}\n{"a": 1}\n')
    assert lines.notes == ["1 value was read as NULL: NaN, not a number."]


@pytest.mark.parametrize("text", ['[{"a": 1e999, "b": 1}]', '{"a": 1e999}\n{"a": 2}\n'])
def test_numbers_that_are_too_large_are_told(open_: Opener, text: str) -> None:
    opened = open_("x.json", text.encode())
    assert opened.rows("select a from x")[0] == (math.inf,)
    assert opened.notes == ["1 of the values is infinite, or too large for a number."]
    assert open_.preview("x.json", text.encode())["notes"] == opened.notes


def test_numbers_within_lists_are_json_that_every_reader_takes(open_: Opener) -> None:
    opened = open_("x.json", b'[{"a": [1e999, -Infinity, NaN, "NaN, \\" Infinity"]}]')
    assert opened.rows("select a from x") == [('[9e999, -9e999, null, "NaN, \\" Infinity"]',)]
    assert opened.notes == [
        "1 value was read as NULL: NaN, not a number.",
        "2 of the values are infinite, or too large for a number.",
    ]


REPEATED = (
    "{} the same name as a later one in the same object, such as 'a', and got another name, such as"
    " 'a_2'."
)


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1, "a": 2}, {"a": 3}]',
        '{"a": 1, "a": 2}\n{"a": 3}\n',
        '\x1e{"a": 1, "a": 2}\n\x1e{"a": 3}\n',
        '{"rows": [{"a": 1, "a": 2}, {"a": 3}]}',
        '[{"a" : 1, "a" : 2}, {"a": 3}]',
        '[{"a": 1, "a": 2}, {"a": 3},]',
    ],
)
def test_members_with_the_same_name_are_kept(open_: Opener, text: str) -> None:
    opened = open_("x.json", text.encode())
    assert opened.rows("select a, a_2 from x") == [(2, 1), (3, None)]
    assert REPEATED.format("1 member has") in opened.notes


def test_members_with_the_same_name_in_a_large_document(open_: Opener) -> None:
    many = ", ".join(f'{{"n": {n}, "t": "some: \\"text\\""}}' for n in range(60_000))
    opened = open_("x.json", f'{{"rows": [{many}, {{"n": 1, "n": 2}}], "rows": [1]}}'.encode())
    assert opened.rows("select count(*), max(n), max(n_2) from x") == [(60_001, 59_999, 1)]
    assert any(note.startswith("2 members have the same name") for note in opened.notes)


def test_members_with_the_same_name_within_a_value(open_: Opener) -> None:
    opened = open_("x.json", b'[{"a": {"x": 1, "x": 2, "x": 3, "x_2": 0}, "b": ":"}]')
    [(value,)] = opened.rows("select a from x")
    assert json.loads(value) == {"x": 3, "x_2": 0, "x_3": 1, "x_4": 2}


def test_equal_members_with_the_same_name_need_no_note(open_: Opener) -> None:
    opened = open_("x.json", b'[{"a": "one", "a": "one"}]')
    assert opened.rows("select * from x") == [("one",)]
    assert opened.notes == []


def test_commas_between_objects(open_: Opener) -> None:
    opened = open_("x.json", b'{"a": 1},\n{"a": 2},\n')
    assert opened.rows("select a from x") == [(1,), (2,)]
    assert opened.notes == ["2 commas were left out between the values."]


def test_names_that_are_taken_lose_no_value(open_: Opener) -> None:
    keyed = open_("x.json", b'{"k": {"_key": 9, "a": 2}, "l": {"a": 3}}')
    assert keyed.rows("select __key, _key, a from x") == [("k", 9, 2), ("l", None, 3)]
    feature = {
        **{"type": "Feature", "id": 3, "_id": 9, "longitude": "east"},
        "properties": {"id": 1, "_id": 2, "geometry": "g", "_geometry": "h"},
        "geometry": {"type": "Point", "coordinates": [1, 2]},
    }
    opened = open_(
        "y.geojson", json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    )
    assert sorted(map(str, opened.rows("select * from y")[0])) == sorted(
        ["3", "1", "2", "g", "h", "9", "east", json.dumps(feature["geometry"])]
    )


def test_properties_that_are_no_object_are_kept(open_: Opener) -> None:
    feature = {"type": "Feature", "properties": [1, 2], "geometry": None}
    opened = open_("x.geojson", json.dumps([feature, feature]).encode())
    assert opened.rows("select properties from x")[0] == ("[1, 2]",)


def test_columns_without_rows_are_an_empty_table(open_: Opener) -> None:
    opened = open_("x.json", b'{"columns": ["id", "name"], "rows": [], "truncated": false}')
    assert opened.columns("x") == [("id", "TEXT"), ("name", "TEXT")]
    assert opened.rows("select * from x") == []


def test_datasette_found_no_rows(open_: Opener) -> None:
    with pytest.raises(SourceError, match="holds no rows: Datasette found none"):
        open_("x.json", b'{"ok": true, "rows": [], "next": null}')


def test_only_what_datasette_writes_as_base64_becomes_bytes(open_: Opener) -> None:
    good, bad = {"$base64": True, "encoded": "AP8="}, {"$base64": True, "encoded": "A!P8="}
    more = {**good, "x": 1}
    opened = open_("x.json", json.dumps([{"a": good, "b": bad, "c": more}]).encode())
    assert opened.rows("select * from x") == [(b"\0\xff", json.dumps(bad), json.dumps(more))]


def test_lines_that_are_no_json_are_told_with_their_numbers(open_: Opener) -> None:
    opened = open_("x.ndjson", b'{"a": 1}\n\nbad\n{"a": 2}\n')
    assert opened.rows('select "row", line, "values" from x_rejected') == [(2, 3, "bad")]
    assert opened.notes == ["1 row did not fit (line 3) and is in table x_rejected."]


@pytest.mark.parametrize("text", ['[{"a": 1} /', '{"a": 1,,}', "[1, 2] 3", '{"a" 1}', "// only"])
def test_what_is_no_json_even_so(open_: Opener, text: str) -> None:
    with pytest.raises(SourceError, match="is not JSON"):
        open_("x.json", text.encode(), "json")


def test_what_is_nested_too_deeply(open_: Opener) -> None:
    with pytest.raises(SourceError, match="nested too deeply"):
        open_("x.json", ("[" * 500 + "]" * 500).encode())


@pytest.mark.parametrize("name", ["x.ndjson", "https://a.test/x.jsonl?raw=true", "x.geojsonl"])
def test_one_line_is_a_row_in_a_file_of_lines(open_: Opener, name: str) -> None:
    text = '{"a": [{"x": 1}], "k": 0}'
    for end in ("", "\n", "\n\n"):
        opened = open_(name, f"{text}{end}".encode(), "json", exists="replace")
        assert opened.rows("select a, k from x") == [('[{"x": 1}]', 0)]
    assert open_.preview(name, text.encode())["kindInWords"] == "JSON, one value a line"


def test_one_line_that_is_no_object_is_a_document(open_: Opener) -> None:
    opened = open_("x.jsonl", b'[{"a": 1}, {"a": 2}]\n')
    assert opened.rows("select a from x") == [(1,), (2,)]


def test_one_document_with_rows_in_it(open_: Opener) -> None:
    opened = open_("x.json", b'{"a": [{"x": 1}], "k": 0}\n')
    assert opened.rows("select * from x") == [(1,)]
    assert opened.notes == ["Left out, apart from the rows: k."]


@pytest.mark.parametrize("empty", ["[{}]", "[{}, {}]", "[{}, null]"])
def test_empty_objects_are_no_rows_where_there_is_more(open_: Opener, empty: str) -> None:
    opened = open_("x.json", f'{{"a": {empty}, "k": 0}}'.encode())
    assert opened.rows("select a, k from x") == [(empty, 0)]


@pytest.mark.parametrize("between", ["\n", ",", "\x1e"])
def test_objects_without_members_are_rows_beside_others(open_: Opener, between: str) -> None:
    # More than are inserted at a time.
    text = between.join(["", *["{}"] * 600, '{"a": 1}', "{}"])
    if between == ",":
        text = f"[{text.removeprefix(',')}]"
    opened = open_("x.json", text.encode())
    assert opened.rows("select count(*), count(a), max(a) from x") == [(602, 1, 1)]


@pytest.mark.parametrize("text", ["[{}]", "[{}, {}]", "{}\n{}\n", "\x1e{}", "[[], []]"])
def test_rows_without_a_column_are_no_table(open_: Opener, text: str) -> None:
    with pytest.raises(SourceError, match="no rows|no columns"):
        open_("x.json", text.encode())


def test_preview_and_import_agree_on_what_is_a_line(open_: Opener) -> None:
    data = '{"a": "one\u2028two"}\r\n{"a": "x\x0by"}\n'.encode()
    assert open_("x.json", data).rows("select a from x") == [("one\u2028two",)]
    assert open_.preview("x.json", data)["tables"][0]["count"] == 2


@pytest.mark.parametrize("name", ["x.json", "x.ndjson"])
def test_what_is_not_utf8_is_read_and_told(open_: Opener, name: str) -> None:
    data = '{"a": "caf\xe9"}\n{"a": "\xfcber"}\n'.encode("latin-1") + '{"a": "żółw"}\n'.encode()
    opened = open_(name, data)
    assert opened.rows("select a from x") == [("café",), ("über",), ("żółw",)]
    assert opened.notes == [
        "2 rows are not UTF-8, as JSON should be; they were read as Windows-1252."
    ]
    assert open_.preview(name, data)["tables"][0]["rows"][0] == ["café"]
    document = '[{"a": "caf\xe9"}]'.encode("latin-1")
    assert open_("y.json", document).rows("select a from y") == [("café",)]
    assert open_.preview("y.json", document)["tables"][0]["rows"] == [["café"]]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=6,
)
WAYS: dict[str, Callable[[Any], str]] = {
    "list": json.dumps,
    "pretty": lambda rows: json.dumps(rows, indent=2),
    "lines": lambda rows: "".join(f"{json.dumps(row)}\n" for row in rows),
    "sequence": lambda rows: "".join(f"\x1e{json.dumps(row)}\n" for row in rows),
    "one after another": lambda rows: "\n".join(json.dumps(row, indent=1) for row in rows),
    "columns and rows": lambda rows: json.dumps(
        {"columns": list("abk"), "rows": [[row["a"], row["b"], row["k"]] for row in rows]}
    ),
    "columns": lambda rows: json.dumps({name: [row[name] for row in rows] for name in "abk"}),
}


@settings(
    max_examples=int(os.environ.get("EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    rows=st.lists(st.fixed_dictionaries({"a": VALUES, "b": SCALARS}), min_size=1, max_size=4),
    way=st.sampled_from(list(WAYS)),
)
def test_every_value_is_there_however_it_is_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], way: str
) -> None:
    # For a single object, which may hold the rows itself, only the file's name decides.
    assume(len(rows) > 1 or way != "one after another")
    name = "x.ndjson" if way == "lines" else "x.json"
    numbered = [{**row, "k": number} for number, row in enumerate(rows)]
    opened = Opener(tmp_path_factory.mktemp("x"))(name, WAYS[way](numbered).encode(), "json")
    kinds = dict(opened.columns("x"))
    found = opened.rows("select k, a, b from x order by k")
    assert len(found) == len(rows)
    for row, (_, a, b) in zip(rows, found, strict=True):
        assert _same(a, row["a"], kinds["a"])
        assert _same(b, row["b"], kinds["b"])


def _same(found: Any, value: Any, kind: str) -> bool:
    if isinstance(value, (list, dict)):
        return bool(json.loads(found) == value)
    if value is None or found is None:
        return found is value
    if kind == "TEXT" and not isinstance(value, str):
        return bool(math.isclose(float(found), float(value)))
    return bool(found == value)


def test_line_breaks_and_tabs_within_text(open_: Opener) -> None:
    opened = open_("x.json", b'[{"a": "one\ntwo\tthree"}]')
    assert opened.rows("select a from x") == [("one\ntwo\tthree",)]


@pytest.mark.parametrize("text", ['[{"a": 1}]', '{"a": 1}\n{"a": 2}\n', '\ufeff [ {"a" :1}]'])
def test_what_is_called_csv(open_: Opener, text: str) -> None:
    opened = open_("https://a.test/x", text.encode(), "csv")
    assert opened.rows("select min(a) from x") == [(1,)]
    assert opened.notes == ["https://a.test/x is not CSV but JSON, and was read as that."]


def test_features_of_arcgis(open_: Opener) -> None:
    document = {
        "fields": [{"name": "OBJECTID"}, {"name": "NAME"}],
        "features": [{"attributes": {"OBJECTID": 1, "NAME": "a"}, "geometry": {"x": 1, "y": 2}}],
    }
    opened = open_("x.json", json.dumps(document).encode())
    assert opened.rows("select OBJECTID, NAME, geometry from x") == [(1, "a", '{"x": 1, "y": 2}')]


def test_descriptions_of_columns_are_no_rows_if_there_are_others(open_: Opener) -> None:
    document = {"fields": [{"id": "a"}, {"id": "b"}], "records": [{"a": 1, "b": 2}], "total": 1}
    opened = open_("x.json", json.dumps(document).encode())
    assert opened.rows("select a, b from x") == [(1, 2)]
