"""Tests of engine.importing.csv_import: bytes in, columns, types and rows out."""

import asyncio
import csv
import io
import math
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils.cli
from click.testing import CliRunner
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine import pace
from engine.errors import SourceError
from engine.importing.column_types import ColumnType, type_of
from engine.importing.csv_import import import_csv

URL = "https://example.com/x.csv"
Columns = list[tuple[str, str]]
Rows = list[tuple[Any, ...]]


async def no_pause() -> None:
    pass


@dataclass
class Importer:
    """Imports bytes into tables of one database in memory."""

    path: Path
    conn: sqlite3.Connection
    reports: list[tuple[int, int]] = field(default_factory=list)

    def __call__(
        self, data: bytes, table: str = "t", pause: Callable[[], Awaitable[None]] = no_pause
    ) -> tuple[Columns, Rows]:
        self.path.write_bytes(data)
        self.reports.clear()
        imported = asyncio.run(
            import_csv(
                self.path,
                self.conn,
                table,
                source=URL,
                report=lambda done, total, rows: self.reports.append((done, total)),
                pause=pause,
            )
        )
        assert not self.conn.in_transaction
        columns, rows = contents(self.conn, table)
        assert imported.rows == len(rows)
        return columns, rows

    def schema(self) -> list[str]:
        return [sql for (sql,) in self.conn.execute("SELECT sql FROM sqlite_master")]


def contents(conn: sqlite3.Connection, table: str) -> tuple[Columns, Rows]:
    columns = conn.execute("SELECT name, type FROM pragma_table_info(?)", [table]).fetchall()
    return columns, conn.execute(f'SELECT * FROM "{table}"').fetchall()


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Importer]:
    conn = sqlite3.connect(":memory:")
    yield Importer(tmp_path / "x.csv", conn)
    conn.close()


# --- Values and types ---------------------------------------------------------------------------

I_, R_, T_ = "INTEGER", "REAL", "TEXT"


