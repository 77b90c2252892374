"""Notes for the person on how a CSV file was read, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.importing.csv_dialect import Dialect
from engine.importing.csv_tokenizer import Oddities
from engine.importing.csv_values import Conversion
from engine.importing.excerpts import excerpt


@dataclass
class Ragged:
    """Rows that are not as wide as the header; lines count from 1."""

    width: int
    short: int = 0
    first_short: int = 0
    long: int = 0
    first_long: int = 0

    def see(self, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> None:
        """Count them in `rows`, which begin in `lines`. Empty values at the end don't matter."""
        for row, line in zip(rows, lines, strict=True):
            if len(row) < self.width:
                self.short += 1
                self.first_short = self.first_short or line
            elif any(row[self.width :]):
                self.long += 1
                self.first_long = self.first_long or line


def notes_on(
    dialect: Dialect,
    oddities: Oddities,
    ragged: Ragged | None,
    extra_name: str | None,
    conversion: Conversion | None,
) -> list[str]:
    """Return the notes."""
    notes = []
    if dialect.looks_foreign:
        notes.append(
            "The text is not UTF-8 and was read as Windows-1252, but its letters look wrong: choose"
            " another encoding, such as encoding=shift_jis, gb18030 or cp1251 in a link."
        )
    if dialect.nuls:
        what = "1 NUL character is" if dialect.nuls == 1 else f"{dialect.nuls:,} NUL characters are"
        notes.append(f"{what} in the file, and part of the values here.")
    above = [line.strip() for line in dialect.preamble if line.strip()]
    if above:
        what = "1 line" if len(above) == 1 else f"{len(above)} lines"
        notes.append(f"{what} above the header {_was(len(above))} left out: {_quoted(above)}.")
    before = dialect.skipped_lines
    if oddities.comments:
        prefix = dialect.rules.comment
        count = _count(oddities.comments, "comment line")
        where = _first(oddities.first_comment + before, oddities.comments)
        notes.append(
            f"{count} beginning with {prefix} {_was(oddities.comments)} left out ({where})."
        )
    if oddities.strays:
        count = _count(oddities.strays, "value")
        where = _first(oddities.first_stray + before, oddities.strays)
        verb = "begins" if oddities.strays == 1 else "begin"
        notes.append(
            f"{count} {verb} with a quotation mark that does not enclose the whole value ({where});"
            " the mark was kept as part of the value."
        )
    if oddities.escaped:
        notes.append(
            f"Backslashes were read as escape characters in {_count(oddities.escaped, 'value')}."
        )
    if ragged is not None and ragged.short:
        verb = "has" if ragged.short == 1 else "have"
        notes.append(
            f"{_count(ragged.short, 'row')} {verb} fewer values than the header"
            f" ({_first(ragged.first_short, ragged.short)}); what is missing is NULL."
        )
    if ragged is not None and ragged.long:
        verb = "has" if ragged.long == 1 else "have"
        notes.append(
            f"{_count(ragged.long, 'row')} {verb} more values than the header"
            f" ({_first(ragged.first_long, ragged.long)}); those beyond it are in column"
            f" {extra_name}."
        )
    if conversion is not None and dialect.habits.dates and not conversion.date_columns():
        notes.append(f"No column holds only dates as dates={dialect.habits.dates} describes them.")
    nulls = conversion.nulls if conversion is not None else 0
    if nulls:
        words = ", ".join(sorted(dialect.habits.nulls))
        notes.append(f"{_count(nulls, 'value')} {_was(nulls)} read as NULL: {words}.")
    return notes


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _first(line: int, count: int) -> str:
    return f"line {line:,}" if count == 1 else f"the first in line {line:,}"


def _quoted(lines: Sequence[str]) -> str:
    return f"“{excerpt(' / '.join(lines))}”"
