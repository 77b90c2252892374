"""Telling what a file is that was given as CSV and is something else.

People paste the address of a page about a file, or of the file in another format, far more often
than of a broken CSV file, and "12 columns expected" helps nobody then. Only what the head of a
file shows beyond doubt is refused here; whether the rest makes sense is csv_dialect.py's question.
"""

from __future__ import annotations

from engine.errors import SourceError

_UNPACK = "Unpack it, and open the file inside."
_SAVE_AS_CSV = "Save the data as CSV, and open that file."

# First bytes, what the file then is, and what the person can do.
_OTHER_FORMATS = (
    (b"SQLite format 3\0", "a SQLite database", "Open it with ?url= instead of ?csv=."),
    (b"\x1f\x8b", "a gzip file", _UNPACK),
    (
        b"PK\x03\x04",
        "a ZIP archive, or an Excel or OpenDocument file, which is one too",
        "Unpack it and open the CSV file inside; from a spreadsheet, save a sheet as CSV.",
    ),
    (b"BZh", "a bzip2 file", _UNPACK),
    (b"\xfd7zXZ\0", "an xz file", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0", "an old Excel or other Office file", _SAVE_AS_CSV),
    (b"PAR1", "a Parquet file", _SAVE_AS_CSV),
    (b"%PDF-", "a PDF file", _SAVE_AS_CSV),
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer: a note about where the data is kept, not the data",
        "Use the address that serves the file itself: the one its Download button leads to.",
    ),
)


def refuse_other_formats(head: bytes, source: str) -> None:
    """Refuse what shows by its first bytes.

    Raises:
        SourceError: it is another format.
    """
    for magic, what, hint in _OTHER_FORMATS:
        if head.startswith(magic):
            raise SourceError(f"{source} is not CSV but {what}.", source=source, hint=hint)


def refuse_other_texts(text: str, source: str) -> None:
    """Refuse what shows once the head of a file is decoded, whatever its encoding.

    Raises:
        SourceError: it is another kind of text, or no text.
    """
    start = text.lstrip("\ufeff \t\r\n")[:20].lower()
    if start.startswith(("<!doctype html", "<html", "<head")):
        raise SourceError(
            f"{source} is not CSV but a web page (HTML).",
            source=source,
            hint="The address may lead to a page about the file, a login or an error message."
            " Look for a Download or Raw link there, and use its address.",
        )
    if start.startswith("<?xml"):
        raise SourceError(
            f"{source} is not CSV but XML.",
            source=source,
            hint="Storage services answer so when a file is missing or private. Open the address"
            " in a new tab to see what it says.",
        )
    if "\0" in text:
        raise SourceError(
            f"{source} is not CSV: it contains NUL bytes, so it is some binary file.",
            source=source,
            hint=_SAVE_AS_CSV,
        )


def empty_source(source: str) -> SourceError:
    """Return the error that says there is not even a header row."""
    return SourceError(
        f"{source} is empty: it has no header row.",
        source=source,
        hint="Check that the address is complete and that the file has been filled.",
    )