@pytest.mark.parametrize(
    ("data", "columns", "rows"),
    [
        pytest.param(
            b"a,b,c\n1,1.5,x\n2,2,y\n",
            [("a", I_), ("b", R_), ("c", T_)],
            [(1, 1.5, "x"), (2, 2.0, "y")],
            id="three-types",
        ),
        pytest.param(
            b"a,b,c,d\n,,,\n1,1.5,x,\n",
            [("a", I_), ("b", R_), ("c", T_), ("d", I_)],
            [(None, None, "", None), (1, 1.5, "x", None)],
            id="empty-is-null-in-number-columns",
        ),
        pytest.param(
            b"zip,phone,code\n01234,0,1.0\n99999,007,00.5\n",
            [("zip", T_), ("phone", T_), ("code", T_)],
            [("01234", "0", "1.0"), ("99999", "007", "00.5")],
            id="leading-zeros",
        ),
        pytest.param(
            b"a,b,c\n1_000,nan,9223372036854775808\n2,inf,2\n",
            [("a", T_), ("b", T_), ("c", T_)],
            [("1_000", "nan", "9223372036854775808"), ("2", "inf", "2")],
            id="numbers-to-python-only",
        ),
        pytest.param(
            "a,b\n\u0661,1\n".encode(), [("a", T_), ("b", I_)], [("\u0661", 1)], id="other-digits"
        ),
        pytest.param(
            b"a;b\n1;2,5\n", [("a", I_), ("b", T_)], [(1, "2,5")], id="decimal-comma-is-text"
        ),
        pytest.param(b"a\tb\n1\t2\n", [("a", I_), ("b", I_)], [(1, 2)], id="tab"),
        pytest.param(b"a|b\n1|2\n", [("a", I_), ("b", I_)], [(1, 2)], id="pipe"),
        pytest.param(b"sep=^\r\na^b\r\n1^2\r\n", [("a", I_), ("b", I_)], [(1, 2)], id="sep-line"),
        pytest.param(
            b"quote\nHello, world\n", [("quote", T_)], [("Hello, world",)], id="one-column"
        ),
        pytest.param(
            b'a,b\r\n"x\r\ny","say ""hi"", ok"\r\n',
            [("a", T_), ("b", T_)],
            [("x\r\ny", 'say "hi", ok')],
            id="quotes",
        ),
        pytest.param(b"a,b\r1,2\r3,4\r", [("a", I_), ("b", I_)], [(1, 2), (3, 4)], id="cr"),
        pytest.param(b"\n\na,b\n\n1,2\n\n", [("a", I_), ("b", I_)], [(1, 2)], id="blank-lines"),
        pytest.param(b"a,b\n1,2", [("a", I_), ("b", I_)], [(1, 2)], id="no-final-newline"),
        pytest.param(b"a,b\n", [("a", T_), ("b", T_)], [], id="header-only"),
        pytest.param(b"a", [("a", T_)], [], id="header-of-one-letter"),
        pytest.param(
            b" a ,A,,\n1,2,3,4\n",
            [("a", I_), ("A_2", I_), ("untitled_3", I_), ("untitled_4", I_)],
            [(1, 2, 3, 4)],
            id="awkward-header",
        ),
        pytest.param(
            b'"a ""q""",[b],c]d,"e\nf",select\n1,2,3,4,5\n',
            [('a "q"', I_), ("[b]", I_), ("c]d", I_), ("e\nf", I_), ("select", I_)],
            [(1, 2, 3, 4, 5)],
            id="header-to-quote",
        ),
        pytest.param(
            "a,b,_extra\n1\n1,2,3,é,\n4,x\n".encode(),
            [("a", I_), ("b", T_), ("_extra", I_), ("_extra_2", T_)],
            [(1, None, None, None), (1, "2", 3, '["é", ""]'), (4, "x", None, None)],
            id="ragged",
        ),
        pytest.param(
            b"a,b\n1,2,,\n3,4,\n", [("a", I_), ("b", I_)], [(1, 2), (3, 4)], id="trailing-commas"
        ),
        pytest.param(
            b"\xef\xbb\xbfa,b\n1,\xe2\x82\xac\n", [("a", I_), ("b", T_)], [(1, "€")], id="utf-8-bom"
        ),
        pytest.param(
            "\ufeffa;b\n1;é\n".encode("utf-16-be"),
            [("a", I_), ("b", T_)],
            [(1, "é")],
            id="utf-16-be",
        ),
        pytest.param(b"a,b\n1,\x80\xe9\n", [("a", I_), ("b", T_)], [(1, "€é")], id="windows-1252"),
        pytest.param(
            b"a,b\n" + b"1,1\n" * 3000 + b"x,0.5\n",
            [("a", T_), ("b", R_)],
            [("1", 1.0)] * 3000 + [("x", 0.5)],
            id="surprise-in-the-last-row",
        ),
        pytest.param(
            b"a,b\n" + b"1,x\n" * 3000 + b",y\n",
            [("a", I_), ("b", T_)],
            [(1, "x")] * 3000 + [(None, "y")],
            id="blank-in-the-last-row",
        ),
    ],
)
def test_bytes_become_table(load: Importer, data: bytes, columns: Columns, rows: Rows) -> None:
    assert load(data) == (columns, rows)


def test_field_of_ten_megabytes(load: Importer) -> None:
    text = "x, \n" * 2_500_000
    [_, [(_, value)]] = load(f'a,b\n1,"{text}"\n'.encode())
    assert value == text


def test_as_many_columns_as_sqlite_takes(load: Importer) -> None:
    header = b",".join(b"c%d" % i for i in range(2000))
    columns, rows = load(header + b"\n" + b",".join([b"7"] * 2000) + b"\n")
    assert len(columns) == 2000
    assert rows == [(7,) * 2000]


@pytest.mark.parametrize("extra", [b"", b",1"])
def test_more_columns_than_sqlite_takes_are_refused(load: Importer, extra: bytes) -> None:
    width = 2000 if extra else 2001
    header = b",".join(b"c%d" % i for i in range(width))
    with pytest.raises(SourceError, match="has 2,001 columns; .* no more than 2,000"):
        load(header + b"\n" + b",".join([b"7"] * width) + extra + b"\n")
    assert load.schema() == []


# --- The same as sqlite-utils -------------------------------------------------------------------

