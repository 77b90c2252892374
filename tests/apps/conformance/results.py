"""A pytest plugin that keeps what became of each test, and which tests used a TestClient."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from starlette import testclient


class Results:
    """The outcomes by node id."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self.details: dict[str, str] = {}
        self.users: set[str] = set()
        self._current = ""

    def as_json(self) -> dict[str, Any]:
        """Return everything in a form that JSON can hold."""
        return {"outcomes": self.outcomes, "details": self.details, "users": sorted(self.users)}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which test runs."""
        self._current = nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of setup, call and teardown."""
        if report.outcome == "passed" and self.outcomes.get(report.nodeid, "passed") != "passed":
            return
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid] = report.outcome
        if report.outcome == "failed":
            self.details[report.nodeid] = report.longreprtext[-4000:]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a module could not be imported."""
        if report.outcome == "failed":
            self.details[report.nodeid] = report.longreprtext[-4000:]

    def watch(self) -> None:
        """Note the tests that send a request or open a WebSocket with a TestClient."""
        plain = testclient.TestClient.request

        def request(client: Any, *args: Any, **kwargs: Any) -> Any:
            self.users.add(self._current)
            return plain(client, *args, **kwargs)

        testclient.TestClient.request = request


def pytest_configure(config: pytest.Config) -> None:
    """Write the results of a native run into the file that RESULTS names."""
    results = Results()
    results.watch()
    config.pluginmanager.register(results)
    config.add_cleanup(
        lambda: Path(os.environ["RESULTS"]).write_text(json.dumps(results.as_json()))
    )
