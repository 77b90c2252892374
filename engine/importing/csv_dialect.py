"""How to read a CSV file: its encoding, its layout and how its values are written.

The layout is told by importing/csv_layout.py. Not responsible for reading records
(csv_records.py), or for telling what a file is instead (file_kinds.py).

**Encoding.** A byte order mark decides. Without one, UTF-16 shows by NUL bytes in every other
place. Anything else is UTF-8 if the whole file is valid UTF-8, since hardly a text in another
encoding is so by accident, and one odd byte at the end of a file must not stop an import half
way. What is left is read as Windows-1252 as browsers define it: all of Latin-1's letters, the
curly quotes and the euro sign that Excel writes, and no byte without a meaning.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import SourceError
from engine.importing.csv_layout import Known, Layout, find_layout, without_lines
from engine.importing.csv_tokenizer import Rules
from engine.importing.csv_values import Habits, character, habits_of
from engine.importing.file_kinds import empty_source, refuse_other_formats, refuse_other_texts
from engine.importing.options import ImportOptions

# As much as is looked at to tell kind and delimiter: hundreds of rows, some ms of work.
_HEAD_BYTES = 128 * 1024
_CHUNK_BYTES = 1024 * 1024

# A line is read in one go, so one as long as a large file would stop everything else and take
# its length in memory. Many times the largest value anyone has been seen to put into a CSV file.
_LINE_LIMIT = 32 * 1024 * 1024

# Excel writes and understands a first line such as sep=; that names the delimiter.
_SEP_LINE = re.compile(r'"?sep=([^"\r\n])"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)

# What text never contains; from tab to carriage return it is white space.
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0e-\x1f]")

# UTF-32 first: its little endian mark begins with that of UTF-16. These codecs leave the mark out.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)


def _bytes_as_in_browsers(error: UnicodeError) -> tuple[str, int]:
    """Decode what a codec refuses as browsers' Windows-1252, which gives every byte a meaning."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    refused = error.object[error.start : error.end]
    decoded = (bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in refused)
    return "".join(decoded), error.end


_AS_IN_BROWSERS = "datasette-lite.bytes-as-in-browsers"
codecs.register_error(_AS_IN_BROWSERS, _bytes_as_in_browsers)


# Of fewer bytes nothing can be told.
_LEAST_NULS = 3


@dataclass(frozen=True)
class Encoding:
    """How bytes become text: the arguments of ``open()``."""

    codec: str
    errors: str


@dataclass(frozen=True)
class Dialect:
    """All that is needed to read a file's records."""

    encoding: Encoding
    rules: Rules
    skipped_lines: int = 0  # before the header, one that says sep=; included
    preamble: tuple[str, ...] = ()  # what they say that were skipped unasked
    tokenized: bool = False  # whether the csv module would misread it
    habits: Habits = Habits()

    @property
    def delimiter(self) -> str:
        """What is between values."""
        return self.rules.delimiter


async def detect_dialect(
    path: Path,
    source: str,
    breathe: Callable[[int], Awaitable[None]],
    options: ImportOptions = ImportOptions(),  # noqa: B008, it cannot be changed
) -> Dialect:
    """Tell how to read a CSV file.

    :param source: what to call the file in errors.
    :param breathe: awaited now and then with the number of bytes done.
    :param options: what is known already: encoding, delimiter, lines to be skipped.

    Raises:
        SourceError: the file is empty or is not CSV; the message says what it is.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        is_cut = bool(file.read(1))
    refuse_other_formats(head, source, "CSV")
    is_utf8 = await _scan(path, source, breathe)
    encoding = _chosen_encoding(options, source) or guess_encoding(head, is_utf8)
    text = decode_head(head, encoding)
    refuse_other_texts(text, source, "CSV")
    if not is_cut and not text.strip():
        raise empty_source(source)
    return dialect_of(text, encoding, options, source, is_cut=is_cut)[0]


def dialect_of_head(
    head: bytes, source: str, options: ImportOptions, *, is_cut: bool
) -> tuple[Dialect, Layout]:
    """Tell how to read a CSV file of which only the head is at hand, and what that is told by.

    Raises:
        SourceError: what was asked for cannot be done.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = _decodes(decoder, head, final=not is_cut)
    encoding = _chosen_encoding(options, source) or guess_encoding(head, is_utf8)
    return dialect_of(decode_head(head, encoding), encoding, options, source, is_cut=is_cut)


def guess_encoding(head: bytes, is_utf8: bool) -> Encoding:
    """Tell the encoding of a text by its head and by whether it is UTF-8 throughout."""
    return _marked_encoding(head) or Encoding(
        *(("utf-8", "strict") if is_utf8 else ("cp1252", _AS_IN_BROWSERS))
    )


def decode_text(data: bytes) -> str:
    """Decode a whole text, without a byte order mark."""
    encoding = guess_encoding(data, is_utf8=True)
    try:
        text = data.decode(encoding.codec)
    except UnicodeDecodeError:
        encoding = guess_encoding(data, is_utf8=False)
        text = data.decode(encoding.codec, encoding.errors)
    return text.removeprefix("\ufeff")


