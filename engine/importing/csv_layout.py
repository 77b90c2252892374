"""Finds out how the rows of a CSV file are laid out, from the text of its head.

It finds the delimiter, the lines above the header, comments, and the backslash as an escape
character. confidence.py says how certain that is.

The head is split once for each delimiter, so quoted delimiters and line ends don't count. The
right delimiter makes the rows as wide as the header. ``csv.Sniffer`` is not used: it counts
characters, quoted or not, takes letters for delimiters, and fails on a file with one column.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.importing.column_types import ColumnType, type_of
from engine.importing.csv_tokenizer import Rules, Tokenizer, swallows_rows

# The order breaks ties.
DELIMITERS = (",", "\t", ";", "|")

#: For a file with one column. A noncharacter: Unicode keeps it out of texts, so it splits nothing.
NO_DELIMITER = "\uffff"

_HEAD_ROWS = 1000

# How many rows are searched for a header.
_PREAMBLE_ROWS = 40

# At least this share of a file's rows is as wide as its header; lines above it are not.
_MOST = 0.8

_COMMENT = "#"
_ESCAPE = "\\"


@dataclass(frozen=True)
class Known:
    """What is given and need not be detected; None (or "" for comments) means that it is not."""

    delimiter: str | None = None
    quoting: bool | None = None
    escape: str | None = None  # "": nothing escapes
    comment: str | None = None  # "": there are no comments
    skipped: int | None = None  # lines above the header


@dataclass(frozen=True)
class Layout:
    """How the rows of a text are laid out."""

    rules: Rules
    skipped: int = 0  # lines above the header
    preamble: tuple[str, ...] = ()  # the text of these lines
    tokenized: bool = False  # whether the csv module would misread it
    width: int = 1  # of the header
    rows: int = 0  # rows seen, without the header
    fitting: int = 0  # how many of these are as wide as the header

    @property
    def share(self) -> float:
        """The share of rows that are as wide as the header."""
        return self.fitting / self.rows if self.rows else 1.0


@dataclass(frozen=True)
class _Row:
    values: list[str]
    line: int  # the first one, from 0

    @property
    def filled(self) -> int:
        return sum(value.strip() != "" for value in self.values)


def find_layout(text: str, *, is_cut: bool, known: Known = Known()) -> Layout:
    """Find out how the rows of a text are laid out.

    :param is_cut: the last row may be incomplete.

    >>> find_layout("id;price\\n1;2,50\\n", is_cut=False).rules.delimiter
    ';'
    """
    skipped = known.skipped or 0
    text = without_lines(text, skipped)
    comment = known.comment
    leading = _leading_comments(text) if comment is None and known.skipped is None else 0
    if leading:
        layout = _best(without_lines(text, leading), is_cut, known, None)
        lines = text.splitlines()
        if layout.width > 1 and _names_columns(lines[leading - 1], lines[leading:], layout):
            # As in genetics files (#CHROM).
            layout = _best(without_lines(text, leading - 1), is_cut, known, None)
            above = tuple(lines[: leading - 1])
            return replace(layout, skipped=leading - 1 + layout.skipped, preamble=above)
        comment = _COMMENT
    layout = _best(text, is_cut, known, comment)
    if comment is None and layout.width > 1 and f"\n{_COMMENT}" in text:
        # Comments between rows; a line as wide as a row is a row.
        rules = replace(layout.rules, comment=_COMMENT, comment_width=layout.width)
        if not text.startswith(_COMMENT) and _has_comment(text, rules):
            layout = replace(layout, rules=rules, tokenized=True)
    return replace(layout, skipped=skipped + layout.skipped)


def without_lines(text: str, count: int) -> str:
    """Return a text without its first lines."""
    for _ in range(count):
        end = _LINE.match(text)
        text = text[end.end() :] if end else ""
    return text


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


def _leading_comments(text: str) -> int:
    count = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(_COMMENT):
            count = number
        elif line.strip():
            break
    return count


def _names_columns(comment: str, below: Sequence[str], layout: Layout) -> bool:
    """Return whether a comment is the header of the rows below, which then begin with data."""
    delimiter = layout.rules.delimiter
    first = next(filter(None, below), "")
    return (
        layout.skipped == 0
        and comment.count(delimiter) == layout.width - 1
        and _has_number(_Row(first.split(delimiter), 0))
    )


def _has_comment(text: str, rules: Rules) -> bool:
    tokens = Tokenizer(_lines(text), rules)
    for _ in tokens:
        pass
    return tokens.oddities.comments > 0


def _lines(text: str) -> Iterator[str]:
    return iter(io.StringIO(text, newline=""))


def _best(text: str, is_cut: bool, known: Known, comment: str | None) -> Layout:
    """Return the best way to split a text. See `_score`."""
    best = (0.0, 0, 0.0, False, 0)
    found = Layout(
        Rules(
            known.delimiter or NO_DELIMITER,
            quoting=known.quoting is not False,
            escape=known.escape or None,
            comment=comment or None,
        )
    )
    found = replace(found, tokenized=bool(found.rules.escape or found.rules.comment))
    for rules in _candidates(text, known, comment):
        tokenized = bool(rules.escape or rules.comment)
        rows, strays = _rows(text, rules, tokenized, is_cut)
        if strays is None:
            tokenized = True
            rows, strays = _rows(text, rules, True, is_cut)
        start = 0 if known.skipped is not None else _preamble(rows)
        if not rows or len(rows[start].values) < 2:
            if known.delimiter is None:
                continue
        body = rows[start + 1 :]
        width = len(rows[start].values) if rows else 1
        fitting = sum(len(row.values) == width for row in body)
        spaced = sum(value.startswith(" ") for row in rows for value in row.values)
        cells = sum(len(row.values) for row in rows)
        share = (fitting + 1) / (len(body) + 1)
        score = (share, -(strays or 0), 1 - spaced / max(1, cells), start == 0, width)
        if score > best or not rows:
            best = score
            skipped = rows[start].line if start else 0
            found = Layout(
                rules,
                skipped=skipped,
                preamble=tuple(text.splitlines()[:skipped]),
                tokenized=tokenized,
                width=width,
                rows=len(body),
                fitting=fitting,
            )
    return found


def _candidates(text: str, known: Known, comment: str | None) -> Iterator[Rules]:
    """Yield ways to read a text, the usual ones first."""
    escapes: list[str | None] = [known.escape or None]
    if known.escape is None and any(_ESCAPE + one in text for one in ('"', *DELIMITERS)):
        escapes.append(_ESCAPE)
    there = [delimiter for delimiter in DELIMITERS if delimiter in text]
    for delimiter in there if known.delimiter is None else (known.delimiter,):
        for escape in escapes:
            rules = Rules(delimiter, known.quoting is not False, escape, comment or None)
            yield rules
            if known.quoting is None and delimiter == "\t" and '"' in text:
                # In many tab-separated files, quotation marks are data.
                yield replace(rules, quoting=False)


def _rows(text: str, rules: Rules, tokenized: bool, is_cut: bool) -> tuple[list[_Row], int | None]:
    """Split a text, and return how many stray quotation marks were in it.

    The number is None if the csv module would misread the text.
    """
    tokens = Tokenizer(_lines(text), rules)
    reader: Any = tokens
    if not tokenized:
        if rules.quoting and re.search(f'{re.escape(rules.delimiter)} +"', text):
            return [], None
        reader = csv.reader(
            _lines(text),
            delimiter=rules.delimiter,
            quoting=csv.QUOTE_MINIMAL if rules.quoting else csv.QUOTE_NONE,
            strict=rules.quoting,
        )
    rows: list[_Row] = []
    line = 0
    try:
        for values in reader:
            if values:
                rows.append(_Row(values, line))
                if not tokenized and reader.line_num - line > 1 and rules.quoting:
                    if swallows_rows(values, rules.delimiter, len(rows[0].values)):
                        return [], None
            line = reader.line_num
            if len(rows) >= _HEAD_ROWS:
                break
    except csv.Error:
        # A value may be open at the end of a head that is cut off.
        if not (is_cut and rows and _is_open_at_end(text, rules)):
            return [], None
    if is_cut and 1 < len(rows) < _HEAD_ROWS:
        rows.pop()
    return rows, tokens.oddities.strays


def _is_open_at_end(text: str, rules: Rules) -> bool:
    """Return whether the only fault of a text is that it ends within a value."""
    try:
        for _ in csv.reader(_lines(text + '"'), delimiter=rules.delimiter, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _preamble(rows: Sequence[_Row]) -> int:
    """Return how many rows stand above the header: titles, dates and the like.

    They have about one value, the others have several.
    """
    if len(rows) < 3:
        return 0
    widths = Counter(len(row.values) for row in rows[1:])
    width = max(widths, key=lambda one: (widths[one], one))
    if width < 2:
        return 0
    start = 0
    for row in rows[:_PREAMBLE_ROWS]:
        if len(row.values) == width and row.filled >= 2:
            break
        if row.filled > (2 if width > 4 else 1):
            return 0
        start += 1
    else:
        return 0
    below = rows[start + 1 :]
    if start == 0 or not below or not _is_header(rows[start]):
        return 0
    if sum(len(row.values) == width for row in below) < len(below) * _MOST:
        return 0
    # A single column of text with a delimiter in each value looks the same.
    has_gap = rows[start].line > rows[start - 1].line + 1
    return start if width > 2 or has_gap or any(map(_has_number, below)) else 0


def _is_header(row: _Row) -> bool:
    names = [value.strip() for value in row.values if value.strip()]
    return len(set(names)) == len(names) and not _has_number(row)


def _has_number(row: _Row) -> bool:
    return any(value and type_of(value) is not ColumnType.TEXT for value in row.values)
