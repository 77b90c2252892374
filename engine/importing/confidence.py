"""Says how certain the guesses about a CSV file are, in sentences for the import dialog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from engine.importing.column_types import ColumnType, type_of
from engine.importing.csv_dialect import Encoding
from engine.importing.csv_layout import Layout
from engine.importing.options import ImportOptions

Sureness = Literal["certain", "likely", "unsure"]

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|"}
_ENCODINGS = {
    "cp1252": "Windows-1252",
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
}


class Guess(TypedDict):
    """One property of the file that was guessed; see Guess in shell/shared/protocol.js."""

    about: str
    sureness: Sureness
    reason: str


def encoding_in_words(encoding: Encoding) -> str:
    """Return what people call an encoding."""
    return _ENCODINGS.get(encoding.codec, encoding.codec.upper())


def guesses(
    head: bytes,
    encoding: Encoding,
    layout: Layout,
    options: ImportOptions,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    all_seen: bool,
) -> list[Guess]:
    """Return how certain each property is that was guessed rather than chosen."""
    found: list[Guess] = []
    if options.encoding is None:
        found.append(_encoding(head, encoding))
    if options.delimiter is None:
        found.append(_separator(layout))
    if options.header is None:
        found.append(_header(header, rows))
    if not options.types:
        found.append(_types(rows, all_seen))
    return found


def _encoding(head: bytes, encoding: Encoding) -> Guess:
    name = encoding_in_words(encoding)
    if encoding.codec in ("utf-8-sig", "utf-16", "utf-32"):
        return _guess("Encoding", "certain", f"{name}: the file begins with its byte order mark.")
    if head.isascii():
        return _guess("Encoding", "likely", f"{name}: only ASCII characters were seen.")
    if encoding.codec == "utf-8":
        return _guess("Encoding", "certain", "UTF-8: text in other encodings is never valid UTF-8.")
    if encoding.codec == "cp1252":
        reason = f"{name}: the text is not UTF-8. If letters look wrong, choose another encoding."
        return _guess("Encoding", "unsure", reason)
    return _guess("Encoding", "likely", f"{name}: every other byte is zero.")


def _separator(layout: Layout) -> Guess:
    name = _DELIMITERS.get(layout.rules.delimiter, layout.rules.delimiter)
    if layout.width < 2:
        return _guess("Separator", "unsure", "None was found, so there is one column.")
    columns = f"{layout.width} columns"
    if layout.rows == 0:
        return _guess("Separator", "likely", f"{name}: it splits the header into {columns}.")
    if layout.fitting == layout.rows:
        sureness: Sureness = "certain" if layout.rows > 2 else "likely"
        every = "the row has" if layout.rows == 1 else f"all {layout.rows:,} rows seen have"
        return _guess("Separator", sureness, f"{name}: {every} {columns}.")
    sureness = "likely" if layout.share >= 0.9 else "unsure"
    share = f"{layout.fitting:,} of {layout.rows:,} rows seen have {columns}"
    return _guess("Separator", sureness, f"{name}: {share}, as the header does.")


def _header(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Guess:
    if any(_is_number(name) for name in header):
        reason = "The first row holds numbers, so it may be data rather than names."
        return _guess("Header", "unsure", reason)
    if len(set(header)) < len(header) or "" in header:
        return _guess("Header", "unsure", "Some columns have no name, or the same as another one.")
    if any(_is_number(value) for row in rows for value in row):
        return _guess("Header", "certain", "The first row holds no numbers, and other rows do.")
    return _guess("Header", "likely", "All values are text, like the names in the first row.")


def _types(rows: Sequence[Sequence[str]], all_seen: bool) -> Guess:
    if all_seen:
        return _guess("Types", "certain", "All rows were looked at.")
    reason = f"The first {len(rows):,} rows were looked at; the import looks at all of them."
    return _guess("Types", "likely", reason)


def _guess(about: str, sureness: Sureness, reason: str) -> Guess:
    return {"about": about, "sureness": sureness, "reason": reason}


def _is_number(value: str) -> bool:
    return value != "" and type_of(value) is not ColumnType.TEXT
