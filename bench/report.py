"""Writes results as tables, for a terminal or for the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement: its name, the site's number, and that of a baseline, if there is one."""

    what: str
    site: float
    baseline: float | None = None

    def cells(self, digits: int) -> list[str]:
        """Return the row's texts; the ratio says how much of the baseline the site takes."""
        if self.baseline is None:
            return [self.what, f"{self.site:,.{digits}f}", "", ""]
        numbers = [f"{value:,.{digits}f}" for value in (self.site, self.baseline)]
        return [self.what, *numbers, f"{self.site / self.baseline:.2f}"]


@dataclass(frozen=True)
class Table:
    """Measurements of one kind. `unit` applies to all numbers except the ratio."""

    title: str
    baseline: str
    unit: str
    rows: Sequence[Row]
    digits: int = 1

    def _cells(self) -> list[list[str]]:
        head = ["", f"site, {self.unit}", f"{self.baseline}, {self.unit}", "ratio"]
        return [head, *(row.cells(self.digits) for row in self.rows)]

    def as_text(self) -> str:
        """Return the table for a terminal."""
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
            for row in cells
        ]
        return "\n".join([self.title, *(f"  {line}".rstrip() for line in lines), ""])

    def as_markdown(self) -> str:
        """Return the table for the documentation."""
        head, *body = (f"| {' | '.join(row)} |" for row in self._cells())
        return "\n".join([f"## {self.title}", "", head, "| --- | ---: | ---: | ---: |", *body, ""])


def machine(browser: str) -> str:
    """Return a sentence about the machine and the browser of the measurements."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if "model name" in line]
            model = names[0] if names else model
    except OSError:  # not Linux
        pass
    system = f"{os.cpu_count()} × {model}, {platform.system()}"
    return f"Chromium {browser}, Python {platform.python_version()}, {system}."
