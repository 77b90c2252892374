"""Reading a CSV file's records, a slice at a time.

A slice is small in values and in bytes, so work on one is short and its memory is bounded,
however large the file. Not responsible for telling the dialect, or for ragged rows: records come
as they are in the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.csv_dialect import Dialect
from engine.errors import SourceError

# More would not be faster, and work on a slice would take longer than 0.05 s in wasm.
_SLICE_VALUES = 40_000
_SLICE_ROWS = 1000
_SLICE_BYTES = 256 * 1024

# The bytes are counted after so many rows, since each may be many megabytes. Asking the file for
# its position takes 1 µs in wasm, too much for every row. A FileIO that counts what is read looks
# better and is not: TextIOWrapper then takes three times as long for a line.
_STEP_ROWS = 4

# The most characters in one field. The csv module's own 131,072 are too few. Without any limit a
# quote that is never closed would read the rest of a large file in one go, and the module needs
# four bytes for each character in one piece. A C long, 32 bits in wasm, must hold the number.
_FIELD_LIMIT = 32 * 1024 * 1024


class CsvRecords:
    """A CSV file open for reading its records. A context manager, which closes it.

    Blank lines are no records. The header is the first record and is read apart, before the rest.

    :param source: what to call the file in errors.
    """

    def __init__(self, path: Path, dialect: Dialect, source: str) -> None:
        self._source = source
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
        for _ in range(dialect.skipped_lines):
            self._text.readline()
        self._reader = csv.reader(self._text, delimiter=dialect.delimiter)
        self._records: Iterator[list[str]] = filter(None, self._reader)

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

    def header(self) -> list[str] | None:
        """Read the first record. None if the file has no record at all."""
        records = self.slice()
        if not records:
            return None
        self._slice_rows = min(_SLICE_ROWS, max(1, _SLICE_VALUES // len(records[0])))
        return records[0]

    def unread(self, record: list[str]) -> None:
        """Give back the header of a file that has none: it is the first record then."""
        self._records = chain([record], self._records)

    def slice(self) -> list[list[str]]:
        """Read the next records: at least one, or an empty list at the end of the file.

        Raises:
            SourceError: a field is longer than any real one.
        """
        records: list[list[str]] = []
        stop = self.position + _SLICE_BYTES
        first_line = self._reader.line_num + 1
        try:
            while len(records) < self._slice_rows and self.position <= stop:
                step = list(islice(self._records, min(_STEP_ROWS, self._slice_rows)))
                records += step
                if not step:
                    break
        except csv.Error as error:
            raise SourceError(
                f"{self._source} can't be read as CSV: somewhere after line {first_line:,} is a"
                f" value of more than {_FIELD_LIMIT:,} characters.",
                source=self._source,
                hint='A quotation mark (") that opens a value and is never closed is the likely'
                " cause: all that follows counts as one value.",
            ) from error
        return records
