"""Finds out how to read a CSV file: its encoding, its layout and how its values are written.

importing/csv_layout.py determines the layout. csv_records.py reads the records, and file_kinds.py
recognises files of other formats.

**Encoding.** A byte order mark decides. Without one, NUL bytes in every other place indicate
UTF-16. Anything else is UTF-8 if the whole file is valid UTF-8: text in another encoding hardly
ever is by accident, and one odd byte at the end of a file must not stop an import half way. All
other files are read as Windows-1252 as browsers define it, which has all of Latin-1's letters, the
curly quotes and the euro sign that Excel writes, and a meaning for every byte.
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
from engine.importing.window import Window

# The bytes examined to find the kind and the delimiter: hundreds of rows, a few ms of work.
_HEAD_BYTES = 128 * 1024
_CHUNK_BYTES = 1024 * 1024

# A line is read in one go, so one as long as a large file would block everything else and take
# that much memory. The limit is many times the largest value seen in a real CSV file.
_LINE_LIMIT = 32 * 1024 * 1024

# Excel writes and understands a first line such as sep=; that names the delimiter.
_SEP_LINE = re.compile(r'"?sep=([^"\r\n])"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)

# Characters that text never contains; those from tab to carriage return are white space.
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


# Fewer NUL bytes prove nothing.
_LEAST_NULS = 3

# In this share of letters, text in Western languages has hardly any beyond ASCII.
_FOREIGN = 0.5
_LEAST_LETTERS = 4


@dataclass(frozen=True)
class Encoding:
    """How bytes become text: the arguments of ``open()``."""

    codec: str
    errors: str


@dataclass(frozen=True)
class Dialect:
    """Everything needed to read a file's records."""

    encoding: Encoding
    rules: Rules
    skipped_lines: int = 0  # before the header, one that says sep=; included
    preamble: tuple[str, ...] = ()  # the lines that were skipped unasked
    tokenized: bool = False  # whether the csv module would misread it
    habits: Habits = Habits()
    nuls: int = 0  # how many NUL characters there are
    looks_foreign: bool = False  # whether its letters look wrong in the encoding that was guessed

    @property
    def delimiter(self) -> str:
        """The character between values."""
        return self.rules.delimiter


async def detect_dialect(
    path: Path,
    source: str,
    breathe: Callable[[int], Awaitable[None]],
    options: ImportOptions = ImportOptions(),  # noqa: B008, it cannot be changed
) -> Dialect:
    """Return how to read a CSV file.

    :param source: what to call the file in errors.
    :param breathe: awaited now and then with the number of bytes done.
    :param options: what is known already: encoding, delimiter, lines to be skipped.

    Raises:
        SourceError: the file is empty or is not CSV; the message says what it is.
    """
    window = Window(path)
    await window.at(0)
    with path.open("rb") as file, window.reading():
        head = file.read(_HEAD_BYTES)
        is_cut = bool(file.read(1))
    refuse_other_formats(head, source, "CSV")
    is_utf8, nuls = await _scan(path, source, breathe)
    encoding = _chosen_encoding(options, source) or guess_encoding(head, is_utf8)
    text = decode_head(head, encoding)
    refuse_other_texts(text, source, "CSV")
    if not is_cut and not text.strip():
        raise empty_source(source)
    dialect = dialect_of(text, encoding, options, source, is_cut=is_cut)[0]
    # In these encodings, NUL bytes are parts of other characters.
    return dialect if encoding.codec[:5] in ("utf-1", "utf-3") else replace(dialect, nuls=nuls)


