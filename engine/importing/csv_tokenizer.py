"""Splits CSV into records where the csv module would misread it.

The csv module is faster and reads what RFC 4180 describes, so this is only for files that differ:

- a quotation mark opens a value and is never closed, or is closed in the middle of a value
  (``1,"abc``, ``"The" End``): it is part of the value, and never swallows the next row;
- a backslash escapes delimiters, quotation marks and line ends, as MySQL and Hadoop write them;
  before anything else it is an ordinary character (``C:\\new``);
- lines that begin with a comment prefix are left out;
- there are spaces between a delimiter and a quotation mark.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

# If a quoted value is longer than this, its quotation mark is taken to be a stray one. Both limits
# are many times what was seen in files that are otherwise in order.
_MOST_LINES = 1000
_MOST_CHARACTERS = 1024 * 1024

# In tables with at least this many columns, hardly any text has as many delimiters in each line as
# the table. Tabs and bars hardly occur in text at all.
_MANY_COLUMNS = 4

_LINE_END = re.compile(r"\r\n|\r|\n")
_OPENING = re.compile(' *"')


@dataclass
class Oddities:
    """What was found besides plain records; line numbers count from 1."""

    comments: int = 0
    first_comment: int = 0
    strays: int = 0  # quotation marks that were taken for part of a value
    first_stray: int = 0
    #: How many values had backslashes removed.
    escaped: int = 0


@dataclass(frozen=True)
class Rules:
    """How records are written.

    :param comment: lines that begin with it are left out, unless `comment_width` is given and
        they have that many columns.
    """

    delimiter: str
    quoting: bool = True
    escape: str | None = None
    comment: str | None = None
    comment_width: int | None = None


@dataclass
class Tokenizer:
    """An iterator over the records in `lines`, which keep their line ends. Like a csv.reader."""

    lines: Iterator[str]
    rules: Rules
    line_num: int = 0
    oddities: Oddities = field(default_factory=Oddities)

    def __post_init__(self) -> None:
        rules = self.rules
        self._waiting: deque[str] = deque()
        self._width = 0
        delimiter = re.escape(rules.delimiter)
        escape = "" if rules.escape is None else re.escape(rules.escape)
        escaped = rf"|{escape}(?s:.)" if escape else ""
        inner = rf'(?:[^"{escape}]|""{escaped})*+'
        self._quoted = re.compile(rf' *"({inner})" *(?={delimiter}|\r?\n|\r|\Z)')
        self._open = re.compile(rf' *"{inner}\Z')
        pair, rest = (rf"|{escape}(?:\r\n|(?s:.))", f"{escape}?") if escape else ("", "")
        self._raw = re.compile(rf"(?:[^{delimiter}\r\n{escape}]{pair})*+{rest}")
        special = "".join(map(re.escape, ('"', rules.delimiter, "\r", "\n")))
        undone = rf"{escape}({escape}|\r\n|[{special}])" if escape else ""
        self._escapes = re.compile(undone) if undone else None
        self._doubles = re.compile(rf'""|{undone}') if undone else None

    def __iter__(self) -> Tokenizer:
        return self

    def __next__(self) -> list[str]:
        rules = self.rules
        line = self._next_line()
        if rules.comment is not None and self._is_comment(line):
            self.oddities.comments += 1
            self.oddities.first_comment = self.oddities.first_comment or self.line_num
            return []  # as a blank line
        body = line.rstrip("\r\n")
        is_plain = not (rules.quoting and '"' in body)
        if is_plain and not (rules.escape and rules.escape in body):
            record = body.split(rules.delimiter) if body else []
        else:
            record = self._record(line)
        self._width = self._width or len(record)
        return record

    def _is_comment(self, line: str) -> bool:
        rules = self.rules
        if not line.startswith(rules.comment or ""):
            return False
        width = rules.comment_width
        return width is None or line.count(rules.delimiter) != width - 1

    def _next_line(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self.lines)
        self.line_num += 1
        return line

    def _record(self, text: str) -> list[str]:
        first_line = self.line_num
        values: list[str] = []
        position = 0
        while True:
            value: str | None = None
            if self.rules.quoting and _OPENING.match(text, position):
                text, found = self._quoted_value(text, position)
                if found is not None:
                    value, position = self._plain(found[1], quoted=True), found.end()
                else:
                    self.oddities.strays += 1
                    self.oddities.first_stray = self.oddities.first_stray or first_line
            if value is None:
                found = self._raw.match(text, position)
                assert found is not None, "it matches nothing at all, too"
                while found.end() == len(text) and found[0].endswith(("\r", "\n")):
                    # The line end was escaped.
                    try:
                        text += self._next_line()
                    except StopIteration:
                        break
                    found = self._raw.match(text, position)
                    assert found is not None
                value, position = self._plain(found[0], quoted=False), found.end()
            values.append(value)
            if text[position : position + 1] != self.rules.delimiter:
                return values
            position += 1

    def _quoted_value(self, text: str, position: int) -> tuple[str, re.Match[str] | None]:
        """Match the quoted value that begins there.

        Returns the text with the further lines it needed, and None if the mark is a stray one.
        """
        rules = self.rules
        found = self._quoted.match(text, position)
        if found is not None:
            return text, found
        longer, taken = text, 0
        while self._open.match(longer, position):
            if taken >= _MOST_LINES or len(longer) > _MOST_CHARACTERS:
                return text, None
            added, count = self._up_to_quote(taken)
            if not added:
                return text, None
            longer += added
            taken += count
            found = self._quoted.match(longer, position)
            if found is not None:
                if looks_like_rows(longer[: found.end()], rules.delimiter, self._width):
                    return text, None
                for _ in range(taken):
                    self._next_line()
                return longer, found
        return text, None

    def _up_to_quote(self, start: int) -> tuple[str, int]:
        """Return the lines ahead, from the `start`-th, up to one with a quotation mark."""
        added = ""
        count = 0
        while start + count < _MOST_LINES and len(added) <= _MOST_CHARACTERS:
            if len(self._waiting) <= start + count:
                try:
                    self._waiting.append(next(self.lines))
                except StopIteration:
                    return "", 0
            line = self._waiting[start + count]
            added += line
            count += 1
            if '"' in line:
                return added, count
        return "", 0

    def _plain(self, value: str, *, quoted: bool) -> str:
        """Return a value without its quotation marks and escape characters."""
        pattern = self._doubles if quoted else self._escapes
        if pattern is None or (self.rules.escape or "") not in value:
            return value.replace('""', '"') if quoted else value
        plain = pattern.sub(lambda found: found[1] or '"', value)
        self.oddities.escaped += plain != value
        return plain


def looks_like_rows(text: str, delimiter: str, width: int) -> bool:
    """Return whether a value of several lines, and the text before it, look like rows."""
    least = 2 if delimiter in "\t|" else _MANY_COLUMNS
    if width < least or len(text) > _MOST_CHARACTERS:
        return False
    lines = [line for line in _LINE_END.split(text) if line]
    return len(lines) > 1 and all(line.count(delimiter) == width - 1 for line in lines)


def swallows_rows(record: list[str], delimiter: str, width: int) -> bool:
    """Return whether a value of a record looks like the end of a row and several other rows.

    This happens if a stray quotation mark opens the last value of one row, and another row ends
    with one.
    """
    if len(record) != width:
        return False
    for place, value in enumerate(record):
        if "\n" in value or "\r" in value:
            before, after = delimiter * place, delimiter * (width - 1 - place)
            return looks_like_rows(before + value + after, delimiter, width)
    return False