AWKWARD = {
    "plain": "id,name,score\n1,Cleo,4.5\n2,Pancakes,5\n",
    "blanks": "a,b,c\n1,,x\n,2.5,\n3,1e3,\n",
    "blank column": "a,b\n,x\n,y\n",
    "white space": "a,b,c\n 1,1.5 ,\tx\n2 , 2,y \n",
    "blank text": "a,b\n ,1\n1,2\n",
    "signs": "a,b,c\n+1,-1.5,-\n-2,+2,1\n",
    "minus zero": "a,b\n-0,-0.0\n1,1\n",
    "exponents": "a,b,c\n1e5,1E-3,1e\n2,.5e2,2\n",
    "dots": "a,b,c\n.5,5.,.\n1,2,3\n",
    "hex": "a,b\n0x10,1e5\n1,2\n",
    "64 bits": "a,b\n9223372036854775807,1\n-9223372036854775808,2\n",
    "long decimals": "a,b\n0.1,1.00000000000000000001\n0.30000000000000004,2\n",
    "dates": "a,b\n2024-01-01,12:30\n2024-02-30,1\n",
    "booleans": "a,b\nTrue,1\nfalse,0\n",
    "currency": 'a,b\n$5,"1,000"\n6,7\n',
    "quotes": 'a,b\n"x ""y"" z","1"\n"","2"\n',
    "newline in quotes": 'a,b\n"1\n2",x\n"3",y\n',
    "commas in quotes": 'a,b\n"x, y",1\n"z",2\n',
    "quote in mid-field": 'a,b\nsix" nail,1\nx"y",2\n',
    "other scripts": "naïve,名前\nZoë,山田\n😀,\n",
    "short rows": "a,b,c\n1,2,3\n4\n5,6\n",
    "short first row": "a,b\n1,x\n2\n",
    "quoted header": '"a ""q""",[b],c]d,e.f,"g h"\n1,2,3,4,5\n',
    "reserved words": "select,table,rowid,order\n1,2,3,4\n",
    "crlf": "a,b\r\n1,x\r\n2,y\r\n",
    "no final newline": "a,b\n1,2",
    "bom": "\ufeffa,b\n1,2\n",
    "one column": "a\n1\n2\n",
    "one blank value": 'a\n1\n""\n2\n',
    "float late": "a,b\n" + "1,x\n" * 1500 + "1.5,y\n",
    "text late": "a,b\n" + "1,1.5\n" * 1500 + "x,y\n",
    "tab in value": "a,b\nx\ty,1\n",
    "semicolon in value": "a,b\nx;y,1\nz;w,2\n",
    "spaces after commas": "a, b, c\n1, 2, x\n",
}


def theirs(tmp_path: Path, text: str) -> sqlite3.Connection:
    """Insert with sqlite-utils' own command."""
    path, database = tmp_path / "theirs.csv", tmp_path / "theirs.db"
    path.write_bytes(text.encode())
    arguments = ["insert", str(database), "t", str(path), "--csv", "--silent"]
    result = CliRunner().invoke(sqlite_utils.cli.cli, arguments)
    assert result.exit_code == 0, result.output
    return sqlite3.connect(database)


@pytest.mark.parametrize("name", AWKWARD)
def test_result_is_that_of_sqlite_utils(load: Importer, tmp_path: Path, name: str) -> None:
    ours = load(AWKWARD[name].encode())
    conn = theirs(tmp_path, AWKWARD[name])
    columns, rows = contents(conn, "t")
    conn.close()
    assert ours == ([(column.strip(), kind) for column, kind in columns], rows)
    assert [list(map(type, row)) for row in ours[1]] == [list(map(type, row)) for row in rows]


def test_large_integers_among_floats_keep_every_digit(load: Importer) -> None:
    # sqlite-utils makes it REAL, and the integer …992.
    columns, rows = load(b"a\n1.5\n9007199254740993\n\n0\n")
    assert columns == [("a", "NUMERIC")]
    assert [str(value) for (value,) in rows] == ["1.5", "9007199254740993", "0"]


def test_statement_is_laid_out_as_sqlite_utils_does(load: Importer, tmp_path: Path) -> None:
    text = 'id,"a ""b"""\n1,1.5\n'
    load(text.encode())
    conn = theirs(tmp_path, text)
    assert load.schema() == list(conn.execute("SELECT sql FROM sqlite_master").fetchone())
    conn.close()


# --- Whatever csv.writer writes -----------------------------------------------------------------

