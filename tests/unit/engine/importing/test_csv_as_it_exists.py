"""CSV files as programs and people write them: the resulting tables, and the notes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import SourceError
from tests.support.opening import Opener

REPORTED = Path(__file__).parents[3] / "fixtures" / "reported"


@pytest.fixture
def open_(tmp_path: Path) -> Opener:
    return Opener(tmp_path)


def test_title_above_the_header(open_: Opener) -> None:
    opened = open_("preamble.csv", (REPORTED / "preamble.csv").read_bytes(), "csv")
    assert opened.rows("select idImpianto, Gestore, Latitudine from preamble") == [
        (3464, "ACME S.P.A.", 41.9),
        (3465, "BETA; SRL", 42.0),
    ]
    assert opened.notes == [
        "1 line above the header was left out: “Estrazione del 2025-01-06”.",
    ]


def test_backslashes_that_escape(open_: Opener) -> None:
    opened = open_("backslash.csv", (REPORTED / "backslash.csv").read_bytes(), "csv")
    assert opened.rows("select foo, bar from backslash") == [
        (332, "Surname, Firstname"),
        (123, 'foo ("foo")'),
    ]
    assert opened.notes == ["Backslashes were read as escape characters in 2 values."]


def test_quotation_marks_that_are_data(open_: Opener) -> None:
    opened = open_("quotes.tsv", (REPORTED / "quotes.tsv").read_bytes(), "csv")
    assert opened.rows("select id, title from quotes") == [
        (1, '"Unbalanced'),
        (2, 'He said "no" twice'),
        (3, "plain"),
    ]


PREAMBLES = {
    "titles": "Report of 2024\nMade by A\n\nid,name,n\n1,x,2\n2,y,3\n",
    "padded": "Report of 2024,,\n,,\nid,name,n\n1,x,2\n2,y,3\n",
    "other delimiter": "Report, of 2024 | x\nid;name;n\n1;x;2\n2;y;3\n",
    "comments": "# source: a\n# made: b, c, d\nid,name,n\n1,x,2\n2,y,3\n",
    "comment that is the header": "##v=1\n##w=2\n#id\tname\tn\n1\tx\t2\n2\ty\t3\n",
    "keys and values": "Station;X\nHeight;5\nid;name;n;a;b;c\n1;x;2;1;1;1\n2;y;3;1;1;1\n",
}


@pytest.mark.parametrize("name", PREAMBLES)
def test_what_stands_above_the_header(open_: Opener, name: str) -> None:
    text = PREAMBLES[name]
    opened = open_("x.csv", text.encode(), "csv")
    first = "#id" if "#id" in text else "id"
    assert opened.rows(f'select "{first}", name, n from x') == [(1, "x", 2), (2, "y", 3)]
    # Notes name everything that is left out.
    told = " ".join(opened.notes)
    if name == "comments":
        assert told == "2 comment lines beginning with # were left out (the first in line 1)."
    else:
        assert "left out" in told
        above = text[: text.index("id")].splitlines()
        assert all(line.strip() in told for line in above if len(line.strip()) > 2)


NO_PREAMBLES = {
    "header narrower than rows": "a,b\n1,2,3\n4,5,6\n7,8,9\n",
    "header of one column": "name\nSmith,John\nDoe,Jane\nRoe,Rick\n",
    "a single value in each row": "x\n1\n2\n",
}


@pytest.mark.parametrize("name", NO_PREAMBLES)
def test_header_that_stays_one(open_: Opener, name: str) -> None:
    text = NO_PREAMBLES[name]
    opened = open_("x.csv", text.encode(), "csv")
    assert opened.columns("x")[0][0] == text.splitlines()[0].split(",")[0]


def test_lines_above_the_header_can_be_chosen(open_: Opener) -> None:
    text = b"Title\na,b,c\n1,2,3\n4,5,6\n"
    assert open_("x.csv", text, skiprows=0).columns("x")[0][0] == "Title"
    assert open_("y.csv", text, skiprows=2).columns("y")[0][0] == "1"


# --- Quotation marks ----------------------------------------------------------------------------

STRAY = {
    "never closed": ('id,t\n1,"abc\n2,def\n', [(1, '"abc'), (2, "def")]),
    "closed within": ('id,t\n1,"The" End\n2,x\n', [(1, '"The" End'), (2, "x")]),
    "two of them": (
        'id,a,b,c\n1,x,y,"abc\n2,x,y,"def\n3,x,y,z\n',
        [(1, "x", "y", '"abc'), (2, "x", "y", '"def'), (3, "x", "y", "z")],
    ),
    "two that seem a pair": (
        'id,a,b,c\n1,x,y,"abc\n2,x,y,def"\n',
        [(1, "x", "y", '"abc'), (2, "x", "y", 'def"')],
    ),
    "beside values of several lines": (
        'id,t\n1,"one\ntwo"\n2,"never\n3,"a ""b"""\n',
        [(1, "one\ntwo"), (2, '"never'), (3, 'a "b"')],
    ),
    "inches": ('id,t\n1,5" disk\n2,"12"" vinyl"\n', [(1, '5" disk'), (2, '12" vinyl')]),
    "spaces around": ('id, t\n1, "a, b"\n2, "c" \n', [(1, "a, b"), (2, "c")]),
}


