import doctest

import pytest

from engine.sqlite import names
from engine.sqlite.names import column_names, database_name, extra_column_name, table_name


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(names).failed == 0


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/data/legislators.csv", "legislators"),
        ("https://example.com/legislators.csv?raw=true", "legislators"),
        ("https://example.com/legislators.csv#rows", "legislators"),
        ("https://example.com/export?format=csv", "export"),
        ("https://example.com/a.b.c.tsv", "a"),
        ("https://example.com/my%20file.csv", "my%20file"),
        ("https://example.com/a%2Fb.csv", "a%2Fb"),
        ("https://example.com/data.csv?path=x/y.csv", "y"),
        ("https://example.com/ spaced .csv", "spaced"),
        ("https://example.com/", "table"),
        ("https://example.com/.csv", "table"),
        ("https://example.com/?id=1", "table"),
        ("https://example.com/sqlite_stat1.csv", "table_sqlite_stat1"),
        ("local.csv", "local"),
    ],
)
def test_table_name_from_url(url: str, expected: str) -> None:
    assert table_name(url, set()) == expected


def test_table_name_taken_gets_the_first_free_number() -> None:
    url = "https://example.com/t.csv"
    assert table_name(url, {"t"}) == "t_1"
    assert table_name(url, {"t", "t_1", "t_2"}) == "t_3"
    assert table_name("https://example.com/", {"table"}) == "table_1"


def test_table_name_is_taken_in_another_case_too() -> None:
    assert table_name("https://example.com/People.csv", {"people"}) == "People_1"


def test_taken_names_are_left_to_the_caller() -> None:
    taken = {"t"}
    table_name("https://example.com/t.csv", taken)
    database_name("https://example.com/t.db", taken)
    assert taken == {"t"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com/x/content.db", "content"),
        ("https://example.com/x/content.db?raw=true", "content"),
        ("https://example.com/content.db?path=a/b", "content"),
        ("https://example.com/legislators.sqlite", "legislators"),
        ("https://example.com/legislators.sqlite3?raw=true", "legislators"),
        ("https://example.com/content.db#rows", "content"),
        ("https://example.com/x#y/content.db", "x"),
        ("https://example.com/v1.2.sqlite", "v1.2"),
        ("https://example.com/v1.2.db", "v1"),
        ("https://example.com/my%20data.db", "my%20data"),
        ("https://example.com/a%2Fb.db", "a%2Fb"),
        # What stands before the first ".db" of the whole URL: odd, and part of existing links.
        ("https://example.com/data.sqlite/raw.db", "raw"),
        ("https://my.dbhost.example/data.sqlite", "my"),
        ("https://example.com/", "database"),
        ("https://example.com/.db", "database"),
        ("https://example.com/...db", "database"),
        ("https://example.com/@key.db", "key"),
        ("https://example.com/@@.db", "database"),
        ("https://example.com/-.db", "database"),
        ("https://example.com/x.", "x."),
    ],
)
def test_database_name_from_url(url: str, expected: str) -> None:
    assert database_name(url, set()) == expected


def test_database_name_taken_gets_the_first_free_number() -> None:
    assert database_name("https://example.com/data.db", {"data", "data_1"}) == "data_2"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        ([" a ", "\tb\n"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_2", "a_3"]),
        (["Name", "name", "NAME"], ["Name", "name_2", "NAME_3"]),
        (["a", "a", "a_2"], ["a", "a_3", "a_2"]),
        (["a_2", "a", "a"], ["a_2", "a", "a_3"]),
        (["", "b", " "], ["untitled_1", "b", "untitled_3"]),
        (["", "untitled_1"], ["untitled_1_2", "untitled_1"]),
        # SQLite folds ASCII letters only.
        (["É", "é"], ["É", "é"]),
    ],
)
def test_column_names_from_header(header: list[str], expected: list[str]) -> None:
    assert column_names(header) == expected


def test_extra_column_name_avoids_the_header() -> None:
    assert extra_column_name(["a"]) == "_extra"
    assert extra_column_name(["_EXTRA", "_extra_2"]) == "_extra_3"
