"""Reads a CSV file's records, a slice at a time.

A slice is small in values and in bytes, so work on one is short and its memory is bounded,
however large the file is. Records are returned as they are in the file, even if they are ragged.
csv_dialect.py finds out the dialect.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engine.errors import SourceError
from engine.importing.csv_dialect import Dialect
from engine.importing.csv_tokenizer import Oddities, Tokenizer, swallows_rows
from engine.importing.window import Window

# More would not be faster, and work on a slice would take longer than 0.05 s in wasm.
_SLICE_VALUES = 40_000
_SLICE_ROWS = 1000
_SLICE_BYTES = 256 * 1024

# Bytes are counted after this many rows, since each may be many megabytes. Asking the file for
# its position takes 1 µs in wasm, too much for every row. A FileIO that counts what is read is no
# better: TextIOWrapper then takes three times as long for a line.
_STEP_ROWS = 4

# The most characters in one field. The csv module's own 131,072 are too few. Without any limit a
# quotation mark that is never closed would read the rest of a large file in one go, and the module
# needs four bytes for each character in one piece. A C long, 32 bits in wasm, must hold the number.
_FIELD_LIMIT = 32 * 1024 * 1024


class Misquoted(Exception):
    """Raised if the csv module would misread a file, so that it has to be tokenized."""


class CsvRecords:
    """A CSV file open for reading its records; a context manager that closes it.

    Blank lines are not records. The header is the first record and is read separately, first.
    Before that, await `ready` if the file may not be in memory as a whole.

    :param source: what to call the file in errors.
    :param numbered: whether to fill `lines`.
    """

    #: The line in which each record of the last slice begins, from 1.
    lines: list[int]

    def __init__(
        self, path: Path, dialect: Dialect, source: str, *, numbered: bool = False
    ) -> None:
        self._source = source
        self._window = Window(path)
        self._rules = dialect.rules
        self._skipped = dialect.skipped_lines
        self._width = 0
        self.lines = []
        self._slice_rows = 1
        csv.field_size_limit(_FIELD_LIMIT)
        self._file = path.open("rb", buffering=_SLICE_BYTES)
        # newline="": newlines inside quotes stay what they are, and a lone CR ends a row too.
        self._text = io.TextIOWrapper(
            self._file,
            encoding=dialect.encoding.codec,
            errors=dialect.encoding.errors,
            newline="",
        )
        self._tokens = Tokenizer(self._text, dialect.rules)
        self._is_strict = dialect.rules.quoting and not dialect.tokenized
        self._reader: Any = self._tokens
        if not dialect.tokenized:
            self._reader = csv.reader(
                self._text,
                delimiter=dialect.rules.delimiter,
                quoting=csv.QUOTE_MINIMAL if dialect.rules.quoting else csv.QUOTE_NONE,
                strict=self._is_strict,
            )
        self._is_numbered = numbered
        self._records: Iterator[list[str]] = filter(None, self._reader)
        self._end = 0  # the line in which the last record ended

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._text.close()

    @property
    def position(self) -> int:
        """The number of bytes read so far, some KB more than what was returned."""
        return self._file.tell()

    async def ready(self) -> None:
        """Have in memory what is read next.

        Raises:
            LiteError: it cannot be read.
        """
        await self._window.at(self.position)

    def header(self) -> list[str] | None:
        """Read the first record. None if the file has no record at all."""
        with self._window.reading():
            for _ in range(self._skipped):
                self._text.readline()
        records = self.slice()
        if not records:
            return None
        self._width = len(records[0])
        self._slice_rows = min(_SLICE_ROWS, max(1, _SLICE_VALUES // self._width))
        return records[0]

    def unread(self, record: list[str]) -> None:
        """Return a record read by `header` to the file, which has no header after all."""
        self._records = chain([record], self._records)
        self._end = 0

    @property
    def oddities(self) -> Oddities:
        """What was found besides plain records so far; line numbers count from the header."""
        return self._tokens.oddities

    async def slices(self) -> AsyncIterator[list[list[str]]]:
        """Read all records that follow; see `slice`."""
        while True:
            await self.ready()
            records = self.slice()
            if not records:
                return
            yield records

    def slice(self) -> list[list[str]]:
        """Read the next records: at least one, or an empty list at the end of the file.

        Raises:
            Misquoted: the csv module misreads the file.
            SourceError: a field is longer than any real one.
            faults.PartAbsent: it needs more than is in memory.
        """
        with self._window.reading():
            return self._slice()

    def _slice(self) -> list[list[str]]:
        records: list[list[str]] = []
        stop = self.position + _SLICE_BYTES
        first_line = self._reader.line_num
        self.lines = []
        try:
            while len(records) < self._slice_rows and self.position <= stop:
                step = self._step(min(_STEP_ROWS, self._slice_rows))
                records += step
                if not step:
                    break
        except csv.Error as error:
            if self._is_strict:
                raise Misquoted from error
            raise SourceError(
                f"{self._source} can't be read as CSV: {error}.",
                source=self._source,
                hint="Check that the file is what you expect.",
            ) from error
        if self._is_strict and records and self._reader.line_num - first_line > len(records):
            delimiter = self._rules.delimiter
            width = self._width or len(records[0])
            if any(swallows_rows(record, delimiter, width) for record in records):
                raise Misquoted
        return records

    def _step(self, count: int) -> list[list[str]]:
        if not self._is_numbered:
            return list(islice(self._records, count))
        step = []
        for record in self._records:
            step.append(record)
            number = self._reader.line_num
            breaks = sum(map(_line_ends, record)) if number - self._end > 1 else 0
            self.lines.append(self._skipped + number - breaks)
            self._end = number
            if len(step) == count:
                break
        return step


def _line_ends(value: str) -> int:
    return value.count("\n") + value.count("\r") - value.count("\r\n")
