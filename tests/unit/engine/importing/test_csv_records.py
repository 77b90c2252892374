from pathlib import Path

import pytest

from engine.importing.csv_dialect import Dialect, Encoding
from engine.importing.csv_records import CsvRecords, Misquoted
from engine.importing.csv_tokenizer import Rules

COMMA = Dialect(Encoding("utf-8", "strict"), Rules(","))


def read(path: Path, data: bytes, dialect: Dialect = COMMA) -> list[list[list[str]]]:
    """Return the header and the slices."""
    path.write_bytes(data)
    with CsvRecords(path, dialect, "x.csv") as records:
        header = records.header()
        slices = [] if header is None else [[header]]
        while batch := records.slice():
            slices.append(batch)
        assert records.position == len(data)
    return slices


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        (b"a,b\n1,2", [["a", "b"], ["1", "2"]]),
        (b"\n\na,b\n\r\n\n1,2\n\n", [["a", "b"], ["1", "2"]]),
        (b'a,b\n"x\r\ny","say ""hi"", ok"\n', [["a", "b"], ["x\r\ny", 'say "hi", ok']]),
        (b'a\n""\n\n"x"\n', [["a"], [""], ["x"]]),
        (b"a,b\n1\n1,2,3\n", [["a", "b"], ["1"], ["1", "2", "3"]]),
        (b"", []),
    ],
)
def test_records_as_they_are(tmp_path: Path, data: bytes, expected: list[list[str]]) -> None:
    assert [record for batch in read(tmp_path / "x", data) for record in batch] == expected


def test_sep_line_is_no_record(tmp_path: Path) -> None:
    dialect = Dialect(Encoding("utf-8-sig", "strict"), Rules(";"), skipped_lines=1)
    data = b"\xef\xbb\xbfsep=;\r\na;b\r\n"
    assert read(tmp_path / "x", data, dialect) == [[["a", "b"]]]


def test_slices_are_limited_in_rows(tmp_path: Path) -> None:
    slices = read(tmp_path / "x", b"a,b\n" + b"1,2\n" * 2500)
    assert [len(batch) for batch in slices[1:]] == [1000, 1000, 500]


def test_slices_of_a_wide_table_have_fewer_rows(tmp_path: Path) -> None:
    row = b",".join([b"1"] * 2000) + b"\n"
    slices = read(tmp_path / "x", row * 50)
    assert max(map(len, slices)) <= 20


def test_slices_of_huge_fields_are_a_few_rows(tmp_path: Path) -> None:
    slices = read(tmp_path / "x", b"a,b\n" + (b"1," + b"x" * 1_000_000 + b"\n") * 20)
    assert max(map(len, slices)) <= 4
    assert sum(map(len, slices)) == 21


def test_fields_of_ten_megabytes_are_read(tmp_path: Path) -> None:
    field = b"x\n" * 5_000_000
    [_, [[_, value]]] = read(tmp_path / "x", b'a,b\n1,"' + field + b'"\n')
    assert value.encode() == field


def test_quote_that_is_never_closed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b'a,b\n1,2\n3,"4\n' + b"some text,1234567\n" * 2_000_000)
    with CsvRecords(path, COMMA, "x.csv") as records:
        records.header()
        with pytest.raises(Misquoted):
            records.slice()


def test_line_in_which_each_record_begins(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b'a,b\n1,2\n\n3,"4\n5"\n6,7\n')
    with CsvRecords(path, COMMA, "x.csv", numbered=True) as records:
        records.header()
        assert records.slice() == [["1", "2"], ["3", "4\n5"], ["6", "7"]]
        assert records.lines == [2, 4, 6]
