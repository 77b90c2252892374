import asyncio
import doctest
from pathlib import Path

import pytest

from engine.errors import SourceError
from engine.importing import csv_layout
from engine.importing.csv_dialect import Dialect, detect_dialect, guess_encoding
from engine.importing.csv_layout import find_layout

NO_DELIMITER = "\uffff"


def detect(tmp_path: Path, data: bytes) -> Dialect:
    path = tmp_path / "x.csv"
    path.write_bytes(data)

    async def breathe(done: int) -> None:
        assert 0 < done <= len(data)

    return asyncio.run(detect_dialect(path, "x.csv", breathe))


def decoded(tmp_path: Path, data: bytes) -> str:
    encoding = detect(tmp_path, data).encoding
    return data.decode(encoding.codec, encoding.errors)


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(csv_layout).failed == 0


@pytest.mark.parametrize(
    "codec",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
def test_encoding_is_recognised(tmp_path: Path, codec: str) -> None:
    text = "name,città\nZoë,Köln\nRené,Málaga\n"
    assert decoded(tmp_path, text.encode(codec)) == text


@pytest.mark.parametrize("codec", ["utf-16-be", "utf-32-be"])
def test_big_endian_mark_is_recognised(tmp_path: Path, codec: str) -> None:
    assert decoded(tmp_path, "\ufeffa,b\n1,ü\n".encode(codec)) == "a,b\n1,ü\n"


def test_utf_16_without_mark_in_another_script(tmp_path: Path) -> None:
    text = "番号,名前,都市\n1,山田,東京\n2,鈴木,大阪\n"
    assert decoded(tmp_path, text.encode("utf-16-le")) == text


def test_utf_8_is_judged_by_the_whole_file(tmp_path: Path) -> None:
    data = b"a,b\n" + b"1,x\n" * 500_000 + "2,Zoë\n".encode("latin-1")
    assert detect(tmp_path, data).encoding.codec == "cp1252"
    data = b"a,b\n" + "1,ë\n".encode() * 500_000
    assert detect(tmp_path, data).encoding.codec == "utf-8"


def test_utf_8_cut_within_a_character_at_the_end_is_none(tmp_path: Path) -> None:
    assert detect(tmp_path, b"a,b\n1,\xc3").encoding.codec == "cp1252"


def test_windows_1252_is_read_as_browsers_do(tmp_path: Path) -> None:
    # 0x81 has no meaning in the codec: browsers make it the control character it is in Latin-1.
    assert decoded(tmp_path, b"a,b\n\x80,\x93x\x94\xe9\x81\n") == "a,b\n€,“x”é\x81\n"


def test_broken_utf_8_with_a_mark_loses_nothing(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbfa,b\nZo\xc3\xab,Zo\xeb\n"
    assert decoded(tmp_path, data) == "a,b\nZoë,Zoë\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1;2\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        # A delimiter inside quotes does not count, nor does a newline there.
        ('"a,x,y";"b"\n"1,2,3";2\n', ";"),
        ('"a;x;y","b;z"\n1,2\n', ","),
        ('a;b\n"x\ny, z, w";2\n1;2\n', ";"),
        # Decimal commas and commas in text don't outvote what splits the header.
        ("id;price;note\n1;2,50;a, b, c\n2;3,75;d\n", ";"),
        ("id|text\n1|a, b; c\n2|d, e; f\n", "|"),
        # Two that split the header: the rows decide, then spaces, then the number of columns.
        ("name, first;age\nJo;5\nAl;6\n", ";"),
        ("Price, EUR;Weight, kg\n1,5;2,0\n", ";"),
        ("id,a|b|c\n1,x\n2,y\n", ","),
        ("a,b,c|d\n1,2,3|4\n", ","),
        # Ragged rows.
        ("a,b,c\n1\n1,2\n1,2,3,4\n", ","),
        ("a;b\n1\n", ";"),
        ("a,b\n", ","),
        ("\n\na;b\n1;2\n", ";"),
        # One column.
        ("a\n1\n2\n", NO_DELIMITER),
        ("quote\nHello, world\nAh; yes | no\n", NO_DELIMITER),
        ("a", NO_DELIMITER),
        ('"a,b"\n1\n', NO_DELIMITER),
        ("", NO_DELIMITER),
    ],
)
def test_delimiter_is_recognised(text: str, expected: str) -> None:
    assert find_layout(text, is_cut=False).rules.delimiter == expected


