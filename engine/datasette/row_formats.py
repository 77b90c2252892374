"""The formats in which all rows of a table or query are downloaded, made while they are sent."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from datasette.utils import CustomJSONEncoder, remove_infinites
from datasette.views.base import DatasetteError

from engine.datasette.all_rows import RowReader
from engine.datasette.downloads import COMPRESSION
from engine.datasette.parquet_stream import ColumnType, ParquetFile
from engine.datasette.pipe import Pipe
from engine.datasette.xlsx_stream import Workbook

CSV = "text/csv; charset=utf-8"
NDJSON = "application/x-ndjson; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True)
class Part:
    """One of several tables for a file: its name, and its rows."""

    name: str
    reader: RowReader


async def csv_text(name: str, reader: RowReader) -> AsyncGenerator[bytes]:
    """Yield rows as CSV, with empty fields for null.

    Raises:
        DatasetteError: there is binary data, which CSV cannot hold.
    """
    header: list[Sequence[object]] = []
    async with aclosing(reader.batches()) as batches:
        async for rows in batches:
            lines = io.StringIO(newline="")
            if not header:
                header = [reader.columns]
                csv.writer(lines).writerows(header)
            for row in rows:
                for column, value in zip(reader.columns, row, strict=True):
                    if isinstance(value, bytes):
                        message = f"The column {column} of {name} has binary data."
                        raise DatasetteError(f"{message} CSV files cannot hold that.", status=400)
            csv.writer(lines).writerows(rows)
            if text := lines.getvalue():
                yield text.encode()


async def ndjson(name: str, reader: RowReader) -> AsyncGenerator[bytes]:
    """Yield rows as lines of JSON, with Datasette's JSON for bytes, and null for infinity."""
    encode = CustomJSONEncoder(ensure_ascii=False, allow_nan=False).encode
    async with aclosing(reader.batches()) as batches:
        async for rows in batches:
            lines = []
            for row in rows:
                values = dict(row)
                try:
                    lines.append(encode(values))
                except ValueError:
                    lines.append(encode(remove_infinites(values)))
            if lines:
                yield ("\n".join(lines) + "\n").encode()


async def xlsx(name: str, reader: RowReader) -> AsyncGenerator[bytes]:
    """Yield an Excel workbook with one sheet, or more if a sheet cannot hold all rows."""
    workbook = Workbook()
    async for part in _sheet(workbook, name, reader):
        yield part
    workbook.close()
    yield workbook.take()


async def parquet(name: str, reader: RowReader) -> AsyncGenerator[bytes]:
    """Yield a Parquet file. The rows are read twice: first for the types of the columns."""
    types: list[ColumnType] = []
    async with aclosing(reader.batches()) as batches:
        async for rows in batches:
            types = types or [ColumnType() for _ in reader.columns]
            for kind, values in zip(types, zip(*rows, strict=True), strict=False):
                kind.see(values)
    file = ParquetFile(reader.columns, types)
    async with aclosing(reader.batches()) as batches:
        async for rows in batches:
            if part := file.add(rows):
                yield part
    yield file.close()


async def xlsx_of_all(tables: Sequence[Part]) -> AsyncGenerator[bytes]:
    """Yield an Excel workbook with a sheet for each table; its notes name those left out."""
    workbook = Workbook()
    for table in tables:
        try:
            async for part in _sheet(workbook, table.name, table.reader):
                yield part
        except DatasetteError as error:
            workbook.note(f"{table.name} could not be read: {error}")
    workbook.close()
    yield workbook.take()


async def parquet_of_all(tables: Sequence[Part]) -> AsyncGenerator[bytes]:
    """Yield a zip file with a Parquet file for each table, and with notes if any was left out."""
    pipe = Pipe()
    notes = []
    # Their content is compressed already.
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for number, table in enumerate(tables, 1):
            # A table's name can be anything, a file's cannot.
            safe = "".join("_" if c in '/\\:*?"<>|' or c < " " else c for c in table.name)
            file_name = safe if safe == table.name else f"{safe}_{number}"
            entry = zipfile.ZipInfo(f"{file_name}.parquet", time.localtime()[:6])
            entry.external_attr = 0o644 << 16
            try:
                with archive.open(entry, "w", force_zip64=True) as target:
                    async for part in parquet(table.name, table.reader):
                        target.write(part)
                        yield pipe.take()
            except DatasetteError as error:
                notes.append(f"{table.name} could not be read: {error}")
        if notes:
            archive.writestr("notes.txt", "\n".join(notes) + "\n", compresslevel=COMPRESSION)
    yield pipe.take()


async def _sheet(workbook: Workbook, name: str, reader: RowReader) -> AsyncGenerator[bytes]:
    is_started = False
    async with aclosing(reader.batches()) as batches:
        async for rows in batches:
            if not is_started:
                try:
                    workbook.start_sheet(name, reader.columns)
                except ValueError as error:
                    raise DatasetteError(str(error), title="Too wide", status=400) from error
                is_started = True
            workbook.add(rows)
            if part := workbook.take():
                yield part
