"""What goes wrong with zip files that are damaged, locked, or packed in a way that is not known."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

#: What zipfile raises when it opens such a file or reads a member. BadZipFile is for what it
#: checks itself; the others come from what it is built on.
UNREADABLE_ZIP: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