@pytest.mark.parametrize("name", STRAY)
def test_stray_quotation_mark_swallows_nothing(open_: Opener, name: str) -> None:
    text, rows = STRAY[name]
    opened = open_("x.csv", text.encode(), "csv")
    assert opened.rows("select * from x") == rows


def test_stray_quotation_mark_is_told_with_its_line(open_: Opener) -> None:
    rows = "".join(f"{number},x{number}\n" for number in range(1, 30_001))
    opened = open_("x.csv", f'id,t\n{rows}30001,"open\n30002,y\n'.encode(), "csv")
    assert opened.rows("select count(*), max(id) from x") == [(30_002, 30_002)]
    assert opened.notes == [
        "1 value begins with a quotation mark that does not enclose the whole value"
        " (line 30,002); the mark was kept as part of the value."
    ]


def test_values_of_several_lines_are_whole(open_: Opener) -> None:
    text = 'id,a,b,c\n1,"12 Main St\nSpringfield, IL",x,y\n2,"p\n\nq",u,"v\r\nw"\n'
    opened = open_("x.csv", text.encode(), "csv")
    assert opened.rows("select * from x") == [
        (1, "12 Main St\nSpringfield, IL", "x", "y"),
        (2, "p\n\nq", "u", "v\r\nw"),
    ]
    assert opened.notes == []


def test_no_quoting(open_: Opener) -> None:
    opened = open_("x.tsv", b'id\tt\n1\t"a"\n2\t"b" c\n', "csv", quote="none")
    assert opened.rows("select t from x") == [('"a"',), ('"b" c',)]


# --- Options ------------------------------------------------------------------------------------


def test_escape_character(open_: Opener) -> None:
    text = rb"""id,t
1,C:\new\dir
2,a\,b
"""
    opened = open_("x.csv", text)
    assert opened.rows("select t from x") == [(r"C:\new\dir",), ("a,b",)]
    as_is = open_("y.csv", text, escape="none")
    assert as_is.rows("select t from y") == [(r"C:\new\dir",), ("a\\",)]
    caret = open_("z.csv", b"id,t\n1,a^,b\n", escape="^")
    assert caret.rows("select t from z") == [("a,b",)]


def test_comments_between_rows(open_: Opener) -> None:
    text = b"id,t\n1,x\n# note\n2,y\n"
    opened = open_("x.csv", text)
    assert opened.rows("select * from x") == [(1, "x"), (2, "y")]
    assert opened.notes == ["1 comment line beginning with # was left out (line 3)."]
    assert open_("y.csv", text, comment="none").rows("select count(*) from y") == [(3,)]
    other = open_("z.csv", b"% about\nid,t\n1,x\n%2,y\n", comment="%")
    assert other.rows("select * from z") == [(1, "x")]


def test_row_that_begins_like_a_comment_stays(open_: Opener) -> None:
    opened = open_("x.csv", b"tag,n\n#a,1\n#b,2\n")
    assert opened.rows("select * from x") == [("#a", 1), ("#b", 2)]
    assert opened.notes == []


def test_decimal_comma_and_thousands(open_: Opener) -> None:
    text = b"id;price;note\n1;1.234,50;1.5\n2;-3,25;1,5\n3;;x\n"
    opened = open_("x.csv", text, decimal=",", thousands=".")
    assert opened.columns("x") == [("id", "INTEGER"), ("price", "REAL"), ("note", "TEXT")]
    assert opened.rows("select price, note from x") == [
        (1234.5, "1.5"),
        (-3.25, "1,5"),
        (None, "x"),
    ]
    spaces = open_("y.csv", "n\n1 234\n5\u00a0678\n".encode(), thousands="space")
    assert spaces.rows("select n from y") == [(1234,), (5678,)]


def test_point_is_no_decimal_sign_where_that_is_a_comma(open_: Opener) -> None:
    opened = open_("x.csv", b"a;b\n1.5;1,5\n2;2\n", decimal=",")
    assert opened.columns("x") == [("a", "TEXT"), ("b", "REAL")]
    assert opened.rows("select a from x") == [("1.5",), ("2",)]


def test_words_for_null(open_: Opener) -> None:
    opened = open_("x.csv", b"n,t\n1,NA\nNA,x\n3,\n", null=["NA"])
    assert opened.rows("select n, t from x") == [(1, None), (None, "x"), (3, "")]
    assert opened.notes == ["2 values were read as NULL: NA."]


def test_null_of_mysql(open_: Opener) -> None:
    opened = open_("x.tsv", b"n\tt\n1\t\\N\n\\N\tx\n")
    assert opened.columns("x") == [("n", "INTEGER"), ("t", "TEXT")]
    assert opened.rows("select * from x") == [(1, None), (None, "x")]
    assert open_("y.tsv", b"n\n\\N\n", null=["none"]).rows("select * from y") == [("\\N",)]