LETTERS = "abcdefghijklmnopqrstuvwxyz"
VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    st.text(alphabet='0123456789.-+e,;\t|"\r\n ', max_size=6),
    st.integers().map(str),
    st.floats().map(repr),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    # The header holds none of the delimiters: one with two of them can be read in two ways.
    names = st.text(alphabet=LETTERS, min_size=1, max_size=5)
    header = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    row = st.lists(VALUES, min_size=len(header), max_size=len(header))
    return header, draw(st.lists(row, max_size=8))


def expected_value(value: str, kind: str) -> Any:
    if kind == "TEXT":
        return value
    if value == "":
        return None
    if kind == "NUMERIC":
        return int(value) if type_of(value) is ColumnType.INTEGER else float(value)
    return int(value) if kind == "INTEGER" else float(value)


# The same examples every time and no time limits: a busy machine must not fail a build.
@settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_csv_writer_writes_reads_back(
    load: Importer,
    table: tuple[list[str], list[list[str]]],
    delimiter: str,
    newline: str,
    quoting: Any,
    codec: str,
) -> None:
    header, rows = table
    if quoting == csv.QUOTE_MINIMAL and newline != "\r\n":
        # Before Python 3.13 the writer left a CR or LF bare that was not in its line terminator.
        assume(not any("\r" in value or "\n" in value for row in rows for value in row))
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writerows([header, *rows])

    load.conn.execute("DROP TABLE IF EXISTS t")
    columns, loaded = load(file.getvalue().encode(codec))

    assert [name for name, _ in columns] == header
    kinds = [kind for _, kind in columns]
    assert len(loaded) == len(rows)
    for before, after in zip(rows, loaded, strict=True):
        for kind, was, now in zip(kinds, before, after, strict=True):
            wanted = expected_value(was, kind)
            if isinstance(wanted, float):
                # A numeric column holds 3.0 as 3, which is equal.
                assert isinstance(now, (int, float) if kind == "NUMERIC" else float)
                # SQLite before 3.43 is off by a bit for some numbers near the smallest.
                assert math.isclose(now, wanted, rel_tol=1e-15)
            else:
                assert now == wanted and type(now) is type(wanted)
    for kind, column in zip(kinds, zip(*rows, strict=True), strict=False):
        if kind == "TEXT":
            assert any(type_of(value).name == "TEXT" for value in column if value)


# --- All or nothing -----------------------------------------------------------------------------

BIG = b"a,b\n" + b"1,x\n" * 50_000


class Stop(BaseException):
    """Not an Exception, like a cancellation."""


def stop_when(seen: Callable[[], bool]) -> Callable[[], Awaitable[None]]:
    async def pause() -> None:
        if seen():
            raise Stop

    return pause


def test_error_while_inserting_leaves_nothing(
    load: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "STRETCH_SECONDS", 0)
    load(b"a,b\n1,2\n", table="before")
    inserted = []

    def some_inserted() -> bool:
        if load.conn.in_transaction:
            inserted.append(load.conn.execute("SELECT count(*) FROM t").fetchone()[0])
        return len(inserted) > 3

    with pytest.raises(Stop):
        load(BIG, pause=stop_when(some_inserted))
    assert inserted[-1] > 0
    assert not load.conn.in_transaction
    assert len(load.schema()) == 1
    assert contents(load.conn, "before")[1] == [(1, 2)]
    assert len(load(BIG)[1]) == 50_000


def test_cancellation_leaves_nothing(load: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "STRETCH_SECONDS", 0)
    load.path.write_bytes(BIG)

    async def scenario() -> None:
        inserting = asyncio.Event()

        async def pause() -> None:
            if load.conn.in_transaction:
                inserting.set()
            await asyncio.sleep(0)

        task = asyncio.create_task(
            import_csv(load.path, load.conn, "t", source=URL, report=lambda *_: None, pause=pause)
        )
        await inserting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert not load.conn.in_transaction
    assert load.schema() == []