def test_a_delimiter_that_fits_the_header_beats_one_that_makes_it_a_preamble() -> None:
    text = 'a,b,c,d,e\n,\t,0\t,",\t\t",\t\n,\t,\t,\t,\t\t\n'
    layout = find_layout(text, is_cut=False)
    assert (layout.rules.delimiter, layout.skipped) == (",", 0)


def test_delimiter_does_not_depend_on_an_incomplete_last_row() -> None:
    assert find_layout("a,b;c\n1,2;3\n1,2;3\n1,", is_cut=True).rules.delimiter == ","
    assert find_layout("a;b;c", is_cut=True).rules.delimiter == ";"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("sep=;\r\na;b\r\n", ";"),
        ("SEP=,\na,b\n", ","),
        ('"sep=|"\na|b\n', "|"),
        ("sep=\t\ra\tb\r", "\t"),
        ("sep=^\na^b\n", "^"),
    ],
)
def test_sep_line_names_the_delimiter(tmp_path: Path, text: str, delimiter: str) -> None:
    for codec in ("utf-8", "utf-8-sig", "utf-16"):
        dialect = detect(tmp_path, text.encode(codec))
        assert (dialect.delimiter, dialect.skipped_lines) == (delimiter, 1)


@pytest.mark.parametrize("text", ["sep=a,b\n1,2\n", "sep,b\n1,2\n", "separator;b\n", 'sep="\n1\n'])
def test_header_that_begins_like_a_sep_line_is_a_header(tmp_path: Path, text: str) -> None:
    assert not detect(tmp_path, text.encode()).skipped_lines


@pytest.mark.parametrize("data", [b"", b"\n\r\n", b"  \n", b"\xef\xbb\xbf", b"\xff\xfe\n\0"])
def test_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match="x.csv is empty"):
        detect(tmp_path, data)


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_web_page_is_refused_in_any_encoding(tmp_path: Path, codec: str) -> None:
    with pytest.raises(SourceError, match="web page"):
        detect(tmp_path, "<!doctype html><p>Not found".encode(codec))


@pytest.mark.parametrize(
    "data", [b"\x7fELF\x01\0\0\0" * 9, b"\x01\0\x02\0" * 9, b"a,b\n" * 20 + b"1,\0\n"]
)
def test_binary_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match="binary"):
        detect(tmp_path, data)


def test_endless_line_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a line of more than 33,554,432 bytes"):
        detect(tmp_path, b"[" + b"1," * 20_000_000)


def test_long_lines_are_not_refused(tmp_path: Path) -> None:
    assert detect(tmp_path, b"a,b\n" + (b"x" * 10_000_000 + b",1\r") * 4).delimiter == ","


@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
@pytest.mark.parametrize("text", ["a,b\n1,x\0y\n2,z\n", "a,b\n1,x\0\n", "a\0b\n", "é,b\n1,\0x\n"])
def test_a_stray_nul_is_no_sign_of_utf_16(text: str, codec: str) -> None:
    encoded = text.encode(codec)
    assert guess_encoding(encoded, is_utf8=codec == "utf-8").codec == codec


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n", "名前,数\n山田,1\n鈴木,2\n佐藤,3\n", "имя,n\nя,1\n"]
)
def test_utf_16_without_a_mark(text: str, codec: str) -> None:
    assert guess_encoding(text.encode(codec), is_utf8=False).codec == codec