@pytest.mark.parametrize(
    ("dates", "text", "expected"),
    [
        ("dmy", "31.12.2024", "2024-12-31"),
        ("mdy", "12/31/24", "2024-12-31"),
        ("ymd", "2024/12/31", "2024-12-31"),
        ("dmy", "31/12/2024 23:59", "2024-12-31T23:59:00"),
        ("%d %b %Y", "31 Dec 2024", "2024-12-31"),
    ],
)
def test_dates(open_: Opener, dates: str, text: str, expected: str) -> None:
    opened = open_("x.csv", f"d,t\n{text},{text}\n,x\n".encode(), dates=dates)
    assert opened.rows("select d, t from x") == [(expected, text), (None, "x")]


@pytest.mark.parametrize(
    "options",
    [{"decimal": "x"}, {"thousands": "q"}, {"dates": "dd"}, {"escape": "ab"}, {"delimiter": "::"}],
)
def test_options_that_make_no_sense_are_refused(open_: Opener, options: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match=f"{next(iter(options))}=") as caught:
        open_("x.csv", b"a,b\n1,2\n", "csv", **options)
    assert caught.value.hint


# --- What does not fit --------------------------------------------------------------------------


def test_rows_of_another_width_are_told_with_their_lines(open_: Opener) -> None:
    opened = open_("x.csv", b'a,b\n1,"x\ny"\n2\n3,z,more\n4,u\n5,v,w,\n')
    assert opened.rows("select a, _extra from x where _extra is not null") == [
        (3, '["more"]'),
        (5, '["w", ""]'),
    ]
    assert opened.notes == [
        "1 row has fewer values than the header (line 4); what is missing is NULL.",
        "2 rows have more values than the header (the first in line 5); those beyond it are in"
        " column _extra.",
    ]


def test_rejected_rows_have_their_lines(open_: Opener) -> None:
    text = b'id,t,n\n1,"x\ny",1\n1,b,2\n\n,c,3\n'
    opened = open_("x.csv", text, pk=["id"])
    assert opened.rows('select "row", line, reason from x_rejected order by line') == [
        (2, 4, "An earlier row has the same id."),
        (3, 6, "id is empty."),
    ]
    assert opened.notes == ["2 rows did not fit (the first in line 4) and are in table x_rejected."]


def test_rejected_rows_are_kept_as_they_were_written(open_: Opener) -> None:
    opened = open_("x.csv", b"id;n\n1;1.000,5\n;2.000,5\n", pk=["id"], decimal=",", thousands=".")
    assert opened.rows("select n from x") == [(1000.5,)]
    [(values,)] = opened.rows('select "values" from x_rejected')
    assert json.loads(values) == {"id": "", "n": "2.000,5"}


# --- Whatever the file --------------------------------------------------------------------------


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(st.sampled_from('a1,;\t"\\#\n\r -.N'), min_size=1, max_size=60))
def test_no_character_is_lost(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Every letter and digit of a file is in a table, its columns' names, or in a message."""
    open_ = Opener(tmp_path_factory.mktemp("x"))
    try:
        opened = open_("x.csv", text.encode(), "csv")
    except SourceError:
        return
    kept = " ".join(opened.notes)
    for (table,) in opened.rows("select name from sqlite_master where type = 'table'"):
        kept += " ".join(name for name, _ in opened.columns(table))
        kept += json.dumps(opened.rows(f'select * from "{table}"'))
    if "comment" in kept or "NULL" in kept:
        return
    assert sum(map(kept.count, "a1")) >= sum(map(text.count, "a1"))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("shift_jis", "名前,値\n東京,1\n"),
        ("gb18030", "名称,值\n北京,1\n"),
        ("cp1251", "имя,число\nПривет,1\n"),
        ("iso8859_7", "όνομα,τιμή\nΑθήνα,1\n"),
    ],
)
def test_letters_that_look_wrong_are_told(open_: Opener, encoding: str, text: str) -> None:
    [note] = open_("x.csv", text.encode(encoding)).notes
    assert "its letters look wrong: choose another encoding" in note
    assert open_.preview("x.csv", text.encode(encoding))["notes"] == [note]
    opened = open_("y.csv", text.encode(encoding), encoding=encoding)
    assert opened.notes == []
    assert [name for name, _ in opened.columns("y")] == text.split("\n")[0].split(",")


@pytest.mark.parametrize("text", ["Größe,Überschuß,Straße\nä,ö,ü\n", "é\n", "a,b\n1,5 °C\n"])
def test_letters_of_western_languages_need_no_note(open_: Opener, text: str) -> None:
    assert open_("x.csv", text.encode("cp1252")).notes == []


def test_nul_characters_further_down_are_told(open_: Opener) -> None:
    opened = open_("x.csv", b"a,b\n" + b"1,x\n" * 50_000 + b"2,y\0z\n")
    assert opened.rows("select b from x where a = 2") == [("y\0z",)]
    assert opened.notes == ["1 NUL character is in the file, and part of the values here."]
