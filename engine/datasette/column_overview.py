"""Goes through all rows of a query and sums up each column, giving way to other requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from time import perf_counter
from typing import Any

from datasette.app import Datasette
from datasette.database import Database

from engine.datasette.all_rows import all_rows
from engine.datasette.column_summary import ColumnSummary

#: Seconds between two interim results.
INTERVAL = 0.5

# The most ms to find out beforehand how many rows there are.
_COUNTING = 200


async def column_overview(
    datasette: Datasette,
    database: Database,
    sql: str,
    parameters: Mapping[str, Any],
    declared: Mapping[str, str],
) -> AsyncGenerator[dict[str, Any]]:
    """Yield what is known so far about the columns of a query, at last what all rows say.

    Each result has `rows` (so far), `total` (null if counting takes too long), `complete`, and
    `columns`, a list of ColumnSummary.result.

    :param declared: the types of a table's columns in the schema, by name.

    Raises:
        DatasetteError: the query is wrong, or takes too long.
    """
    total = await _count(database, sql, parameters)
    columns = [ColumnSummary(name, kind) for name, kind in declared.items()]
    rows = 0

    def result(*, complete: bool) -> dict[str, Any]:
        return {
            "rows": rows,
            "total": rows if complete else total,
            "complete": complete,
            "columns": [column.result() for column in columns],
        }

    reported = perf_counter()
    async with aclosing(all_rows(datasette, database, sql, parameters)) as batches:
        async for batch in batches:
            if rows == 0 and batch:
                names = batch[0].keys()
                columns = [ColumnSummary(name, declared.get(name, "")) for name in names]
            for column, values in zip(columns, zip(*batch, strict=True), strict=False):
                column.add(values)
            rows += len(batch)
            if perf_counter() - reported >= INTERVAL:
                yield result(complete=False)
                reported = perf_counter()
    yield result(complete=True)


async def _count(database: Database, sql: str, parameters: Mapping[str, Any]) -> int | None:
    try:
        counted = await database.execute(
            f"select count(*) from (\n{sql.rstrip().rstrip(';')}\n)",
            parameters,
            custom_time_limit=_COUNTING,
            log_sql_errors=False,
        )
    except Exception:
        return None  # if it is more than the time, all_rows() says what is wrong
    count: int = counted.single_value()
    return count