def dialect_of_head(
    head: bytes, source: str, options: ImportOptions, *, is_cut: bool
) -> tuple[Dialect, Layout]:
    """Return how to read a CSV file of which only the head is available, and its layout.

    Raises:
        SourceError: the options cannot be applied.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = _decodes(decoder, head, final=not is_cut)
    encoding = _chosen_encoding(options, source) or guess_encoding(head, is_utf8)
    return dialect_of(decode_head(head, encoding), encoding, options, source, is_cut=is_cut)


def guess_encoding(head: bytes, is_utf8: bool) -> Encoding:
    """Guess the encoding of a text from its head and from whether all of it is UTF-8."""
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
    """Decode part of a text as UTF-8, or else as Windows-1252; return whether it was UTF-8."""
    try:
        return data.decode(), True
    except UnicodeDecodeError:
        return data.decode("cp1252", _AS_IN_BROWSERS), False


def head_encoding(head: bytes) -> Encoding:
    """Guess the encoding of a text of which only the head is available."""
    return guess_encoding(head, _decodes(codecs.getincrementaldecoder("utf-8")(), head))


def decode_head(head: bytes, encoding: Encoding) -> str:
    """Decode the head of a text, without a character that is cut in two."""
    return codecs.getincrementaldecoder(encoding.codec)(encoding.errors).decode(head)


def dialect_of(
    text: str, encoding: Encoding, options: ImportOptions, source: str, *, is_cut: bool
) -> tuple[Dialect, Layout]:
    """Return how to read the records of a file whose head is `text`, and its layout.

    Raises:
        SourceError: the options cannot be applied.
    """
    known = _known(options, source)
    sep_line = _SEP_LINE.match(without_lines(text, options.skiprows or 0))
    if sep_line:
        delimiter = known.delimiter or sep_line[1]
        known = replace(known, delimiter=delimiter, skipped=(known.skipped or 0) + 1)
    layout = find_layout(text, is_cut=is_cut, known=known)
    habits = habits_of(options, text, source)
    dialect = Dialect(
        encoding,
        layout.rules,
        layout.skipped,
        layout.preamble,
        layout.tokenized,
        habits,
        looks_foreign=options.encoding is None and _looks_foreign(text, encoding),
    )
    return dialect, layout


def _looks_foreign(text: str, encoding: Encoding) -> bool:
    """Return whether a text that was read as Windows-1252 is in the encoding of another script."""
    if encoding.codec != "cp1252":
        return False
    letters = [letter for letter in text if letter.isalpha() or letter > "\x7f"]
    beyond = sum(letter > "\x7f" for letter in letters)
    return beyond >= _LEAST_LETTERS and beyond > len(letters) * _FOREIGN


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
    quote = character(options.quote)
    if quote not in (None, "", '"'):
        raise SourceError(
            f"{source} can't be read with quote={options.quote}.",
            source=source,
            hint='Values are quoted with ". Use quote=none if quotation marks are part of them.',
        )
    return Known(
        delimiter=delimiter or None,
        quoting=None if quote is None else quote != "",
        escape=escape,
        comment=character(options.comment),
        skipped=options.skiprows,
    )


def _chosen_encoding(options: ImportOptions, source: str) -> Encoding | None:
    if options.encoding is None:
        return None
    try:
        # A transformation such as "hex" is not a text encoding.
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
            # The mark outweighs a broken sequence. UTF-8 breaks when Windows-1252 is pasted
            # into it; the others can only use U+FFFD.
            return Encoding(codec, _AS_IN_BROWSERS if codec == "utf-8-sig" else "replace")
    for codec, low, high in (("utf-16-le", 0, 1), ("utf-16-be", 1, 0)):
        # Western text has NUL in every high byte; other scripts have some for digits, commas
        # and line ends. Low bytes are NUL only by rare chance.
        nuls_low, nuls_high = head[low::2].count(0), head[high::2].count(0)
        # Text with a stray NUL is valid UTF-8. UTF-16 is too, but hardly any except Western text.
        share = 0.9 if _is_plain(head) else 0.1
        is_more = nuls_high > share * (len(head) // 2) and nuls_high >= _LEAST_NULS
        if is_more and nuls_low * 50 <= nuls_high:
            text = head.decode(codec, "ignore")
            if not _CONTROL_CHARACTER.search(text):
                return Encoding(codec, "replace")
    return None


def _is_plain(head: bytes) -> bool:
    """Return whether the head of a file is UTF-8 without control characters other than NUL."""
    text = head.replace(b"\0", b"")
    is_utf8 = _decodes(codecs.getincrementaldecoder("utf-8")(), text)
    return is_utf8 and not _CONTROL_CHARACTER.search(text.decode("utf-8", "ignore"))


async def _scan(
    path: Path, source: str, breathe: Callable[[int], Awaitable[None]]
) -> tuple[bool, int]:
    """Read the whole file once: return whether it is UTF-8 and how many bytes are NUL.

    Raises:
        SourceError: a line is endless.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    done = line_start = nuls = 0
    window = Window(path)
    with path.open("rb") as file:
        while True:
            await window.at(done)
            with window.reading():
                chunk = file.read(_CHUNK_BYTES)
            if not chunk:
                break
            if is_utf8:
                is_utf8 = _decodes(decoder, chunk)
            nuls += chunk.count(0)
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
    return is_utf8 and _decodes(decoder, b"", final=True), nuls


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