def test_transaction_of_the_caller_stays_open(load: Importer) -> None:
    load.conn.execute("CREATE TABLE before (a)")
    load.conn.execute("BEGIN")
    load.conn.execute("INSERT INTO before VALUES (1)")
    load.path.write_bytes(b"a,b\n1,2\n")
    arguments: dict[str, Any] = {"source": URL, "report": lambda *_: None, "pause": no_pause}
    asyncio.run(import_csv(load.path, load.conn, "t", **arguments))
    assert load.conn.in_transaction
    with pytest.raises(SourceError):
        asyncio.run(import_csv(load.path, load.conn, "before", **arguments))
    load.conn.rollback()
    assert contents(load.conn, "before")[1] == []
    assert len(load.schema()) == 1


def test_import_is_committed(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"a,b\n1,2\n")
    for mode in (None, "", "IMMEDIATE"):
        database = tmp_path / f"{mode}.db"
        conn = sqlite3.connect(database, isolation_level=mode)  # type: ignore[arg-type]
        arguments: dict[str, Any] = {"source": URL, "report": lambda *_: None, "pause": no_pause}
        asyncio.run(import_csv(tmp_path / "x.csv", conn, "t", **arguments))
        conn.close()
        conn = sqlite3.connect(database)
        assert contents(conn, "t")[1] == [(1, 2)]
        conn.close()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><title>404</title>", "web page"),
        (b"SQLite format 3\0" + bytes(84), "SQLite database"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "gzip"),
        (b"sep=;\n", "is empty"),
    ],
)
def test_what_is_no_csv_is_refused(load: Importer, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        load(data)
    assert URL in caught.value.message
    assert caught.value.source == URL
    assert caught.value.hint
    assert load.schema() == []


def test_quote_never_closed_far_into_the_file_swallows_nothing(load: Importer) -> None:
    _, rows = load(BIG + b'1,"open\n' + b"2,more\n" * 50_000)
    assert rows[-50_001:] == [(1, '"open')] + [(2, "more")] * 50_000


def test_taken_table_is_an_error_and_stays(load: Importer) -> None:
    load(b"a,b\n1,2\n")
    with pytest.raises(SourceError, match="could not be stored in table 't': .*already exists"):
        load(b"c,d\n3,4\n")
    assert contents(load.conn, "t")[1] == [(1, 2)]


def test_full_database_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(BIG)
    conn = sqlite3.connect(tmp_path / "x.db")
    conn.execute("PRAGMA max_page_count = 20")
    arguments: dict[str, Any] = {"source": URL, "report": lambda *_: None, "pause": no_pause}
    with pytest.raises(SourceError, match="full"):
        asyncio.run(import_csv(tmp_path / "x.csv", conn, "t", **arguments))
    assert not conn.in_transaction
    assert conn.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    conn.close()


# --- Progress and pauses ------------------------------------------------------------------------


def test_report_rises_from_zero_to_the_total(
    load: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "STRETCH_SECONDS", 0)
    load(BIG)
    done = [done for done, _ in load.reports]
    assert {total for _, total in load.reports} == {len(BIG)}
    assert (done[0], done[-1]) == (0, len(BIG))
    assert done == sorted(done)
    assert len(set(done)) > 50


def test_report_of_a_small_file_is_complete(load: Importer) -> None:
    load(b"a,b\n1,2\n")
    assert load.reports == [(0, 8), (8, 8)]


def test_pause_comes_after_every_slice_once_time_is_up(
    load: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "STRETCH_SECONDS", 0)
    pauses = 0

    async def pause() -> None:
        nonlocal pauses
        pauses += 1

    load(BIG, pause=pause)
    # 1,000 rows a slice, read twice, and the file once more for its encoding.
    assert pauses == 2 * 50 + 1


def test_time_between_pauses_is_counted_from_the_last(
    load: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.01
        return now

    monkeypatch.setattr(pace, "perf_counter", clock)
    pauses = 0

    async def pause() -> None:
        nonlocal pauses, now
        pauses += 1
        now += 100

    load(BIG, pause=pause)
    # The clock is asked once a slice, and once more after a pause: every fifth slice pauses.
    assert 15 <= pauses <= 25


def test_others_run_during_an_import(load: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "STRETCH_SECONDS", 0)
    load.path.write_bytes(BIG)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def scenario() -> None:
        task = asyncio.create_task(other())
        await import_csv(
            load.path,
            load.conn,
            "t",
            source=URL,
            report=lambda *_: None,
            pause=lambda: asyncio.sleep(0),
        )
        task.cancel()

    asyncio.run(scenario())
    assert turns >= 100
