"""Errors for zip files that are damaged, encrypted, or packed with an unknown method."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

#: What zipfile raises when it opens such a file or reads a member. It raises BadZipFile for its own
#: checks; the others come from the modules it uses.
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
