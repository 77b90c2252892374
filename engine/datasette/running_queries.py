"""Runs queries that take longer than a page should wait, on a copy of their database, while pages
are answered.

Their result is for the next request of the same query. long_queries.py starts them.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from datasette.app import Datasette
from datasette.database import Results

from engine.datasette.all_rows import frozen
from engine.sqlite.pausing import Pause, pausing

#: Seconds that a query may take, unless the site's owner says otherwise.
LIMIT = 600.0

#: Seconds where the browser cannot suspend Python, and everything else has to wait.
LIMIT_WITHOUT_PAUSES = 10.0

#: Seconds without a sign of the page that shows the query, after which it is ended. Browsers let
#: pages in the background speak once a minute.
ABANDONED = 90.0

#: Seconds for which a result waits to be fetched.
_KEPT = 120.0

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class RunningQuery:
    """One such query."""

    def __init__(self, key: Key, parameters: Mapping[str, Any], limit: float) -> None:
        self.id = secrets.token_urlsafe(12)
        self.key = key
        self.parameters = parameters
        self.started = self.seen = perf_counter()
        self.ended: float | None = None
        self.task: asyncio.Task[None] | None = None
        self.results: Results | None = None
        self.error: sqlite3.Error | None = None
        self._limit = limit
        self._stopped = ""

    @property
    def seconds(self) -> float:
        """How long it has been running, or took."""
        return (self.ended or perf_counter()) - self.started

    def wanted(self) -> None:
        """Somebody still waits for it."""
        self.seen = perf_counter()

    def cancel(self) -> None:
        """End it as soon as SQLite looks up."""
        if not self._stopped:
            self._stopped = f"You cancelled this query after {_in_words(self.seconds)}."

    def _is_over(self) -> bool:
        if not self._stopped:
            if self.seconds > self._limit:
                self._stopped = (
                    f"This query was stopped after {_in_words(self._limit)}, the longest that a"
                    " query may take here."
                )
            elif perf_counter() - self.seen > ABANDONED:
                self._stopped = "This query was stopped, since no page was waiting for it."
        return bool(self._stopped)

    async def run(self, datasette: Datasette, pause: Pause | None) -> None:
        """Run it to its end; `results` or `error` is set then."""
        name, sql, _ = self.key
        most = datasette.max_returned_rows
        try:
            async with frozen(datasette, datasette.get_database(name)) as connection:
                with pausing(connection, self._is_over, pause):
                    cursor = connection.execute(sql, self.parameters)
                    rows = cursor.fetchmany(most + 1)
                self.results = Results(rows[:most], len(rows) > most, cursor.description)
        except sqlite3.Error as error:
            said = self._stopped if str(error) == "interrupted" else str(error)
            self.error = sqlite3.OperationalError(said)
        except MemoryError:
            self.error = sqlite3.OperationalError("The result takes more memory than there is.")
        except Exception as error:  # such as one of the copy
            self.error = sqlite3.OperationalError(str(error))
        finally:
            self.ended = perf_counter()


class RunningQueries:
    """The queries of one Datasette."""

    def __init__(self) -> None:
        self._queries: dict[str, RunningQuery] = {}

    def get(self, id: str) -> RunningQuery | None:
        """Return the query with this id, if it is known; that counts as a sign of its page."""
        found = self._queries.get(id)
        if found is not None:
            found.wanted()
        return found

    def find(self, key: Key) -> RunningQuery | None:
        """Return the query that a request asks for again."""
        for id, query in list(self._queries.items()):
            if query.ended is not None and perf_counter() - query.ended > _KEPT:
                del self._queries[id]
        return next((query for query in self._queries.values() if query.key == key), None)

    def start(self, datasette: Datasette, query: RunningQuery, pause: Pause) -> None:
        """Run a query while others are answered."""
        self._queries[query.id] = query
        query.task = asyncio.create_task(query.run(datasette, pause))

    def take(self, query: RunningQuery) -> Results:
        """Return the results of a query that has ended, and forget it.

        Raises:
            OperationalError: it failed, or was stopped; the message says why.
        """
        self._queries.pop(query.id, None)
        if query.error is not None:
            raise query.error
        return query.results


def _in_words(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"
    return f"{seconds / 60:.0f} minutes"