def decode_part(data: bytes) -> tuple[str, bool]:
    """Decode a part of a text that should be UTF-8; tell whether it is, or Windows-1252 if not."""
    try:
        return data.decode(), True
    except UnicodeDecodeError:
        return data.decode("cp1252", _AS_IN_BROWSERS), False


def head_encoding(head: bytes) -> Encoding:
    """Tell the encoding of a text of which only the head is at hand."""
    return guess_encoding(head, _decodes(codecs.getincrementaldecoder("utf-8")(), head))


def decode_head(head: bytes, encoding: Encoding) -> str:
    """Decode the head of a text, without a character that is cut in two."""
    return codecs.getincrementaldecoder(encoding.codec)(encoding.errors).decode(head)


def dialect_of(
    text: str, encoding: Encoding, options: ImportOptions, source: str, *, is_cut: bool
) -> tuple[Dialect, Layout]:
    """Tell how to read the records of a file whose head is `text`, and what that is told by.

    Raises:
        SourceError: what was asked for cannot be done.
    """
    known = _known(options, source)
    sep_line = _SEP_LINE.match(without_lines(text, options.skiprows or 0))
    if sep_line:
        delimiter = known.delimiter or sep_line[1]
        known = replace(known, delimiter=delimiter, skipped=(known.skipped or 0) + 1)
    layout = find_layout(text, is_cut=is_cut, known=known)
    habits = habits_of(options, text, source)
    dialect = Dialect(
        encoding, layout.rules, layout.skipped, layout.preamble, layout.tokenized, habits
    )
    return dialect, layout


def _known(options: ImportOptions, source: str) -> Known:
    """Return what the options say of the layout."""
    delimiter, escape = character(options.delimiter), character(options.escape)
    for name, value in (("delimiter", delimiter), ("escape", escape)):
        if value is not None and (len(value) > 1 or value in ("\r", "\n", '"', "\0")):
            raise SourceError(
                f"{source} can't be read with {name}={value}.",
                source=source,
                hint=f"For {name}, use one character, or a word such as tab or none.",
            )
    return Known(
        delimiter=delimiter or None,
        quoting=None if options.quote is None else character(options.quote) != "",
        escape=escape,
        comment=character(options.comment),
        skipped=options.skiprows,
    )


def _chosen_encoding(options: ImportOptions, source: str) -> Encoding | None:
    if options.encoding is None:
        return None
    try:
        # A transformation such as "hex" is no encoding of texts.
        name = codecs.lookup(options.encoding).name
        "".encode(name)
    except LookupError as error:
        raise SourceError(
            f"{source} can't be read in the encoding {options.encoding!r}: there is no encoding"
            " with that name.",
            source=source,
            hint="Leave the encoding out to have it detected, or use a name such as utf-8.",
        ) from error
    if name in ("utf-8", "cp1252", "iso8859-1"):
        # With or without a byte order mark. What browsers call Latin-1 is Windows-1252.
        return Encoding("utf-8-sig" if name == "utf-8" else "cp1252", _AS_IN_BROWSERS)
    return Encoding(name, "replace")


def _marked_encoding(head: bytes) -> Encoding | None:
    for mark, codec in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            # The mark outweighs a broken sequence. UTF-8 gets broken by pasting Windows-1252
            # into it; in the others there is nothing better than U+FFFD.
            return Encoding(codec, _AS_IN_BROWSERS if codec == "utf-8-sig" else "replace")
    for codec, low, high in (("utf-16-le", 0, 1), ("utf-16-be", 1, 0)):
        # Western text has NUL in every high byte; other scripts have some for digits, commas
        # and line ends. In low bytes there is none but by rare chance.
        nuls_low, nuls_high = head[low::2].count(0), head[high::2].count(0)
        # A stray NUL in other text is valid UTF-8. Of UTF-16, little more than Western text is.
        share = 0.9 if _is_plain(head) else 0.1
        is_more = nuls_high > share * (len(head) // 2) and nuls_high >= _LEAST_NULS
        if is_more and nuls_low * 50 <= nuls_high:
            text = head.decode(codec, "ignore")
            if not _CONTROL_CHARACTER.search(text):
                return Encoding(codec, "replace")
    return None


def _is_plain(head: bytes) -> bool:
    """Tell whether the head of a file is UTF-8 without control characters, but for NUL."""
    text = head.replace(b"\0", b"")
    is_utf8 = _decodes(codecs.getincrementaldecoder("utf-8")(), text)
    return is_utf8 and not _CONTROL_CHARACTER.search(text.decode("utf-8", "ignore"))


async def _scan(path: Path, source: str, breathe: Callable[[int], Awaitable[None]]) -> bool:
    """Read the whole file once: tell whether it is UTF-8, and refuse lines without an end."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    done = line_start = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            if is_utf8:
                is_utf8 = _decodes(decoder, chunk)
            if b"\n" in chunk or b"\r" in chunk:
                line_start = done
            elif done - line_start > _LINE_LIMIT:
                raise SourceError(
                    f"{source} has a line of more than {_LINE_LIMIT:,} bytes, so it can hardly be"
                    " CSV.",
                    source=source,
                    hint="Check what the file is. JSON, for example, is often one long line.",
                )
            done += len(chunk)
            await breathe(done)
    return is_utf8 and _decodes(decoder, b"", final=True)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
